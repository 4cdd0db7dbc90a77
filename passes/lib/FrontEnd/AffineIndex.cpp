//===- AffineIndex.cpp - Index arithmetic as affine expressions -----------===//

#include "AffineIndex.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace autotune {

using namespace mlir;

namespace {

std::optional<Interval> sum(Interval a, Interval b) {
  Interval result;
  if (llvm::AddOverflow(a.low, b.low, result.low) ||
      llvm::AddOverflow(a.high, b.high, result.high))
    return std::nullopt;
  return result;
}

std::optional<Interval> product(Interval a, Interval b) {
  int64_t corners[4];
  if (llvm::MulOverflow(a.low, b.low, corners[0]) ||
      llvm::MulOverflow(a.low, b.high, corners[1]) ||
      llvm::MulOverflow(a.high, b.low, corners[2]) ||
      llvm::MulOverflow(a.high, b.high, corners[3]))
    return std::nullopt;
  auto [low, high] = std::minmax_element(corners, corners + 4);
  return Interval{*low, *high};
}

std::optional<Interval> quotient(AffineExprKind kind, Interval a, Interval b) {
  if (b.low != b.high || b.low <= 0)
    return std::nullopt;
  int64_t divisor = b.low;
  if (kind == AffineExprKind::FloorDiv)
    return Interval{llvm::divideFloorSigned(a.low, divisor),
                    llvm::divideFloorSigned(a.high, divisor)};
  if (kind == AffineExprKind::CeilDiv)
    return Interval{llvm::divideCeilSigned(a.low, divisor),
                    llvm::divideCeilSigned(a.high, divisor)};
  bool isOnePeriod = llvm::divideFloorSigned(a.low, divisor) ==
                     llvm::divideFloorSigned(a.high, divisor);
  if (!isOnePeriod)
    return Interval{0, divisor - 1};
  return Interval{llvm::mod(a.low, divisor), llvm::mod(a.high, divisor)};
}

std::optional<Interval> rangeOfOperand(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return Interval{constant.getSExtValue(), constant.getSExtValue()};
  if (auto loop = affine::getForInductionVarOwner(value))
    return rangeOfLoop(loop);
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>())
    return rangeOf(apply.getAffineMap().getResult(0),
                   apply.getAffineMap().getNumDims(), apply.getMapOperands());
  return std::nullopt;
}

/// The bound that holds for every iteration: the largest of the lower ends, or
/// the smallest of the upper ends.
std::optional<int64_t> boundOf(AffineMap map, ValueRange operands,
                               bool isLower) {
  std::optional<int64_t> bound;
  for (AffineExpr expr : map.getResults()) {
    std::optional<Interval> range = rangeOf(expr, map.getNumDims(), operands);
    if (!range)
      continue;
    int64_t end = isLower ? range->low : range->high;
    if (!bound || (isLower ? end > *bound : end < *bound))
      bound = end;
  }
  return bound;
}

} // namespace

std::optional<Interval> rangeOfLoop(affine::AffineForOp loop) {
  std::optional<int64_t> low =
      boundOf(loop.getLowerBoundMap(), loop.getLowerBoundOperands(), true);
  std::optional<int64_t> high =
      boundOf(loop.getUpperBoundMap(), loop.getUpperBoundOperands(), false);
  if (!low || !high)
    return std::nullopt;
  return Interval{*low, *high - 1};
}

std::optional<Interval> rangeOf(AffineExpr expr, unsigned numDims,
                                ValueRange operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Interval{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return rangeOfOperand(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return rangeOfOperand(operands[numDims + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<Interval> a = rangeOf(binary.getLHS(), numDims, operands);
  std::optional<Interval> b = rangeOf(binary.getRHS(), numDims, operands);
  if (!a || !b || a->high < a->low || b->high < b->low)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return sum(*a, *b);
  if (expr.getKind() == AffineExprKind::Mul)
    return product(*a, *b);
  return quotient(expr.getKind(), *a, *b);
}

AffineExpr simplifyInRange(AffineExpr expr, unsigned numDims,
                           ValueRange operands) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  AffineExpr left = simplifyInRange(binary.getLHS(), numDims, operands);
  AffineExpr right = simplifyInRange(binary.getRHS(), numDims, operands);
  auto divisor = dyn_cast<AffineConstantExpr>(right);
  bool isQuotient = expr.getKind() == AffineExprKind::FloorDiv;
  std::optional<Interval> range = rangeOf(left, numDims, operands);
  if ((isQuotient || expr.getKind() == AffineExprKind::Mod) && divisor &&
      divisor.getValue() > 0 && range) {
    int64_t low = llvm::divideFloorSigned(range->low, divisor.getValue());
    if (low == llvm::divideFloorSigned(range->high, divisor.getValue()))
      return isQuotient ? getAffineConstantExpr(low, expr.getContext())
                        : left - low * divisor.getValue();
  }
  AffineExpr result = getAffineBinaryOpExpr(expr.getKind(), left, right);
  // Building it may have split off a part that the ranges decide.
  return result == expr ? result : simplifyInRange(result, numDims, operands);
}

AffineExpr AffineIndexBuilder::operand(Value value) {
  auto *position = llvm::find(values, value);
  unsigned index = position - values.begin();
  if (position == values.end())
    values.push_back(value);
  return getAffineDimExpr(index, context);
}

AffineExpr AffineIndexBuilder::compose(AffineMap map, ValueRange operands) {
  SmallVector<AffineExpr> replacements;
  for (Value value : operands) {
    AffineExpr replacement = build(value);
    if (!replacement)
      return nullptr;
    replacements.push_back(replacement);
  }
  return map.getResult(0).replaceDimsAndSymbols(
      ArrayRef(replacements).take_front(map.getNumDims()),
      ArrayRef(replacements).drop_front(map.getNumDims()));
}

AffineExpr AffineIndexBuilder::divide(Operation *op, bool remainder) {
  APInt divisor;
  AffineExpr dividend = build(op->getOperand(0));
  if (!dividend || !matchPattern(op->getOperand(1), m_ConstantInt(&divisor)) ||
      !divisor.isStrictlyPositive())
    return nullptr;
  int64_t value = divisor.getSExtValue();
  if (isa<arith::FloorDivSIOp>(op))
    return dividend.floorDiv(value);
  if (isa<arith::CeilDivSIOp>(op))
    return dividend.ceilDiv(value);
  // The other forms round to zero or are unsigned: the same only from zero up.
  std::optional<Interval> range = rangeOf(dividend, values.size(), values);
  if (!range || range->low < 0)
    return nullptr;
  return remainder ? dividend % value : dividend.floorDiv(value);
}

AffineExpr AffineIndexBuilder::combine(Operation *op) {
  AffineExpr a = build(op->getOperand(0));
  AffineExpr b = a ? build(op->getOperand(1)) : nullptr;
  if (!a || !b)
    return nullptr;
  AffineExpr expr;
  if (isa<arith::AddIOp>(op))
    expr = a + b;
  else if (isa<arith::SubIOp>(op))
    expr = a - b;
  else if (a.isSymbolicOrConstant() || b.isSymbolicOrConstant())
    expr = a * b;
  return expr && fits(expr, op->getResult(0).getType()) ? expr : nullptr;
}

/// Whether no value of `expr` wraps around in `type`; 64 bits never do.
bool AffineIndexBuilder::fits(AffineExpr expr, Type type) const {
  unsigned bits = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  if (bits >= 64)
    return true;
  std::optional<Interval> range = rangeOf(expr, values.size(), values);
  return range && llvm::isIntN(bits, range->low) &&
         llvm::isIntN(bits, range->high);
}

AffineExpr AffineIndexBuilder::cast(Operation *op) {
  AffineExpr source = build(op->getOperand(0));
  if (!source)
    return nullptr;
  bool isSigned = isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op);
  std::optional<Interval> range = rangeOf(source, values.size(), values);
  if (!isSigned && (!range || range->low < 0))
    return nullptr;
  if (!fits(source, op->getOperand(0).getType()) ||
      !fits(source, op->getResult(0).getType()))
    return nullptr;
  return source;
}

AffineExpr AffineIndexBuilder::arithmetic(Operation *op) {
  if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return combine(op);
  if (isa<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp,
          arith::CeilDivSIOp>(op))
    return divide(op, /*remainder=*/false);
  if (isa<arith::RemSIOp, arith::RemUIOp>(op))
    return divide(op, /*remainder=*/true);
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
          arith::ExtUIOp, arith::TruncIOp>(op))
    return cast(op);
  return nullptr;
}

AffineExpr AffineIndexBuilder::build(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return getAffineConstantExpr(constant.getSExtValue(), context);
  if (affine::isAffineInductionVar(value))
    return operand(value);
  Operation *op = value.getDefiningOp();
  if (auto apply = dyn_cast_or_null<affine::AffineApplyOp>(op))
    return compose(apply.getAffineMap(), apply.getMapOperands());
  if (AffineExpr expr = op ? arithmetic(op) : nullptr)
    return expr;
  bool isOperand = value.getType().isIndex() && affine::isValidDim(value);
  return isOperand ? operand(value) : nullptr;
}

AffineMap AffineIndexBuilder::map(ArrayRef<AffineExpr> results) const {
  return AffineMap::get(values.size(), 0, results, context);
}

} // namespace autotune
