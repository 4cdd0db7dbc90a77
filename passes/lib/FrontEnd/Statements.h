//===- Statements.h - Statements and what they touch ------------*- C++ -*-===//
//
// A statement is an operation with a side effect: a store, or an opaque
// operation, which the polyhedral core keeps whole. This header hides how
// memory effects of either are found. Buffers are compared after views have
// been folded: different SSA values are different memory, except for two
// `memref.get_global` of one symbol.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_STATEMENTS_H
#define AUTOTUNE_FRONTEND_STATEMENTS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace autotune {

bool isLoad(mlir::Operation *op);
bool isStore(mlir::Operation *op);

/// The memref that a load or store accesses; null for every other operation.
mlir::Value bufferOf(mlir::Operation *op);

/// Whether the core has to keep `op` whole: it has a side effect that is no
/// store, or a region that is no affine loop or condition.
bool isOpaque(mlir::Operation *op);

bool isStatement(mlir::Operation *op);

/// Whether `op` costs more than a load: divisions and most of `math`.
bool isExpensive(mlir::Operation *op);

/// The outermost opaque operation around or at `op`; null where there is none.
mlir::Operation *opaqueAround(mlir::Operation *op);

bool isSameBuffer(mlir::Value a, mlir::Value b);

/// Calls `visit` with every store, load and call in `op`, itself included.
/// Returns whether one of the visits returned true.
bool anyAccess(mlir::Operation *op,
               llvm::function_ref<bool(mlir::Operation *)> visit);

/// Whether something in `op`, itself included, may access `buffer`.
bool mayAccess(mlir::Operation *op, mlir::Value buffer);

/// The statements that need `value`, directly or through pure operations, and
/// the loops and conditions whose bounds need it.
llvm::SmallVector<mlir::Operation *> statementsUsing(mlir::Value value);

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_STATEMENTS_H
