//===- TransposeAccesses.h - Columns of vectors by rows --------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_TRANSPOSEACCESSES_H
#define AUTOTUNE_SCHEDULE_TRANSPOSEACCESSES_H

#include "Addresses.h"

namespace autotune {

/// Gathers of as many neighbouring columns as they have lanes become loads of
/// rows and a transposition, and scatters a transposition and stores of rows. A
/// gather of what was scattered just before becomes that value.
void transposeAccesses(mlir::Block &block, Addresses &addresses);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TRANSPOSEACCESSES_H
