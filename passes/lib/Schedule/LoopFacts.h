//===- LoopFacts.h - What loops and conditions say of values ---*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_LOOPFACTS_H
#define AUTOTUNE_SCHEDULE_LOOPFACTS_H

#include "LoopScope.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

namespace autotune {

/// What holds in the body of a loop: the bounds of this loop and of those
/// around it, and the conditions that it is under.
class LoopFacts {
public:
  explicit LoopFacts(mlir::affine::AffineForOp loop);

  /// Bounds of `expr`, in which dimension i is `values[i]`.
  DimRange rangeOf(mlir::AffineExpr expr, llvm::ArrayRef<mlir::Value> values);

private:
  void addBounds(mlir::Value counter, mlir::AffineMap lower,
                 mlir::ValueRange lowerOperands, mlir::AffineMap upper,
                 mlir::ValueRange upperOperands, int64_t step);
  void addCondition(mlir::Value condition, bool holds);
  /// Adds `expr >= 0`.
  void require(mlir::AffineExpr expr);
  /// The results of a map over `counts`.
  llvm::SmallVector<mlir::AffineExpr> expressed(mlir::AffineMap map,
                                                mlir::ValueRange operands);
  mlir::AffineExpr countOf(mlir::Value value);
  std::optional<llvm::SmallVector<int64_t>>
  coefficientsOf(mlir::AffineExpr expr) const;

  mlir::MLIRContext *context;
  /// Every value is a multiple of a count, a dimension of the facts.
  llvm::SmallVector<mlir::Value> counts;
  llvm::SmallVector<int64_t> multiples;
  llvm::SmallVector<mlir::AffineExpr> facts;
  llvm::DenseMap<mlir::AffineExpr, DimRange> known;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_LOOPFACTS_H
