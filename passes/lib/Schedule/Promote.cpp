//===- Promote.cpp - Scalar replacement across loops ----------------------===//
//
// `for k { c = load C[i]; ...; store C[i] }` becomes
// `c0 = load C[i]; c1 = for k iter_args(c = c0) { ... yield }; store c1, C[i]`.
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"
#include "Codegen.h"
#include "LoopFacts.h"
#include "Places.h"

#include "mlir/Dialect/Affine/LoopUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace autotune {

/// `a - b` of one subscript where it is surely the same in every iteration.
static std::optional<int64_t> constantDifference(const Place &a, const Place &b,
                                                 unsigned dim) {
  const Subscript &x = a.subscripts[dim], &y = b.subscripts[dim];
  if (x.variable != y.variable)
    return std::nullopt;
  return x.constant - y.constant;
}

static bool areDisjoint(const Place &a, const Place &b) {
  unsigned rank = a.map.getNumResults();
  for (unsigned dim = 0; dim < rank; ++dim) {
    std::optional<int64_t> difference = constantDifference(a, b, dim);
    if (!difference)
      continue;
    if (*difference >= b.extents[dim] || -*difference >= a.extents[dim])
      return true;
  }
  return false;
}

namespace {
/// Promotes what one loop accesses.
class LoopPromoter {
public:
  explicit LoopPromoter(affine::AffineForOp loop) : loop(loop), facts(loop) {}

  bool run() {
    if (!collectPlaces())
      return false;
    shareOperands();
    expressBounds();
    for (const Place &place : places)
      if (place.isStore && isCandidate(place) && !isKnown(place))
        promoted.push_back(place);
    if (promoted.empty())
      return false;
    guardAgainstEmptyLoop();
    rewrite();
    return true;
  }

private:
  /// Writes the subscripts of every place over one list of values, so that
  /// equal ones compare equal.
  void shareOperands() {
    for (Place &place : places)
      for (AffineExpr expr : expressed(place.map, place.operands))
        place.subscripts.push_back(splitConstant(expr));
  }

  void expressBounds() {
    llvm::SmallVector<Value> operands;
    AffineMap map = composedMap(loop.getLowerBoundMap(),
                                loop.getLowerBoundOperands(), operands);
    lowers = expressed(map, operands);
    operands.clear();
    map = composedMap(loop.getUpperBoundMap(), loop.getUpperBoundOperands(),
                      operands);
    uppers = expressed(map, operands);
  }

  /// The results of a map over `values`, to which its operands are added.
  llvm::SmallVector<AffineExpr> expressed(AffineMap map,
                                          llvm::ArrayRef<Value> operands) {
    llvm::SmallVector<AffineExpr> replacements, results;
    for (Value value : operands) {
      auto found = llvm::find(values, value);
      replacements.push_back(
          getAffineDimExpr(found - values.begin(), loop.getContext()));
      if (found == values.end())
        values.push_back(value);
    }
    unsigned numDims = map.getNumDims();
    llvm::ArrayRef<AffineExpr> all(replacements);
    for (AffineExpr expr : map.getResults())
      results.push_back(simplified(expr.replaceDimsAndSymbols(
          all.take_front(numDims), all.drop_front(numDims))));
    return results;
  }

  AffineExpr simplified(AffineExpr expr) const {
    return simplifyAffineExpr(expr, /*numDims=*/values.size(), 0);
  }

  static Subscript splitConstant(AffineExpr expr) {
    AffineExpr zero = getAffineConstantExpr(0, expr.getContext());
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return {zero, constant.getValue()};
    auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
    if (sum && expr.getKind() == AffineExprKind::Add)
      if (auto constant = dyn_cast<AffineConstantExpr>(sum.getRHS()))
        return {sum.getLHS(), constant.getValue()};
    return {expr, 0};
  }

  /// False where the loop has accesses that cannot be told apart.
  bool collectPlaces() {
    WalkResult result = loop.getBody()->walk([&](Operation *op) {
      if (std::optional<Place> place = placeOf(op)) {
        places.push_back(*place);
        return WalkResult::advance();
      }
      if (isa<vector::GatherOp>(op)) {
        gathered.push_back(cast<vector::GatherOp>(op).getBase());
        return WalkResult::advance();
      }
      if (isa<vector::ScatterOp>(op)) {
        gathered.push_back(cast<vector::ScatterOp>(op).getBase());
        return WalkResult::advance();
      }
      bool isTransparent =
          op->hasTrait<OpTrait::HasRecursiveMemoryEffects>() ||
          isa<memref::AllocOp, memref::DeallocOp, affine::AffinePrefetchOp>(
              op) ||
          isMemoryEffectFree(op);
      return isTransparent ? WalkResult::advance() : WalkResult::interrupt();
    });
    return !result.wasInterrupted();
  }

  /// The largest of the constants that `expr` is with a bound for the loop's
  /// counter; the smallest for `isSmallest`.
  std::optional<int64_t> extremeAt(AffineExpr expr, AffineExpr counter,
                                   llvm::ArrayRef<AffineExpr> bounds,
                                   int64_t shift, bool isSmallest) const {
    std::optional<int64_t> result;
    for (AffineExpr bound : bounds) {
      auto constant = dyn_cast<AffineConstantExpr>(
          simplified(expr.replace(counter, bound + shift)));
      if (!constant)
        continue;
      int64_t value = constant.getValue();
      if (!result || (isSmallest ? value < *result : value > *result))
        result = value;
    }
    return result;
  }

  /// Whether the places are apart in every iteration, as the loop's bounds say:
  /// `for k = i + 1 to n` keeps row k from row i.
  bool areKeptApart(const Place &a, const Place &b) {
    auto found = llvm::find(values, loop.getInductionVar());
    if (found == values.end())
      return false;
    unsigned position = found - values.begin(), rank = a.map.getNumResults();
    AffineExpr counter = getAffineDimExpr(position, loop.getContext());
    for (unsigned dim = 0; dim < rank; ++dim) {
      const Subscript &x = a.subscripts[dim], &y = b.subscripts[dim];
      AffineExpr difference =
          simplified(x.variable - y.variable + x.constant - y.constant);
      std::optional<int64_t> factor = linearFactor(difference, position);
      if (!factor || *factor == 0)
        continue;
      std::optional<int64_t> atLower =
          extremeAt(difference, counter, lowers, 0, *factor < 0);
      std::optional<int64_t> atUpper =
          extremeAt(difference, counter, uppers, -1, *factor > 0);
      std::optional<int64_t> least = *factor > 0 ? atLower : atUpper;
      std::optional<int64_t> most = *factor > 0 ? atUpper : atLower;
      if ((least && *least >= b.extents[dim]) ||
          (most && -*most >= a.extents[dim]))
        return true;
    }
    return false;
  }

  /// Whether the places are apart wherever the loop runs.
  bool areApartByFacts(const Place &a, const Place &b) {
    unsigned rank = a.map.getNumResults();
    for (unsigned dim = 0; dim < rank; ++dim) {
      const Subscript &x = a.subscripts[dim], &y = b.subscripts[dim];
      DimRange range =
          facts.rangeOf(simplified(x.variable - y.variable), values);
      int64_t shift = x.constant - y.constant;
      if ((range.min && *range.min + shift >= b.extents[dim]) ||
          (range.max && -(*range.max + shift) >= a.extents[dim]))
        return true;
    }
    return false;
  }

  bool isKnown(const Place &place) const {
    return llvm::any_of(promoted,
                        [&](const Place &p) { return p.isSamePlace(place); });
  }

  bool isInvariant(const Place &place) {
    auto isOutside = [&](Value value) {
      return loop.isDefinedOutsideOfLoop(value);
    };
    return llvm::all_of(place.operands, isOutside) && isOutside(place.memref) &&
           (!place.mask || isOutside(place.mask));
  }

  bool isCandidate(const Place &place) {
    if (!isInvariant(place) || llvm::is_contained(gathered, place.memref))
      return false;
    for (const Place &other : places) {
      if (other.memref != place.memref)
        continue;
      bool isSame =
          other.isSamePlace(place) && other.op->getBlock() == loop.getBody();
      if (!isSame && !areDisjoint(place, other) &&
          !areKeptApart(place, other) && !areApartByFacts(place, other))
        return false;
    }
    return true;
  }

  /// Runs the loop, with what is hoisted out of it, only where it has an
  /// iteration: its places may be out of bounds otherwise.
  void guardAgainstEmptyLoop() {
    if (loop.hasConstantBounds() &&
        loop.getConstantLowerBound() < loop.getConstantUpperBound())
      return;
    llvm::SmallVector<AffineExpr> constraints;
    AffineMap lower = loop.getLowerBoundMap(), upper = loop.getUpperBoundMap();
    llvm::SmallVector<Value> operands(loop.getLowerBoundOperands());
    llvm::SmallVector<AffineExpr> shifted;
    for (unsigned i = 0; i < upper.getNumDims(); ++i)
      shifted.push_back(
          getAffineDimExpr(lower.getNumDims() + i, loop.getContext()));
    llvm::append_range(operands, loop.getUpperBoundOperands());
    for (AffineExpr high : upper.getResults())
      for (AffineExpr low : lower.getResults())
        constraints.push_back(high.replaceDims(shifted) - low - 1);
    llvm::SmallVector<bool> areEqualities(constraints.size(), false);
    IntegerSet set =
        IntegerSet::get(operands.size(), 0, constraints, areEqualities);
    OpBuilder builder(loop);
    auto guard = affine::AffineIfOp::create(builder, loop.getLoc(), set,
                                            operands, false);
    loop->moveBefore(guard.getThenBlock(), guard.getThenBlock()->begin());
  }

  void rewrite() {
    IRRewriter rewriter(loop.getContext());
    rewriter.setInsertionPoint(loop);
    llvm::SmallVector<Value> initial;
    for (const Place &place : promoted)
      initial.push_back(emitLoad(rewriter, place));
    unsigned numOld = loop.getNumRegionIterArgs();
    auto yields = [&](OpBuilder &, Location,
                      llvm::ArrayRef<BlockArgument> arguments) {
      return llvm::SmallVector<Value>(arguments.begin(), arguments.end());
    };
    auto replaced =
        loop.replaceWithAdditionalYields(rewriter, initial, false, yields);
    auto newLoop = cast<affine::AffineForOp>(replaced->getOperation());
    Operation *yield = newLoop.getBody()->getTerminator();
    rewriter.setInsertionPointAfter(newLoop);
    for (auto [index, place] : llvm::enumerate(promoted)) {
      Value last = forward(rewriter, newLoop, place, numOld + index);
      yield->setOperand(numOld + index, last);
      emitStore(rewriter, place, newLoop.getResult(numOld + index));
    }
  }

  /// Replaces the accesses of one place in the body; returns its last value.
  Value forward(IRRewriter &rewriter, affine::AffineForOp newLoop,
                const Place &place, unsigned number) {
    Value current = newLoop.getRegionIterArgs()[number];
    for (Operation &op : llvm::make_early_inc_range(*newLoop.getBody())) {
      std::optional<Place> other = placeOf(&op);
      if (!other || !other->isSamePlace(place))
        continue;
      if (other->isStore)
        current = storedValue(&op);
      else
        rewriter.replaceAllUsesWith(op.getResult(0), current);
      rewriter.eraseOp(&op);
    }
    return current;
  }

  affine::AffineForOp loop;
  LoopFacts facts;
  /// What subscripts and bounds are written over.
  llvm::SmallVector<Value> values;
  llvm::SmallVector<AffineExpr> lowers, uppers;
  llvm::SmallVector<Place> places;
  llvm::SmallVector<Value> gathered;
  llvm::SmallVector<Place> promoted;
};

} // namespace

/// Moves constant masks to the start of the function, equal ones to one place,
/// so that the places they select compare equal.
static void shareConstantMasks(func::FuncOp function) {
  llvm::DenseMap<Attribute, Value> shared;
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  auto share = [&](OpOperand &mask) {
    auto constant = mask.get().getDefiningOp<arith::ConstantOp>();
    if (!constant)
      return;
    Value &value = shared[constant.getValue()];
    if (!value)
      value = builder.clone(*constant)->getResult(0);
    mask.set(value);
  };
  function.walk([&](Operation *op) {
    if (auto load = dyn_cast<vector::MaskedLoadOp>(op))
      share(load.getMaskMutable());
    else if (auto store = dyn_cast<vector::MaskedStoreOp>(op))
      share(store.getMaskMutable());
  });
}

void promoteToRegisters(func::FuncOp function) {
  shareConstantMasks(function);
  llvm::SmallVector<affine::AffineForOp> loops;
  function.walk([&](affine::AffineForOp loop) { loops.push_back(loop); });
  for (affine::AffineForOp loop : loops)
    LoopPromoter(loop).run();
}

} // namespace autotune
