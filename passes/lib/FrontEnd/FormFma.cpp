//===- FormFma.cpp - Contract multiply-add pairs --------------------------===//

#include "autotune/ContractedFma.h"
#include "autotune/FrontEndPasses.h"

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

/// Negates `value` when `negated` is set.
mlir::Value negateIf(bool negated, mlir::Value value,
                     mlir::IRRewriter &rewriter) {
  if (!negated)
    return value;
  return mlir::arith::NegFOp::create(rewriter, value.getLoc(), value);
}

/// Contracts `sum`, an addition, or a subtraction when `isSubtraction`.
void contract(mlir::Operation *sum, bool isSubtraction,
              mlir::IRRewriter &rewriter) {
  mlir::Value left = sum->getOperand(0);
  mlir::Value right = sum->getOperand(1);
  mlir::arith::MulFOp product = singleUseProduct(left);
  bool isLeft = static_cast<bool>(product);
  if (!isLeft)
    product = singleUseProduct(right);
  if (!product)
    return;
  rewriter.setInsertionPoint(sum);
  mlir::Value factor =
      negateIf(isSubtraction && !isLeft, product.getLhs(), rewriter);
  mlir::Value addend =
      negateIf(isSubtraction && isLeft, isLeft ? right : left, rewriter);
  auto fma = rewriter.replaceOpWithNewOp<mlir::math::FmaOp>(
      sum, factor, product.getRhs(), addend);
  fma->setAttr(contractedName, rewriter.getUnitAttr());
  rewriter.eraseOp(product);
}

class FormFmaPass : public impl::FormFmaBase<FormFmaPass> {
  void runOnOperation() override {
    mlir::IRRewriter rewriter(&getContext());
    getOperation().walk([&](mlir::Operation *op) {
      if (mlir::isa<mlir::arith::AddFOp>(op))
        contract(op, /*isSubtraction=*/false, rewriter);
      else if (mlir::isa<mlir::arith::SubFOp>(op))
        contract(op, /*isSubtraction=*/true, rewriter);
    });
  }
};

} // namespace
} // namespace autotune
