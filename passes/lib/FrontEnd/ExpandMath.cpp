//===- ExpandMath.cpp - Elementary functions that become vectors ----------===//

#include "MathFormulas.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

namespace autotune {
#define GEN_PASS_DEF_EXPANDMATH
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// Null where there is no formula.
Value expand(Operation *op, MathFormulas &formulas, Value x) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<math::ExpOp>([&](auto) { return formulas.exp(x); })
      .Case<math::Exp2Op>([&](auto) { return formulas.exp2(x); })
      .Case<math::ExpM1Op>([&](auto) { return formulas.expm1(x); })
      .Case<math::LogOp>([&](auto) { return formulas.log(x); })
      .Case<math::Log1pOp>([&](auto) { return formulas.log1p(x); })
      .Case<math::TanhOp>([&](auto) { return formulas.tanh(x); })
      .Case<math::ErfOp>([&](auto) { return formulas.erf(x); })
      .Case<math::RsqrtOp>([&](auto) { return formulas.rsqrt(x); })
      .Default([](Operation *) { return Value(); });
}

/// Replaces a function of one scalar. Formats of less than 32 bits are computed
/// in f32.
void rewrite(Operation *op, IRRewriter &rewriter) {
  auto type = dyn_cast<FloatType>(op->getResult(0).getType());
  if (!type || type.getWidth() > 64)
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op->getLoc();
  Value x = op->getOperand(0);
  bool isNarrow = type.getWidth() < 32;
  FloatType computed = isNarrow ? rewriter.getF32Type() : type;
  if (isNarrow)
    x = arith::ExtFOp::create(rewriter, loc, computed, x);
  MathFormulas formulas(rewriter, loc, computed);
  Value result = expand(op, formulas, x);
  if (!result)
    return;
  if (isNarrow)
    result = arith::TruncFOp::create(rewriter, loc, type, result);
  rewriter.replaceOp(op, result);
}

Value isInfinite(OpBuilder &builder, Location loc, Value magnitude) {
  auto type = cast<FloatType>(magnitude.getType());
  Value infinity = arith::ConstantOp::create(
      builder, loc,
      builder.getFloatAttr(type, APFloat::getInf(type.getFloatSemantics())));
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                               magnitude, infinity);
}

Value isNormal(OpBuilder &builder, Location loc, Value magnitude) {
  auto type = cast<FloatType>(magnitude.getType());
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  auto isWithin = [&](arith::CmpFPredicate predicate, const APFloat &bound) {
    Value limit = arith::ConstantOp::create(builder, loc,
                                            builder.getFloatAttr(type, bound));
    return arith::CmpFOp::create(builder, loc, predicate, magnitude, limit)
        .getResult();
  };
  Value isLarge = isWithin(arith::CmpFPredicate::OGE,
                           APFloat::getSmallestNormalized(semantics));
  Value isFinite =
      isWithin(arith::CmpFPredicate::OLT, APFloat::getInf(semantics));
  return arith::AndIOp::create(builder, loc, isLarge, isFinite);
}

void rewritePredicate(Operation *op, IRRewriter &rewriter) {
  rewriter.setInsertionPoint(op);
  Location loc = op->getLoc();
  if (!isa<FloatType>(op->getOperand(0).getType()))
    return;
  Value magnitude = math::AbsFOp::create(rewriter, loc, op->getOperand(0));
  rewriter.replaceOp(op, isa<math::IsInfOp>(op)
                             ? isInfinite(rewriter, loc, magnitude)
                             : isNormal(rewriter, loc, magnitude));
}

/// Powers of integer exponents by those of f64, which holds the exponents.
void rewritePower(math::FPowIOp op, IRRewriter &rewriter) {
  auto type = dyn_cast<FloatType>(op.getType());
  if (!type || type.getWidth() > 64 ||
      op.getRhs().getType().getIntOrFloatBitWidth() > 32)
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  FloatType wide = rewriter.getF64Type();
  Value base = op.getLhs();
  if (type != wide)
    base = arith::ExtFOp::create(rewriter, loc, wide, base);
  Value exponent = arith::SIToFPOp::create(rewriter, loc, wide, op.getRhs());
  Value power = math::PowFOp::create(rewriter, loc, base, exponent);
  if (type != wide)
    power = arith::TruncFOp::create(rewriter, loc, type, power);
  rewriter.replaceOp(op, power);
}

void replace(Operation *op, IRRewriter &rewriter) {
  if (isa<math::IsInfOp, math::IsNormalOp>(op))
    return rewritePredicate(op, rewriter);
  if (auto power = dyn_cast<math::FPowIOp>(op))
    return rewritePower(power, rewriter);
  rewrite(op, rewriter);
}

class ExpandMathPass : public impl::ExpandMathBase<ExpandMathPass> {
public:
  using ExpandMathBase::ExpandMathBase;

private:
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) &&
          llvm::is_contained(functions, op->getName().stripDialect()))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops)
      replace(op, rewriter);
  }
};

} // namespace
} // namespace autotune
