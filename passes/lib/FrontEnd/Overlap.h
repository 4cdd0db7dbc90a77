//===- Overlap.h - Accesses that may meet -----------------------*- C++ -*-===//
//
// Hides how two accesses of one buffer are told apart: by the values that their
// subscripts can have in the loops around them.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_OVERLAP_H
#define AUTOTUNE_FRONTEND_OVERLAP_H

#include "Temporary.h"

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"

namespace autotune {

/// Whether two loads or stores of one buffer may meet at one element, in
/// iterations that share the loops around `outer`. `inner` is inside those
/// loops.
bool mayMeet(mlir::Operation *outer, mlir::Operation *inner);

/// Whether `value` exists before `op`, at the level of `op` or further out.
bool isDefinedBefore(mlir::Value value, mlir::Operation *op);

/// Whether `value` is the element at `place`, unchanged when `op` starts.
bool isElementAt(mlir::Value value, const Place &place, mlir::Operation *op);

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_OVERLAP_H
