//===- TransposeAccesses.h - Columns of vectors by rows --------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_TRANSPOSEACCESSES_H
#define AUTOTUNE_SCHEDULE_TRANSPOSEACCESSES_H

#include "Addresses.h"

namespace autotune {

/// Gathers of neighbouring columns become loads of rows and a transposition,
/// and scatters a transposition and stores of rows: as many columns as they
/// have lanes, or a smaller power of two from four. A gather of what was
/// scattered just before becomes that value.
void transposeAccesses(mlir::Block &block, Addresses &addresses);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TRANSPOSEACCESSES_H
