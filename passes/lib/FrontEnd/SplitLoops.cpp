//===- SplitLoops.cpp - Split loops where all iterations meet one ---------===//

#include "AffineIndex.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_SPLITLOOPS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using Exprs = llvm::SmallVector<AffineExpr>;

/// Splits one loop; what it knows of the loop is over the builder's operands.
class LoopSplitter {
public:
  explicit LoopSplitter(affine::AffineForOp loop)
      : loop(loop), exprs(loop.getContext()) {}

  void run() {
    Block *body = loop.getBody();
    if (loop.getStep() != 1 || loop.getNumRegionIterArgs() > 0 ||
        llvm::any_of(*body,
                     [](Operation &op) { return op.getNumRegions() > 0; }))
      return;
    lowers = boundsOf(loop.getLowerBoundMap(), loop.getLowerBoundOperands());
    uppers = boundsOf(loop.getUpperBoundMap(), loop.getUpperBoundOperands());
    for (auto store : body->getOps<affine::AffineStoreOp>())
      for (auto load : body->getOps<affine::AffineLoadOp>())
        if (AffineExpr iteration = meetingOf(store, load);
            iteration && isInside(iteration))
          return splitAt(iteration);
  }

private:
  Exprs boundsOf(AffineMap map, ValueRange operands) {
    Exprs results;
    for (AffineExpr result : map.getResults())
      results.push_back(exprs.compose(
          AffineMap::get(map.getNumDims(), map.getNumSymbols(), result),
          operands));
    return results;
  }

  /// The iteration that writes what every iteration reads; null where there is
  /// none, or not one for all places of the loops outside.
  AffineExpr meetingOf(affine::AffineStoreOp store, affine::AffineLoadOp load) {
    if (store.getMemRef() != load.getMemRef())
      return {};
    Exprs written = boundsOf(store.getAffineMap(), store.getMapOperands());
    Exprs read = boundsOf(load.getAffineMap(), load.getMapOperands());
    if (llvm::is_contained(written, AffineExpr()) ||
        llvm::is_contained(read, AffineExpr()))
      return {};
    unsigned number = llvm::find(exprs.operands(), loop.getInductionVar()) -
                      exprs.operands().begin();
    if (number == exprs.operands().size())
      return {};
    AffineExpr result;
    AffineExpr counter = getAffineDimExpr(number, loop.getContext());
    for (auto [to, from] : llvm::zip(written, read)) {
      AffineExpr distance = simplified(from - to);
      if (from.isFunctionOfDim(number))
        return {};
      if (!distance.isFunctionOfDim(number)) {
        if (distance != 0)
          return {};
        continue;
      }
      // from - to = result - counter, or the negative.
      AffineExpr sum = simplified(distance + counter);
      if (sum.isFunctionOfDim(number))
        sum = simplified(counter - distance);
      if (result || sum.isFunctionOfDim(number))
        return {};
      result = sum;
    }
    return result;
  }

  AffineExpr simplified(AffineExpr expr) const {
    return simplifyAffineExpr(expr, exprs.operands().size(), 0);
  }

  bool isInside(AffineExpr iteration) const {
    auto least = [&](AffineExpr expr) {
      std::optional<Interval> range =
          rangeOf(simplified(expr), exprs.operands().size(), exprs.operands());
      return range ? range->low : std::numeric_limits<int64_t>::min();
    };
    auto isBefore = [&](AffineExpr lower) {
      return !lower || least(lower - iteration) > 0;
    };
    auto isAfter = [&](AffineExpr upper) {
      return !upper || least(iteration - upper) >= 0;
    };
    return llvm::none_of(lowers, isBefore) && llvm::none_of(uppers, isAfter);
  }

  void splitAt(AffineExpr iteration) {
    Exprs before(uppers), from(lowers), upTo(uppers), after(lowers);
    before.push_back(iteration);
    from.push_back(iteration);
    upTo.push_back(iteration + 1);
    after.push_back(iteration + 1);
    OpBuilder builder(loop);
    addPart(builder, lowers, before);
    addPart(builder, from, upTo);
    addPart(builder, after, uppers);
    loop.erase();
  }

  void addPart(OpBuilder &builder, const Exprs &low, const Exprs &high) {
    auto part = affine::AffineForOp::create(builder, loop.getLoc(),
                                            exprs.operands(), exprs.map(low),
                                            exprs.operands(), exprs.map(high));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(part.getBody());
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), part.getInductionVar());
    for (Operation &op : loop.getBody()->without_terminator())
      builder.clone(op, mapping);
    fold(part);
  }

  /// Leaves out operands that the bounds do not need, the old counter above
  /// all.
  static void fold(affine::AffineForOp part) {
    auto lower = part.getLowerBoundMap(), upper = part.getUpperBoundMap();
    llvm::SmallVector<Value> low(part.getLowerBoundOperands()),
        high(part.getUpperBoundOperands());
    affine::canonicalizeMapAndOperands(&lower, &low);
    affine::canonicalizeMapAndOperands(&upper, &high);
    part.setLowerBound(low, lower);
    part.setUpperBound(high, upper);
  }

  affine::AffineForOp loop;
  AffineIndexBuilder exprs;
  Exprs lowers, uppers;
};

struct SplitLoopsPass : impl::SplitLoopsBase<SplitLoopsPass> {
  void runOnOperation() override {
    llvm::SmallVector<affine::AffineForOp> loops;
    getOperation().walk(
        [&](affine::AffineForOp loop) { loops.push_back(loop); });
    for (affine::AffineForOp loop : loops)
      LoopSplitter(loop).run();
  }
};

} // namespace
} // namespace autotune
