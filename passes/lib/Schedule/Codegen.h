//===- Codegen.h - Steps of loop generation ---------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_CODEGEN_H
#define AUTOTUNE_SCHEDULE_CODEGEN_H

#include "Transformations.h"

#include <map>

namespace autotune {

/// By the pre-order number of the band.
using BandOptionMap = std::map<unsigned, isl::union_set>;

/// The isolate options that separate the tiles in which the unrolled and vector
/// loops below are complete.
BandOptionMap fullTileOptions(const Tree &tree);

/// Keeps in registers what a loop loads from and stores to one place.
void promoteToRegisters(mlir::func::FuncOp function);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_CODEGEN_H
