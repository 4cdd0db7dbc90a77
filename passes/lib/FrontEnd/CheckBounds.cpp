//===- CheckBounds.cpp - Refuse provably wrong accesses -------------------===//

#include "AffineIndex.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/Analysis/AffineAnalysis.h"
#include "mlir/Dialect/Affine/Analysis/AffineStructures.h"
#include "mlir/Dialect/Affine/Analysis/Utils.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/IR/AffineValueMap.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace autotune {
#define GEN_PASS_DEF_CHECKBOUNDS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;
using presburger::BoundType;

/// Whether every operation around `op` is a loop or the then-branch of a
/// condition: then its iterations are exactly the points of the domain.
bool hasExactDomain(Operation *op) {
  for (Operation *parent = op->getParentOp(); !isa<func::FuncOp>(parent);
       op = parent, parent = parent->getParentOp()) {
    auto branch = dyn_cast<affine::AffineIfOp>(parent);
    bool isThen = branch && op->getBlock() == branch.getThenBlock();
    if (!isThen && !isa<affine::AffineForOp>(parent))
      return false;
  }
  return true;
}

/// Whether some iteration of `op` has index `d` beyond one end of the buffer.
bool isBeyond(Operation *op, const affine::AffineValueMap &indices, unsigned d,
              BoundType side, int64_t bound) {
  SmallVector<Operation *> enclosing;
  affine::getEnclosingAffineOps(*op, &enclosing);
  affine::FlatAffineValueConstraints domain;
  if (failed(affine::getIndexSet(enclosing, &domain)))
    return false;
  affine::AffineValueMap index(indices.getAffineMap().getSubMap({d}),
                               indices.getOperands());
  // An operand that is no loop variable may have any value: nothing is proved.
  for (Value operand : index.getOperands())
    if (!domain.containsVar(operand))
      return false;
  if (domain.getNumSymbolVars() != 0 || failed(domain.composeMap(&index)))
    return false;
  domain.addBound(side, 0, bound);
  return domain.findIntegerSample().has_value();
}

LogicalResult checkAccess(Operation *op, MemRefType type,
                          const affine::AffineValueMap &indices) {
  AffineMap map = indices.getAffineMap();
  for (unsigned d = 0, e = map.getNumResults(); d != e; ++d) {
    int64_t size = type.getDimSize(d);
    std::optional<Interval> range =
        rangeOf(map.getResult(d), map.getNumDims(), indices.getOperands());
    if (range && range->low >= 0 && range->high < size)
      continue;
    if (isBeyond(op, indices, d, BoundType::UB, -1) ||
        isBeyond(op, indices, d, BoundType::LB, size))
      return op->emitError()
             << "out of bounds: index " << d << " leaves the range 0 to "
             << size - 1 << " of dimension " << d << " of " << type;
  }
  return success();
}

class CheckBoundsPass : public impl::CheckBoundsBase<CheckBoundsPass> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      affine::AffineValueMap indices;
      MemRefType type;
      if (auto load = dyn_cast<affine::AffineLoadOp>(op)) {
        indices.reset(load.getAffineMap(), load.getMapOperands());
        type = load.getMemRefType();
      } else if (auto store = dyn_cast<affine::AffineStoreOp>(op)) {
        indices.reset(store.getAffineMap(), store.getMapOperands());
        type = store.getMemRefType();
      }
      if (!type || !type.hasStaticShape() || !hasExactDomain(op))
        return WalkResult::advance();
      return failed(checkAccess(op, type, indices)) ? WalkResult::interrupt()
                                                    : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace autotune
