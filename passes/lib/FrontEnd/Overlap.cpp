//===- Overlap.cpp - Accesses that may meet -------------------------------===//

#include "Overlap.h"

#include "Statements.h"

#include "mlir/Dialect/Affine/Analysis/AffineAnalysis.h"
#include "mlir/Dialect/Affine/Analysis/AffineStructures.h"
#include "mlir/Dialect/Affine/Analysis/Utils.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/IR/AffineValueMap.h"

#include <optional>

using namespace mlir;

namespace autotune {

static std::optional<affine::AffineValueMap> subscriptsOf(Operation *access) {
  if (auto load = dyn_cast<affine::AffineLoadOp>(access))
    return affine::AffineValueMap(load.getAffineMap(), load.getMapOperands());
  if (auto store = dyn_cast<affine::AffineStoreOp>(access))
    return affine::AffineValueMap(store.getAffineMap(), store.getMapOperands());
  return std::nullopt;
}

bool mayMeet(Operation *outer, Operation *inner) {
  std::optional<affine::AffineValueMap> a = subscriptsOf(outer),
                                        b = subscriptsOf(inner);
  if (!a || !b)
    return true;
  affine::AffineValueMap difference;
  affine::AffineValueMap::difference(*a, *b, &difference);
  SmallVector<Operation *> loops;
  affine::getEnclosingAffineOps(*inner, &loops);
  llvm::erase_if(loops,
                 [](Operation *op) { return !isa<affine::AffineForOp>(op); });
  affine::FlatAffineValueConstraints domain;
  if (failed(affine::getIndexSet(loops, &domain)))
    return true;
  for (Value operand : difference.getOperands())
    if (!domain.containsVar(operand))
      return true;
  if (failed(domain.composeMap(&difference)))
    return true;
  for (unsigned d = 0, e = difference.getNumResults(); d != e; ++d)
    domain.addBound(presburger::BoundType::EQ, d, 0);
  return !domain.isIntegerEmpty();
}

bool isDefinedBefore(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  return !definition || definition->getBlock() != op->getBlock() ||
         definition->isBeforeInBlock(op);
}

bool isElementAt(Value value, const Place &place, Operation *op) {
  auto load = value.getDefiningOp<affine::AffineLoadOp>();
  if (!load || load.getMemRef() != place.buffer ||
      load.getAffineMap() != place.map ||
      load.getMapOperands() != ValueRange(place.operands) ||
      load->getBlock() != op->getBlock())
    return false;
  for (Operation *next = load->getNextNode(); next != op;
       next = next->getNextNode())
    if (!isLoad(next) && mayAccess(next, place.buffer))
      return false;
  return true;
}

} // namespace autotune
