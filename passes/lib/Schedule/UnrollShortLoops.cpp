//===- UnrollShortLoops.cpp - Loops of few vectors as straight code -------===//
//
// LLVM is kept from unrolling loops with vectors: it would do so to whole
// register tiles, at a great cost. What gains from it, a short loop inside a
// register tile, is done here.
//
//===----------------------------------------------------------------------===//

#include "autotune/SchedulePasses.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Affine/Analysis/LoopAnalysis.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_UNROLLSHORTLOOPS
#define GEN_PASS_DEF_LIMITUNROLLING
#include "autotune/SchedulePasses.h.inc"

/// More straight code than this does not get faster.
static constexpr uint64_t maxOps = 256;
/// LLVM may unroll a loop of scalars that contains at most one level of loops;
/// where it unrolls whole tiles, its instruction scheduler takes seconds.
static constexpr unsigned maxUnrolledHeight = 2;

static bool isVectorOp(Operation &op) {
  return llvm::any_of(op.getResultTypes(), llvm::IsaPred<VectorType>);
}

/// The loop's counter after `number` iterations.
static Value counterAfter(OpBuilder &builder, affine::AffineForOp loop,
                          uint64_t number) {
  AffineMap lower = loop.getLowerBoundMap();
  AffineExpr first = lower.getResult(0);
  AffineMap map =
      AffineMap::get(lower.getNumDims(), lower.getNumSymbols(),
                     first + int64_t(number) * loop.getStep().getSExtValue());
  return affine::AffineApplyOp::create(builder, loop.getLoc(), map,
                                       loop.getLowerBoundOperands());
}

/// Replaces the loop by its iterations. Upstream's utility loses values that
/// are handed on from one iteration to the next but one.
static void unrollFully(affine::AffineForOp loop, uint64_t tripCount) {
  OpBuilder builder(loop);
  auto yield = cast<affine::AffineYieldOp>(loop.getBody()->getTerminator());
  llvm::SmallVector<Value> carried(loop.getInits());
  for (uint64_t number = 0; number < tripCount; ++number) {
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), counterAfter(builder, loop, number));
    mapping.map(loop.getRegionIterArgs(), carried);
    for (Operation &op : loop.getBody()->without_terminator())
      builder.clone(op, mapping);
    for (auto [value, next] : llvm::zip(carried, yield.getOperands()))
      value = mapping.lookupOrDefault(next);
  }
  loop.replaceAllUsesWith(carried);
  loop.erase();
}

/// Unrolls the loop where it is innermost, has vectors, and is short.
static void unrollShort(affine::AffineForOp loop) {
  std::optional<uint64_t> tripCount = affine::getConstantTripCount(loop);
  if (!tripCount || *tripCount == 0 ||
      loop.getLowerBoundMap().getNumResults() != 1)
    return;
  uint64_t numOps = 0;
  bool hasVectors = false;
  for (Operation &op : *loop.getBody()) {
    if (op.getNumRegions() > 0)
      return;
    hasVectors |= isVectorOp(op);
    numOps += !op.hasTrait<OpTrait::ConstantLike>();
  }
  if (hasVectors && *tripCount * numOps <= maxOps)
    unrollFully(loop, *tripCount);
}

/// Annotates the loops of a region that LLVM is not to unroll.
static void limitUnrolling(Region &region, Attribute annotation) {
  struct Loop {
    unsigned first, height;
  };
  llvm::SmallVector<Loop> loops; // In the order of their ends.
  llvm::DenseMap<Block *, unsigned> numbers;
  llvm::SmallVector<unsigned> numVectors{0}; // In the blocks before each one.
  for (Block &block : region) {
    unsigned last = numbers.size();
    numbers[&block] = last;
    numVectors.push_back(numVectors.back() + llvm::count_if(block, isVectorOp));
    for (Operation &op : block)
      for (Region &nested : op.getRegions())
        limitUnrolling(nested, annotation);
    if (block.empty())
      continue;
    for (Block *target : block.back().getSuccessors()) {
      auto first = numbers.find(target);
      if (first == numbers.end())
        continue;
      unsigned height = 1;
      for (const Loop &loop : loops)
        if (loop.first > first->second)
          height = std::max(height, loop.height + 1);
      loops.push_back({first->second, height});
      bool hasVectors = numVectors[last + 1] > numVectors[first->second];
      if (hasVectors || height > maxUnrolledHeight)
        block.back().setAttr("loop_annotation", annotation);
    }
  }
}

namespace {

struct UnrollShortLoopsPass : impl::UnrollShortLoopsBase<UnrollShortLoopsPass> {
  void runOnOperation() override {
    llvm::SmallVector<affine::AffineForOp> loops; // Inner ones first.
    getOperation().walk(
        [&](affine::AffineForOp loop) { loops.push_back(loop); });
    for (affine::AffineForOp loop : loops)
      unrollShort(loop);
  }
};

struct LimitUnrollingPass : impl::LimitUnrollingBase<LimitUnrollingPass> {
  void runOnOperation() override {
    Attribute annotation = parseAttribute(
        "#llvm.loop_annotation<unroll = <disable = true>>", &getContext());
    limitUnrolling(getOperation().getBody(), annotation);
  }
};

} // namespace
} // namespace autotune
