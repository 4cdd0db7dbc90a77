//===- Transpose.h - Squares of vectors, transposed ------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_TRANSPOSE_H
#define AUTOTUNE_SCHEDULE_TRANSPOSE_H

#include "mlir/IR/Builders.h"

namespace autotune {

/// Whether vectors of so many lanes can be transposed.
bool isTransposable(int64_t numLanes);

/// The columns of a square of vectors: lane `l` of result `r` is lane `r` of
/// row `l`. Takes log2 shuffles a row.
llvm::SmallVector<mlir::Value> transposed(mlir::OpBuilder &builder,
                                          mlir::Location loc,
                                          llvm::ArrayRef<mlir::Value> rows);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TRANSPOSE_H
