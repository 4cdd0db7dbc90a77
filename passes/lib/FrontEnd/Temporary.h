//===- Temporary.h - Buffers for spilled values -----------------*- C++ -*-===//
//
// Hides where a spilled value lives: which loops its buffer is indexed by, and
// how types without a memory form (i1, index) are kept.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_TEMPORARY_H
#define AUTOTUNE_FRONTEND_TEMPORARY_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include <cstdint>

namespace autotune {

/// Allocates a contiguous buffer that starts at a cache line.
mlir::Value allocate(mlir::OpBuilder &builder, mlir::Location loc,
                     llvm::ArrayRef<int64_t> shape, mlir::Type element);

/// An element for each iteration of some loops.
struct Expansion {
  llvm::SmallVector<mlir::Value> variables; // outermost first
  llvm::SmallVector<int64_t> lows;          // smallest value of each variable
  llvm::SmallVector<int64_t> sizes;
};

/// The innermost of the affine loops around `op` whose iterations number at
/// most `maxElements`; a loop without constant range ends the search.
Expansion expandOver(mlir::Operation *op, int64_t maxElements);

/// An element of a buffer.
struct Place {
  mlir::Value buffer;
  mlir::AffineMap map;
  llvm::SmallVector<mlir::Value> operands;

  /// Stores `value` before the builder's insertion point.
  void store(mlir::OpBuilder &builder, mlir::Location loc,
             mlir::Value value) const;

  /// Loads a value of `type`.
  mlir::Value load(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::Type type) const;
};

/// Allocates, at the top of `function`, a place for a value of `type` that is
/// written and read in one iteration of the loops around `op`.
Place makeTemporary(mlir::func::FuncOp function, mlir::Operation *op,
                    mlir::Type type, int64_t maxElements);

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_TEMPORARY_H
