//===- PrepareTensors.cpp - linalg that bufferises well -------------------===//

#include "autotune/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
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

template <typename OpTy>
void cloneAll(RewriterBase &rewriter, func::FuncOp function) {
  SmallVector<OpTy> ops;
  function.walk([&](OpTy op) { ops.push_back(op); });
  for (OpTy op : ops)
    if (op->getNumResults() == 1 && isa<TensorType>(op->getResult(0).getType()))
      cloneForEachUse(rewriter, op);
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
    if (failed(decomposeAggregates(rewriter, function)))
      return signalPassFailure();
    generalizeElementwise(rewriter, function);
    cloneAll<linalg::FillOp>(rewriter, function);
    cloneAll<tensor::EmptyOp>(rewriter, function);
    for (BlockArgument argument : function.getArguments())
      if (isa<TensorType>(argument.getType()))
        function.setArgAttr(
            argument.getArgNumber(),
            bufferization::BufferizationDialect::kWritableAttrName,
            BoolAttr::get(&getContext(), false));
  }
};

} // namespace
} // namespace autotune
