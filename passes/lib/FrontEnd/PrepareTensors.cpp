//===- PrepareTensors.cpp - linalg that bufferises well -------------------===//

#include "autotune/FrontEndPasses.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace autotune {
#define GEN_PASS_DEF_PREPARETENSORS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// Gives each use of `op` after the first its own copy, right before the user.
void cloneForEachUse(RewriterBase &rewriter, Operation *op) {
  Value value = op->getResult(0);
  for (OpOperand &use :
       llvm::make_early_inc_range(llvm::drop_begin(value.getUses()))) {
    rewriter.setInsertionPoint(op);
    Operation *copy = rewriter.clone(*op);
    rewriter.modifyOpInPlace(use.getOwner(),
                             [&] { use.set(copy->getResult(0)); });
  }
}

void cloneFills(RewriterBase &rewriter, func::FuncOp function) {
  SmallVector<linalg::FillOp> fills;
  function.walk([&](linalg::FillOp fill) { fills.push_back(fill); });
  for (linalg::FillOp fill : fills)
    if (fill->getNumResults() == 1)
      cloneForEachUse(rewriter, fill);
}

LogicalResult lowerPacking(RewriterBase &rewriter, func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<linalg::PackOp, linalg::UnPackOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    auto pack = dyn_cast<linalg::PackOp>(op);
    bool isLowered = pack ? succeeded(linalg::lowerPack(rewriter, pack))
                          : succeeded(linalg::lowerUnPack(
                                rewriter, cast<linalg::UnPackOp>(op)));
    if (!isLowered)
      return op->emitError() << "cannot take apart " << op->getName();
  }
  return success();
}

/// Bufferisation knows no affine loops.
void lowerLoopsOverTensors(RewriterBase &rewriter, func::FuncOp function) {
  SmallVector<affine::AffineForOp> loops;
  function.walk([&](affine::AffineForOp loop) {
    if (llvm::any_of(loop.getResultTypes(), llvm::IsaPred<TensorType>))
      loops.push_back(loop);
  });
  for (affine::AffineForOp loop : loops) {
    rewriter.setInsertionPoint(loop);
    Location loc = loop.getLoc();
    Value lower = lowerAffineLowerBound(loop, rewriter);
    Value upper = lowerAffineUpperBound(loop, rewriter);
    Value step =
        arith::ConstantIndexOp::create(rewriter, loc, loop.getStepAsInt());
    auto plain =
        scf::ForOp::create(rewriter, loc, lower, upper, step, loop.getInits());
    Operation *yield = loop.getBody()->getTerminator();
    rewriter.setInsertionPoint(yield);
    rewriter.replaceOpWithNewOp<scf::YieldOp>(yield, yield->getOperands());
    rewriter.inlineBlockBefore(loop.getBody(), plain.getBody(),
                               plain.getBody()->end(),
                               plain.getBody()->getArguments());
    rewriter.replaceOp(loop, plain.getResults());
  }
}

LogicalResult decomposeAggregates(RewriterBase &rewriter,
                                  func::FuncOp function) {
  SmallVector<linalg::AggregatedOpInterface> aggregates;
  function.walk(
      [&](linalg::AggregatedOpInterface op) { aggregates.push_back(op); });
  for (linalg::AggregatedOpInterface op : aggregates) {
    rewriter.setInsertionPoint(op);
    FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
    if (failed(parts))
      return op->emitError() << "cannot decompose " << op->getName();
    rewriter.replaceOp(op, *parts);
  }
  return success();
}

void generalizeElementwise(RewriterBase &rewriter, func::FuncOp function) {
  SmallVector<linalg::LinalgOp> named;
  function.walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp, linalg::FillOp>(op) &&
        linalg::isElementwise(op))
      named.push_back(op);
  });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    // An operation that has no general form stays named; it fuses less.
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
}

class PrepareTensorsPass : public impl::PrepareTensorsBase<PrepareTensorsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    IRRewriter rewriter(&getContext());
    lowerLoopsOverTensors(rewriter, function);
    if (failed(decomposeAggregates(rewriter, function)) ||
        failed(lowerPacking(rewriter, function)))
      return signalPassFailure();
    generalizeElementwise(rewriter, function);
    cloneFills(rewriter, function);
    for (BlockArgument argument : function.getArguments())
      if (isa<TensorType>(argument.getType())) {
        unsigned number = argument.getArgNumber();
        function.setArgAttr(number, "autotune.tensor",
                            UnitAttr::get(&getContext()));
        function.setArgAttr(
            number, bufferization::BufferizationDialect::kWritableAttrName,
            BoolAttr::get(&getContext(), false));
      }
  }
};

} // namespace
} // namespace autotune
