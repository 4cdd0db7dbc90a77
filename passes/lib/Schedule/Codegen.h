//===- Codegen.h - Steps of loop generation ---------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_CODEGEN_H
#define AUTOTUNE_SCHEDULE_CODEGEN_H

#include "Transformations.h"

namespace autotune {

/// The isolate option that separates the tiles of `band` in which the unrolled
/// and vector loops below are complete; null where all or none are. `outer` are
/// the members of the bands outside.
isl::union_set fullTileOption(const Tree &band,
                              const std::vector<isl::union_pw_aff> &outer);

/// Keeps in registers what a loop loads from and stores to one place.
void promoteToRegisters(mlir::func::FuncOp function);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_CODEGEN_H
