//===- LoopScope.cpp - Generated loops and what is known of them ----------===//

#include "LoopScope.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace autotune {

AffineExpr LoopScope::push(Value iv, DimRange range) {
  return push(iv, range, {}, {});
}

AffineExpr LoopScope::push(Value iv, DimRange range,
                           llvm::ArrayRef<AffineExpr> lowers,
                           llvm::ArrayRef<AffineExpr> uppers) {
  Limits limit;
  llvm::append_range(limit.least, lowers);
  for (AffineExpr upper : uppers)
    limit.most.push_back(upper - 1);
  if (range.min)
    limit.least.push_back(getAffineConstantExpr(*range.min, context));
  if (range.max)
    limit.most.push_back(getAffineConstantExpr(*range.max, context));
  ivs.push_back(iv);
  ranges.push_back(range);
  limits.push_back(std::move(limit));
  return getAffineDimExpr(ivs.size() - 1, context);
}

void LoopScope::pop() {
  ivs.pop_back();
  ranges.pop_back();
  limits.pop_back();
}

AffineMap LoopScope::map(llvm::ArrayRef<AffineExpr> exprs) const {
  return AffineMap::get(ivs.size(), 0, exprs, context);
}

std::optional<int64_t> LoopScope::minimum(AffineExpr expr) const {
  return bound(expr, false);
}

std::optional<int64_t> LoopScope::maximum(AffineExpr expr) const {
  return bound(expr, true);
}

std::optional<int64_t> LoopScope::bound(AffineExpr expr, bool isUpper) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    const DimRange &range = ranges[dim.getPosition()];
    return isUpper ? range.max : range.min;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto rhs = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Add) {
    std::optional<int64_t> a = bound(binary.getLHS(), isUpper),
                           b = bound(binary.getRHS(), isUpper);
    return a && b ? std::optional<int64_t>(*a + *b) : std::nullopt;
  }
  if (!rhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mod)
    return isUpper ? rhs.getValue() - 1 : 0;
  bool isFlipped = expr.getKind() == AffineExprKind::Mul && rhs.getValue() < 0;
  std::optional<int64_t> inner = bound(binary.getLHS(), isUpper != isFlipped);
  if (!inner)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mul)
    return *inner * rhs.getValue();
  if (expr.getKind() == AffineExprKind::FloorDiv)
    return llvm::divideFloorSigned(*inner, rhs.getValue());
  return llvm::divideCeilSigned(*inner, rhs.getValue());
}

int64_t LoopScope::multipleOf(AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::abs(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return ranges[dim.getPosition()].multipleOf;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (binary && expr.getKind() == AffineExprKind::Mul)
    return multipleOf(binary.getLHS()) * multipleOf(binary.getRHS());
  if (binary && expr.getKind() == AffineExprKind::Add)
    return std::gcd(multipleOf(binary.getLHS()), multipleOf(binary.getRHS()));
  return 1;
}

/// Larger numbers prove nothing: products of two are far from what overflows.
static constexpr int64_t maxNumber = int64_t(1) << 28;

static bool isSmall(int64_t number) {
  return -maxNumber <= number && number <= maxNumber;
}

/// What divides the terms of an expression; nothing where that is not small.
static std::optional<int64_t> productOfDivisors(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || expr.getKind() == AffineExprKind::Mod)
    return 1;
  auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  bool isDivision = expr.getKind() == AffineExprKind::FloorDiv ||
                    expr.getKind() == AffineExprKind::CeilDiv;
  int64_t product = divisor && isDivision ? divisor.getValue() : 1;
  for (AffineExpr side : {binary.getLHS(), binary.getRHS()}) {
    std::optional<int64_t> factor = productOfDivisors(side);
    if (!factor || !isSmall(product))
      return std::nullopt;
    product *= *factor;
  }
  return isSmall(product) ? std::optional(product) : std::nullopt;
}

llvm::SmallVector<int64_t *> LoopScope::Underestimate::numbers() {
  llvm::SmallVector<int64_t *> all{&constant, &scale};
  for (int64_t &factor : factors)
    all.push_back(&factor);
  return all;
}

std::optional<LoopScope::Underestimate>
LoopScope::scaledUp(Underestimate sum, AffineExpr expr) const {
  std::optional<int64_t> factor = productOfDivisors(expr);
  if (!factor)
    return std::nullopt;
  for (int64_t *each : sum.numbers())
    if (!isSmall(*each) || !isSmall(*each *= *factor))
      return std::nullopt;
  return sum;
}

/// Adds `factor` times the expression, or less; false where it has no such
/// form. The divisors in the expression divide `factor`.
bool LoopScope::add(Underestimate &sum, AffineExpr expr, int64_t factor) const {
  if (!isSmall(factor) || !isSmall(sum.constant))
    return false;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    if (!isSmall(constant.getValue()))
      return false;
    sum.constant += constant.getValue() * factor;
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    sum.factors[dim.getPosition()] += factor;
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  AffineExpr lhs = binary.getLHS();
  if (expr.getKind() == AffineExprKind::Add)
    return add(sum, lhs, factor) && add(sum, binary.getRHS(), factor);
  auto rhs = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!rhs || rhs.getValue() == 0 || !isSmall(rhs.getValue()))
    return false;
  int64_t value = rhs.getValue();
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return add(sum, lhs, factor * value);
  case AffineExprKind::Mod:
    sum.constant += factor < 0 ? factor * (value - 1) : 0;
    return true;
  case AffineExprKind::FloorDiv:
    if (factor > 0 && multipleOf(lhs) % value != 0)
      sum.constant -= factor / value * (value - 1);
    return add(sum, lhs, factor / value);
  case AffineExprKind::CeilDiv:
    if (factor < 0 && multipleOf(lhs) % value != 0)
      sum.constant += factor / value * (value - 1);
    return add(sum, lhs, factor / value);
  default:
    return false;
  }
}

bool LoopScope::isNotNegative(AffineExpr expr) const {
  Underestimate sum;
  sum.factors.resize(ivs.size());
  std::optional<Underestimate> scaled = scaledUp(std::move(sum), expr);
  unsigned budget = 64;
  return scaled && add(*scaled, expr, scaled->scale) &&
         isNotNegative(*scaled, budget);
}

/// Replaces the innermost dimension by each of its limits.
bool LoopScope::isNotNegative(const Underestimate &sum,
                              unsigned &budget) const {
  unsigned dim = sum.factors.size();
  while (dim > 0 && sum.factors[dim - 1] == 0)
    --dim;
  // An integer above -1 is not negative.
  if (dim == 0)
    return sum.constant > -sum.scale;
  bool isFalling = sum.factors[--dim] < 0;
  for (AffineExpr limit : isFalling ? limits[dim].most : limits[dim].least) {
    if (budget == 0)
      return false;
    --budget;
    std::optional<Underestimate> next = scaledUp(sum, limit);
    if (!next)
      continue;
    int64_t factor = std::exchange(next->factors[dim], 0);
    if (add(*next, limit, factor) && isNotNegative(*next, budget))
      return true;
  }
  return false;
}

static void collectTerms(AffineExpr expr,
                         llvm::SmallVectorImpl<AffineExpr> &terms) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || expr.getKind() != AffineExprKind::Add) {
    terms.push_back(expr);
    return;
  }
  collectTerms(binary.getLHS(), terms);
  collectTerms(binary.getRHS(), terms);
}

AffineExpr LoopScope::simplifyDivision(AffineExpr lhs, int64_t divisor,
                                       bool isMod) const {
  llvm::SmallVector<AffineExpr> terms;
  collectTerms(lhs, terms);
  AffineExpr zero = getAffineConstantExpr(0, context), whole = zero,
             rest = zero;
  for (AffineExpr term : terms)
    (multipleOf(term) % divisor == 0 ? whole : rest) =
        (multipleOf(term) % divisor == 0 ? whole : rest) + term;
  std::optional<int64_t> low = minimum(rest), high = maximum(rest);
  bool isDecided = low && high &&
                   llvm::divideFloorSigned(*low, divisor) ==
                       llvm::divideFloorSigned(*high, divisor);
  if (!isDecided)
    return isMod ? rest % divisor
                 : whole.floorDiv(divisor) + rest.floorDiv(divisor);
  int64_t quotient = llvm::divideFloorSigned(*low, divisor);
  return isMod ? rest - quotient * divisor : whole.floorDiv(divisor) + quotient;
}

AffineExpr LoopScope::simplify(AffineExpr expr) const {
  AffineExpr flat = simplifyAffineExpr(expr, ivs.size(), 0);
  return simplifyAffineExpr(foldDivisions(flat), ivs.size(), 0);
}

/// lhs * rhs, where an exact division cancels out.
AffineExpr LoopScope::multiply(AffineExpr lhs, AffineExpr rhs) const {
  auto quotient = dyn_cast<AffineBinaryOpExpr>(lhs);
  auto factor = dyn_cast<AffineConstantExpr>(rhs);
  if (quotient && factor && quotient.getKind() == AffineExprKind::FloorDiv)
    if (auto divisor = dyn_cast<AffineConstantExpr>(quotient.getRHS()))
      if (factor.getValue() % divisor.getValue() == 0 &&
          multipleOf(quotient.getLHS()) % divisor.getValue() == 0)
        return quotient.getLHS() * (factor.getValue() / divisor.getValue());
  return lhs * rhs;
}

AffineExpr LoopScope::foldDivisions(AffineExpr expr) const {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  AffineExpr lhs = foldDivisions(binary.getLHS()),
             rhs = foldDivisions(binary.getRHS());
  auto divisor = dyn_cast<AffineConstantExpr>(rhs);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return multiply(lhs, rhs);
  case AffineExprKind::FloorDiv:
  case AffineExprKind::Mod:
    if (divisor && divisor.getValue() > 0)
      return simplifyDivision(lhs, divisor.getValue(),
                              expr.getKind() == AffineExprKind::Mod);
    return expr;
  default:
    return expr;
  }
}

std::optional<int64_t> linearFactor(AffineExpr expr, unsigned position) {
  if (!expr.isFunctionOfDim(position))
    return 0;
  if (isa<AffineDimExpr>(expr))
    return 1;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<int64_t> lhs = linearFactor(binary.getLHS(), position);
  std::optional<int64_t> rhs = linearFactor(binary.getRHS(), position);
  if (expr.getKind() == AffineExprKind::Add && lhs && rhs)
    return *lhs + *rhs;
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul && lhs && constant)
    return *lhs * constant.getValue();
  return std::nullopt;
}

} // namespace autotune
