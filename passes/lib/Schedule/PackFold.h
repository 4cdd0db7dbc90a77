//===- PackFold.h - What packed copies compute ------------------*- C++ -*-===//
//
// An op that depends on one loaded element and on nothing else that changes,
// such as a scaling or a conversion, is computed once an element, while the
// element is packed, instead of wherever the copy is used.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_PACKFOLD_H
#define AUTOTUNE_SCHEDULE_PACKFOLD_H

#include "Scop.h"

namespace autotune {

/// The ops that follow every load of the array, in one of those loads' own
/// ops; the i-th of another load's are the same computation.
llvm::SmallVector<mlir::Operation *> foldedOps(const Scop &scop,
                                               unsigned array);

/// The ops on the element that `load` reads, each the only use of the one
/// before.
llvm::SmallVector<mlir::Operation *> opsOnElement(mlir::Operation *load);

/// Emits `ops`, as `foldedOps` returns them, on another element, or on a vector
/// of elements.
mlir::Value emitFolded(mlir::OpBuilder &builder,
                       llvm::ArrayRef<mlir::Operation *> ops,
                       mlir::Value element);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_PACKFOLD_H
