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

/// Ops on a loaded element that its packed copy has computed: those of one
/// load; the i-th of another load's are the same computation.
using FoldedOps = llvm::SmallVector<mlir::Operation *>;

/// The ops that follow every load of the array.
FoldedOps foldedOps(const Scop &scop, unsigned array);

/// What copies of the array's elements hold: where its loads are followed by
/// two different computations there are two, otherwise one.
llvm::SmallVector<FoldedOps> copiedForms(const Scop &scop, unsigned array);

/// Whether `ops` is all that follows the load.
bool isFollowedBy(mlir::Operation *load, const FoldedOps &ops);

/// The ops on the element that `load` reads, each the only use of the one
/// before.
FoldedOps opsOnElement(mlir::Operation *load);

/// Emits `ops` on another element, or on a vector
/// of elements.
mlir::Value emitFolded(mlir::OpBuilder &builder,
                       llvm::ArrayRef<mlir::Operation *> ops,
                       mlir::Value element);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_PACKFOLD_H
