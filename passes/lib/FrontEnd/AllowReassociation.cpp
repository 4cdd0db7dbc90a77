//===- AllowReassociation.cpp - Mark what may sum up in another order -----===//

#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/Analysis/AffineAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace autotune {
#define GEN_PASS_DEF_ALLOWREASSOCIATION
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// Operations of one kind combine in any order.
enum class Combiner { None, Sum, Product, Maximum, Minimum, MaxNum, MinNum };

Combiner combinerOf(Operation *op) {
  if (isa<arith::AddFOp, arith::SubFOp, math::FmaOp>(op))
    return Combiner::Sum;
  if (isa<arith::MulFOp>(op))
    return Combiner::Product;
  if (isa<arith::MaximumFOp>(op))
    return Combiner::Maximum;
  if (isa<arith::MinimumFOp>(op))
    return Combiner::Minimum;
  if (isa<arith::MaxNumFOp>(op))
    return Combiner::MaxNum;
  return isa<arith::MinNumFOp>(op) ? Combiner::MinNum : Combiner::None;
}

/// The operands that the result is a combination of: not the factors of a
/// product, and not what is subtracted.
ValueRange combinedOperands(Operation *op) {
  if (isa<math::FmaOp>(op))
    return op->getOperands().drop_front(2);
  return isa<arith::SubFOp>(op) ? op->getOperands().take_front(1)
                                : op->getOperands();
}

bool isLoadOf(Operation *op, const affine::MemRefAccess &place) {
  return isa<affine::AffineLoadOp>(op) && affine::MemRefAccess(op) == place;
}

/// Collects the operations from `value` up to the load of `place`; leaves
/// `chain` as it was and returns false where no operand comes from there.
bool collectChain(Value value, Combiner combiner,
                  const affine::MemRefAccess &place,
                  SmallVectorImpl<Operation *> &chain) {
  Operation *op = value.getDefiningOp();
  if (!op || combiner == Combiner::None || combinerOf(op) != combiner ||
      !op->hasOneUse())
    return false;
  for (Value operand : combinedOperands(op)) {
    Operation *source = operand.getDefiningOp();
    if ((source && isLoadOf(source, place)) ||
        collectChain(operand, combiner, place, chain)) {
      chain.push_back(op);
      return true;
    }
  }
  return false;
}

/// Which zero is the largest of zeros of both signs depends on the order too,
/// and machines have no instruction that minds.
void allowReassociation(Operation *op) {
  auto flagged = cast<arith::ArithFastMathInterface>(op);
  arith::FastMathFlags flags =
      flagged.getFastMathFlagsAttr().getValue() | arith::FastMathFlags::reassoc;
  Combiner combiner = combinerOf(op);
  if (combiner != Combiner::Sum && combiner != Combiner::Product)
    flags = flags | arith::FastMathFlags::nsz;
  op->setAttr(flagged.getFastMathAttrName(),
              arith::FastMathFlagsAttr::get(op->getContext(), flags));
}

class AllowReassociationPass
    : public impl::AllowReassociationBase<AllowReassociationPass> {
  void runOnOperation() override {
    getOperation().walk([](affine::AffineStoreOp store) {
      Operation *last = store.getValueToStore().getDefiningOp();
      SmallVector<Operation *> chain;
      if (last && collectChain(store.getValueToStore(), combinerOf(last),
                               affine::MemRefAccess(store), chain))
        llvm::for_each(chain, allowReassociation);
    });
    getOperation().walk([](arith::DivFOp division) {
      division.setFastmath(division.getFastmath() |
                           arith::FastMathFlags::reassoc |
                           arith::FastMathFlags::arcp);
    });
  }
};

} // namespace
} // namespace autotune
