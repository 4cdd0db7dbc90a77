//===- Codegen.h - Steps of loop generation ---------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_CODEGEN_H
#define AUTOTUNE_SCHEDULE_CODEGEN_H

#include "Transformations.h"

namespace autotune {

/// Keeps in registers what a loop loads from and stores to one place.
void promoteToRegisters(mlir::func::FuncOp function);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_CODEGEN_H
