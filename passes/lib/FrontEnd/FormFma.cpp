//===- FormFma.cpp - Contract multiply-add pairs --------------------------===//

#include "autotune/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"

namespace autotune {
#define GEN_PASS_DEF_FORMFMA
#include "autotune/FrontEndPasses.h.inc"

namespace {

/// The product of `value` when `value` is a multiplication used only once.
mlir::arith::MulFOp singleUseProduct(mlir::Value value) {
  auto product = value.getDefiningOp<mlir::arith::MulFOp>();
  return product && product->hasOneUse() ? product : nullptr;
}

class FormFmaPass : public impl::FormFmaBase<FormFmaPass> {
  void runOnOperation() override {
    mlir::IRRewriter rewriter(&getContext());
    getOperation().walk([&](mlir::arith::AddFOp sum) {
      mlir::arith::MulFOp product = singleUseProduct(sum.getLhs());
      mlir::Value addend = sum.getRhs();
      if (!product) {
        product = singleUseProduct(sum.getRhs());
        addend = sum.getLhs();
      }
      if (!product)
        return;
      rewriter.setInsertionPoint(sum);
      rewriter.replaceOpWithNewOp<mlir::math::FmaOp>(sum, product.getLhs(),
                                                     product.getRhs(), addend);
      rewriter.eraseOp(product);
    });
  }
};

} // namespace
} // namespace autotune
