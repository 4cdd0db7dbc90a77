//===- Subscripts.h - Where affine loads and stores access ------*- C++ -*-===//
//
// Hides that loads and stores keep their subscripts in different places.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_SUBSCRIPTS_H
#define AUTOTUNE_FRONTEND_SUBSCRIPTS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace autotune {

/// A map from operands to the subscripts of an access.
struct Subscripts {
  mlir::AffineMap map;
  mlir::OperandRange operands;
};

/// The subscripts of an `affine.load` or `affine.store`.
Subscripts subscriptsOf(mlir::Operation *access);

/// Replaces them; operands that the map does not use are dropped.
void setSubscripts(mlir::Operation *access, mlir::AffineMap map,
                   llvm::SmallVector<mlir::Value> operands);

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_SUBSCRIPTS_H
