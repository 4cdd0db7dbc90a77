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
      rewrite(op, rewriter);
  }
};

} // namespace
} // namespace autotune
