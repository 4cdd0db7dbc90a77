//===- Accesses.h - Affine accesses of either kind --------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_ACCESSES_H
#define AUTOTUNE_SCHEDULE_ACCESSES_H

#include "Scop.h"

namespace autotune {

/// A load or store of an element, or of a row of them.
struct AffineAccess {
  mlir::Value memref;
  mlir::AffineMap map;
  mlir::ValueRange operands;
  bool isWrite;
  int64_t width;
};

/// Nothing for other operations.
std::optional<AffineAccess> affineAccessOf(mlir::Operation *op);

/// How isl calls an array.
isl::id arrayId(isl::ctx ctx, unsigned number);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_ACCESSES_H
