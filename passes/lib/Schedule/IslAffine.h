//===- IslAffine.h - MLIR affine expressions as isl objects -----*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_ISLAFFINE_H
#define AUTOTUNE_SCHEDULE_ISLAFFINE_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/ArrayRef.h"

#include <isl/cpp.h>

namespace autotune {

/// `expr` with dimension i replaced by `dims[i]`; all share `space`'s domain.
isl::aff affFromExpr(mlir::AffineExpr expr, llvm::ArrayRef<isl::aff> dims);

/// Whether the value, not only its domain, involves a loop counter.
bool isMadeOf(const isl::pw_aff &value, int position);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_ISLAFFINE_H
