//===- InPlace.h - Scalars that live where they end -------------*- C++ -*-===//
//
// A program may accumulate in a scalar and store what becomes of it: the scalar
// then needs no memory of its own, and no element for each iteration of the
// loops around it, where its place is not accessed meanwhile.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_INPLACE_H
#define AUTOTUNE_FRONTEND_INPLACE_H

#include "mlir/IR/Operation.h"

namespace autotune {

/// Lets the scalar buffer of `allocation` live where a store right after its
/// last load puts what was computed from it. Returns whether it does; then the
/// allocation is gone.
bool settleInPlace(mlir::Operation *allocation);

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_INPLACE_H
