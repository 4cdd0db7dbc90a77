//===- LoopFacts.cpp - What loops and conditions say of values ------------===//

#include "LoopFacts.h"
#include "Scop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <isl/aff.h>
#include <isl/constraint.h>
#include <isl/lp.h>
#include <isl/set.h>
#include <isl/val.h>

#include <numeric>

using namespace mlir;

namespace autotune {

LoopFacts::LoopFacts(affine::AffineForOp loop) : context(loop.getContext()) {
  llvm::SmallVector<std::pair<Operation *, Region *>> around;
  around.push_back({loop, &loop.getRegion()});
  for (Region *region = loop->getParentRegion(); region;
       region = region->getParentRegion())
    if (Operation *op = region->getParentOp())
      around.push_back({op, region});
  for (auto [op, region] : llvm::reverse(around)) {
    if (auto each = dyn_cast<affine::AffineForOp>(op))
      addBounds(each.getInductionVar(), each.getLowerBoundMap(),
                each.getLowerBoundOperands(), each.getUpperBoundMap(),
                each.getUpperBoundOperands(), each.getStepAsInt());
    if (auto each = dyn_cast<affine::AffineParallelOp>(op))
      for (auto [i, counter] : llvm::enumerate(each.getIVs()))
        addBounds(counter, each.getLowerBoundMap(i),
                  each.getLowerBoundsOperands(), each.getUpperBoundMap(i),
                  each.getUpperBoundsOperands(), each.getSteps()[i]);
    if (auto choice = dyn_cast<scf::IfOp>(op))
      addCondition(choice.getCondition(), region == &choice.getThenRegion());
  }
}

void LoopFacts::addBounds(Value counter, AffineMap lower,
                          ValueRange lowerOperands, AffineMap upper,
                          ValueRange upperOperands, int64_t step) {
  llvm::SmallVector<AffineExpr> lowers = expressed(lower, lowerOperands);
  llvm::SmallVector<AffineExpr> uppers = expressed(upper, upperOperands);
  int64_t multiple = step;
  for (AffineExpr bound : lowers)
    multiple = std::gcd(multiple, bound.getLargestKnownDivisor());
  AffineExpr count = getAffineDimExpr(counts.size(), context);
  counts.push_back(counter);
  multiples.push_back(multiple);
  for (AffineExpr bound : lowers)
    require(count * multiple - bound);
  for (AffineExpr bound : uppers)
    require(bound - 1 - count * multiple);
}

void LoopFacts::addCondition(Value condition, bool holds) {
  if (auto both = condition.getDefiningOp<arith::AndIOp>(); both && holds) {
    addCondition(both.getLhs(), true);
    addCondition(both.getRhs(), true);
    return;
  }
  auto comparison = condition.getDefiningOp<arith::CmpIOp>();
  if (!comparison || !matchPattern(comparison.getRhs(), m_Zero()))
    return;
  auto applied = comparison.getLhs().getDefiningOp<affine::AffineApplyOp>();
  if (!applied)
    return;
  AffineExpr value =
      expressed(applied.getAffineMap(), applied.getMapOperands()).front();
  switch (comparison.getPredicate()) {
  case arith::CmpIPredicate::sge:
    return require(holds ? value : -value - 1);
  case arith::CmpIPredicate::sle:
    return require(holds ? -value : value - 1);
  case arith::CmpIPredicate::sgt:
    return require(holds ? value - 1 : -value);
  case arith::CmpIPredicate::slt:
    return require(holds ? -value - 1 : value);
  case arith::CmpIPredicate::eq:
    if (!holds)
      return;
    require(value);
    return require(-value);
  default:
    return;
  }
}

void LoopFacts::require(AffineExpr expr) { facts.push_back(expr); }

AffineExpr LoopFacts::countOf(Value value) {
  size_t number = llvm::find(counts, value) - counts.begin();
  if (number == counts.size()) {
    counts.push_back(value);
    multiples.push_back(1);
  }
  return getAffineDimExpr(number, context) * multiples[number];
}

llvm::SmallVector<AffineExpr> LoopFacts::expressed(AffineMap map,
                                                   ValueRange operands) {
  llvm::SmallVector<Value> used;
  AffineMap composed = composedMap(map, operands, used);
  llvm::SmallVector<AffineExpr> replacements, results;
  for (Value value : used)
    replacements.push_back(countOf(value));
  unsigned numDims = composed.getNumDims();
  llvm::ArrayRef<AffineExpr> all(replacements);
  for (AffineExpr expr : composed.getResults())
    results.push_back(
        simplifyAffineExpr(expr.replaceDimsAndSymbols(all.take_front(numDims),
                                                      all.drop_front(numDims)),
                           counts.size(), 0));
  return results;
}

/// The factors of all counts and the constant term; nothing for an expression
/// with divisions.
std::optional<llvm::SmallVector<int64_t>>
LoopFacts::coefficientsOf(AffineExpr expr) const {
  llvm::SmallVector<int64_t> result;
  AffineExpr rest = simplifyAffineExpr(expr, counts.size(), 0);
  for (unsigned number = 0; number < counts.size(); ++number) {
    std::optional<int64_t> factor = linearFactor(rest, number);
    if (!factor)
      return std::nullopt;
    result.push_back(*factor);
    rest = simplifyAffineExpr(
        rest - getAffineDimExpr(number, context) * *factor, counts.size(), 0);
  }
  auto constant = dyn_cast<AffineConstantExpr>(rest);
  if (!constant)
    return std::nullopt;
  result.push_back(constant.getValue());
  return result;
}

static isl_aff *affOf(isl_ctx *ctx, llvm::ArrayRef<int64_t> coefficients) {
  unsigned num = coefficients.size() - 1;
  isl_space *space = isl_space_set_alloc(ctx, 0, num);
  isl_aff *aff = isl_aff_zero_on_domain(isl_local_space_from_space(space));
  for (unsigned i = 0; i < num; ++i)
    aff = isl_aff_set_coefficient_si(aff, isl_dim_in, i, coefficients[i]);
  return isl_aff_set_constant_si(aff, coefficients.back());
}

/// A bound of integers, cut to an integer; nothing for infinity.
static std::optional<int64_t> integerOf(isl_val *value, bool isUpper) {
  std::optional<int64_t> result;
  if (value && isl_val_is_rat(value) == isl_bool_true) {
    value = isUpper ? isl_val_floor(value) : isl_val_ceil(value);
    result = isl_val_get_num_si(value);
  }
  isl_val_free(value);
  return result;
}

DimRange LoopFacts::rangeOf(AffineExpr expr, llvm::ArrayRef<Value> values) {
  llvm::SmallVector<AffineExpr> replacements;
  for (auto [number, value] : llvm::enumerate(values))
    replacements.push_back(expr.isFunctionOfDim(number)
                               ? countOf(value)
                               : getAffineConstantExpr(0, context));
  expr = simplifyAffineExpr(expr.replaceDims(replacements), counts.size(), 0);
  if (auto found = known.find(expr); found != known.end())
    return found->second;
  DimRange &range = known[expr];
  std::optional<llvm::SmallVector<int64_t>> objective = coefficientsOf(expr);
  if (!objective)
    return range;
  isl_ctx *ctx = isl_ctx_alloc();
  isl_basic_set *places =
      isl_basic_set_universe(isl_space_set_alloc(ctx, 0, counts.size()));
  for (AffineExpr fact : facts)
    if (auto coefficients = coefficientsOf(fact))
      places = isl_basic_set_add_constraint(
          places, isl_inequality_from_aff(affOf(ctx, *coefficients)));
  isl_aff *aff = affOf(ctx, *objective);
  range.min = integerOf(isl_basic_set_min_lp_val(places, aff), false);
  range.max = integerOf(isl_basic_set_max_lp_val(places, aff), true);
  isl_aff_free(aff);
  isl_basic_set_free(places);
  isl_ctx_free(ctx);
  return range;
}

} // namespace autotune
