//===- RelaxFma.cpp - Fused multiply-adds that LLVM may reorder -----------===//

#include "autotune/SchedulePasses.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_RELAXFMA
#include "autotune/SchedulePasses.h.inc"

namespace {
struct RelaxFmaPass : impl::RelaxFmaBase<RelaxFmaPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](LLVM::FMAOp fma) {
      if (!LLVM::bitEnumContainsAll(fma.getFastmathFlags(),
                                    LLVM::FastmathFlags::reassoc))
        return;
      rewriter.setInsertionPoint(fma);
      rewriter.replaceOpWithNewOp<LLVM::FMulAddOp>(
          fma, fma.getType(), fma.getOperands(), fma->getAttrs());
    });
  }
};
} // namespace
} // namespace autotune
