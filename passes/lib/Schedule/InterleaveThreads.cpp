//===- InterleaveThreads.cpp - Even shares of uneven iterations -----------===//
//
// Threads get neighbouring iterations of a parallel loop, as many each. In a
// triangle the last of them have most of the work then; dealt out in turn, all
// threads have about the same.
//
//===----------------------------------------------------------------------===//

#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Affine/Analysis/Utils.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_INTERLEAVETHREADS
#include "autotune/SchedulePasses.h.inc"

namespace {

/// Bounds as expressions of loop counters.
class Counters {
public:
  llvm::SmallVector<AffineExpr> express(AffineMap map, ValueRange values) {
    llvm::SmallVector<Value> operands(values);
    affine::fullyComposeAffineMapAndOperands(&map, &operands);
    llvm::SmallVector<AffineExpr> dims, symbols, results;
    for (auto [number, operand] : llvm::enumerate(operands))
      (number < map.getNumDims() ? dims : symbols)
          .push_back(numberOf(operand, map.getContext()));
    for (AffineExpr result : map.getResults())
      results.push_back(result.replaceDimsAndSymbols(dims, symbols));
    return results;
  }

  AffineExpr numberOf(Value counter, MLIRContext *context) {
    auto found = llvm::find(counters, counter);
    unsigned number = found - counters.begin();
    if (found == counters.end())
      counters.push_back(counter);
    return getAffineDimExpr(number, context);
  }

  AffineExpr simplified(AffineExpr expr) const {
    return simplifyAffineExpr(expr, counters.size(), 0);
  }

private:
  llvm::SmallVector<Value> counters;
};

} // namespace

/// Whether the number of iterations changes with a counter around the loop,
/// other than at the end of the counter's range.
static bool hasUnevenCount(affine::AffineForOp loop, Value counter) {
  Counters counters;
  AffineExpr around = counters.numberOf(counter, loop.getContext());
  unsigned position = cast<AffineDimExpr>(around).getPosition();
  auto lowers =
      counters.express(loop.getLowerBoundMap(), loop.getLowerBoundOperands());
  auto uppers =
      counters.express(loop.getUpperBoundMap(), loop.getUpperBoundOperands());
  auto changes = [&](AffineExpr bound) {
    return bound.isFunctionOfDim(position);
  };
  if (llvm::none_of(lowers, changes) && llvm::none_of(uppers, changes))
    return false;
  for (AffineExpr lower : lowers)
    for (AffineExpr upper : uppers)
      if (isa<AffineConstantExpr>(counters.simplified(upper - lower)))
        return false;
  return true;
}

static bool isUneven(affine::AffineParallelOp loop) {
  Value counter = loop.getIVs().front();
  return loop
      .walk([&](affine::AffineForOp inner) {
        return hasUnevenCount(inner, counter) ? WalkResult::interrupt()
                                              : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The bounds, `step` further on for every one of `thread`.
static AffineMap shifted(AffineMap map, int64_t step) {
  unsigned numDims = map.getNumDims();
  AffineExpr thread = getAffineDimExpr(numDims, map.getContext());
  llvm::SmallVector<AffineExpr> results;
  for (AffineExpr result : map.getResults())
    results.push_back(result + thread * step);
  return AffineMap::get(numDims + 1, map.getNumSymbols(), results,
                        map.getContext());
}

static llvm::SmallVector<Value> withThread(AffineMap map, ValueRange operands,
                                           Value thread) {
  llvm::SmallVector<Value> result(operands);
  result.insert(result.begin() + map.getNumDims(), thread);
  return result;
}

static void interleave(affine::AffineParallelOp loop, int64_t numThreads) {
  IRRewriter rewriter(loop);
  Location loc = loop.getLoc();
  int64_t step = loop.getSteps().front();
  AffineMap lower = loop.getLowerBoundMap(0), upper = loop.getUpperBoundMap(0);
  auto threads = affine::AffineParallelOp::create(
      rewriter, loc, TypeRange(), llvm::ArrayRef<arith::AtomicRMWKind>(),
      llvm::ArrayRef<int64_t>(numThreads));
  rewriter.setInsertionPointToStart(threads.getBody());
  Value thread = threads.getIVs().front();
  auto own = affine::AffineForOp::create(
      rewriter, loc, withThread(lower, loop.getLowerBoundsOperands(), thread),
      shifted(lower, step), loop.getUpperBoundsOperands(), upper,
      step * numThreads);
  rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.inlineBlockBefore(loop.getBody(), own.getBody()->getTerminator(),
                             own.getInductionVar());
  rewriter.eraseOp(loop);
}

namespace {
struct InterleaveThreadsPass
    : impl::InterleaveThreadsBase<InterleaveThreadsPass> {
  using InterleaveThreadsBase::InterleaveThreadsBase;
  void runOnOperation() override {
    llvm::SmallVector<affine::AffineParallelOp> uneven;
    getOperation().walk([&](affine::AffineParallelOp loop) {
      if (loop.getNumDims() == 1 && loop.getNumResults() == 0 && isUneven(loop))
        uneven.push_back(loop);
    });
    for (affine::AffineParallelOp loop : uneven)
      interleave(loop, threads);
  }
};
} // namespace
} // namespace autotune
