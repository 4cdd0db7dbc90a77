//===- FuseElementwise.cpp - Elementwise fusion without recomputation -----===//

#include "Statements.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace autotune {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// Whether computing the producer of `operand` inside the consumer does no
/// work twice that costs more than the load it saves.
bool isWorthFusing(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  if (!producer || !producer->hasOneUse())
    return false;
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  auto source = dyn_cast<linalg::GenericOp>(producer);
  if (!consumer || !source ||
      consumer.getMatchingIndexingMap(operand).isPermutation())
    return true;
  if (consumer.getNumReductionLoops() != 0)
    return false;
  return llvm::none_of(source.getBody()->without_terminator(),
                       [](Operation &op) { return isExpensive(&op); });
}

class FuseElementwisePass
    : public impl::FuseElementwiseBase<FuseElementwisePass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, isWorthFusing);
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, isWorthFusing);
    linalg::populateConstantFoldLinalgOperations(patterns, isWorthFusing);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                         &getContext());
    // Not converging leaves a program that is fused less, not a wrong one.
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace autotune
