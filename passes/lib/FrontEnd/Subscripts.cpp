//===- Subscripts.cpp - Where affine loads and stores access --------------===//

#include "Subscripts.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace autotune {

Subscripts subscriptsOf(Operation *access) {
  if (auto load = dyn_cast<affine::AffineLoadOp>(access))
    return {load.getAffineMap(), load.getMapOperands()};
  auto store = cast<affine::AffineStoreOp>(access);
  return {store.getAffineMap(), store.getMapOperands()};
}

void setSubscripts(Operation *access, AffineMap map,
                   SmallVector<Value> operands) {
  OperandRange old = subscriptsOf(access).operands;
  unsigned first = old.getBeginOperandIndex(), count = old.size();
  affine::canonicalizeMapAndOperands(&map, &operands);
  // Stores have the same name for it.
  access->setAttr(affine::AffineLoadOp::getMapAttrStrName(),
                  AffineMapAttr::get(map));
  access->setOperands(first, count, operands);
}

} // namespace autotune
