//===- MemoryChange.h - Rewrites of where values are kept -------*- C++ -*-===//
//
// Some transformations keep the order and move values to other memory. What
// they do to an array is the same for all: a buffer of another shape, and other
// subscripts for its accesses.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_MEMORYCHANGE_H
#define AUTOTUNE_SCHEDULE_MEMORYCHANGE_H

#include "Model.h"

namespace autotune {

/// Accesses to an array that go to another buffer.
struct MemoryChange {
  struct Redirection {
    const Statement *statement;
    mlir::Operation *op;
    mlir::AffineMap map; ///< Over the statement's loop counters.
  };
  unsigned array;
  llvm::SmallVector<int64_t> shape; ///< Of the buffer.
  std::vector<Redirection> redirections;
};

/// Why other memory cannot stand for the array: it can be seen from outside the
/// function, or not every access is known.
Refusal findVisibleUse(const Scop &scop, unsigned array);

/// Redirects the model's accesses; its dependences stay what they were. Refused
/// where a value would be lost, or marked loops would carry a dependence.
/// `flow` is that of the array before the change.
Refusal redirectModel(Model &model, const MemoryChange &change,
                      const isl::union_map &flow);

/// The same in the body; creates the buffer after the allocations and returns
/// it.
mlir::Value redirectBody(mlir::func::FuncOp function, const Scop &scop,
                         const MemoryChange &change);
/// The same where the buffer replaces a private array.
void replaceArray(mlir::func::FuncOp function, const Scop &scop,
                  const MemoryChange &change);

/// The value of a member as an expression over the statement's loop counters;
/// null where it has no such form.
mlir::AffineExpr memberExpr(const isl::union_pw_aff &member,
                            const Statement &statement);

/// Size of a buffer with elements like those of the array.
int64_t bufferBytes(const Scop &scop, unsigned array,
                    llvm::ArrayRef<int64_t> shape);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_MEMORYCHANGE_H
