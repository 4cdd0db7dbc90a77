//===- Transpose.h - Squares of vectors, transposed ------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_TRANSPOSE_H
#define AUTOTUNE_SCHEDULE_TRANSPOSE_H

#include "mlir/IR/Builders.h"

namespace autotune {

/// Whether vectors of so many lanes can be transposed.
bool isTransposable(int64_t numLanes);

/// Vectors as squares side by side, each square transposed: with `n` rows, lane
/// `l` of result `r` is lane `l - l % n + r` of row `l % n`. Undoes itself.
/// Takes log2 shuffles a row; `n` is a power of two, and divides the number of
/// lanes.
llvm::SmallVector<mlir::Value> transposed(mlir::OpBuilder &builder,
                                          mlir::Location loc,
                                          llvm::ArrayRef<mlir::Value> rows);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TRANSPOSE_H
