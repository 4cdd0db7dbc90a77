//===- LoopScope.h - Generated loops and what is known of them --*- C++ -*-===//
//
// The loops around the point of generation: their induction variables as
// affine dimensions, with ranges that let floor divisions be simplified.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_LOOPSCOPE_H
#define AUTOTUNE_SCHEDULE_LOOPSCOPE_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/ValueRange.h"

#include <optional>

namespace autotune {

/// What is known of an affine dimension: min <= d <= max, d a multiple.
struct DimRange {
  std::optional<int64_t> min, max;
  int64_t multipleOf = 1;
};

class LoopScope {
public:
  explicit LoopScope(mlir::MLIRContext *context) : context(context) {}

  /// Opens a loop; a null `iv` is a placeholder that is substituted later (the
  /// lane of a vector).
  mlir::AffineExpr push(mlir::Value iv, DimRange range);
  /// Opens a loop from max(lowers) to below min(uppers).
  mlir::AffineExpr push(mlir::Value iv, DimRange range,
                        llvm::ArrayRef<mlir::AffineExpr> lowers,
                        llvm::ArrayRef<mlir::AffineExpr> uppers);
  void pop();

  unsigned size() const { return ivs.size(); }
  mlir::ValueRange values() const { return ivs; }
  mlir::MLIRContext *getContext() const { return context; }

  /// Folds floordiv and mod by constants where the ranges decide them.
  mlir::AffineExpr simplify(mlir::AffineExpr expr) const;
  std::optional<int64_t> minimum(mlir::AffineExpr expr) const;
  std::optional<int64_t> maximum(mlir::AffineExpr expr) const;
  int64_t multipleOf(mlir::AffineExpr expr) const;
  /// Whether the bounds of the loops show that the expression is at least 0.
  bool isNotNegative(mlir::AffineExpr expr) const;

  mlir::AffineMap map(llvm::ArrayRef<mlir::AffineExpr> exprs) const;

private:
  /// A combination of dimensions that is at most `scale` times an expression.
  struct Underestimate {
    llvm::SmallVector<int64_t> factors;
    int64_t constant = 0, scale = 1;

    llvm::SmallVector<int64_t *> numbers();
  };
  /// Nothing where numbers get large.
  std::optional<Underestimate> scaledUp(Underestimate sum,
                                        mlir::AffineExpr expr) const;
  bool add(Underestimate &sum, mlir::AffineExpr expr, int64_t factor) const;
  bool isNotNegative(const Underestimate &sum, unsigned &budget) const;

  std::optional<int64_t> bound(mlir::AffineExpr expr, bool isUpper) const;
  mlir::AffineExpr foldDivisions(mlir::AffineExpr expr) const;
  mlir::AffineExpr multiply(mlir::AffineExpr lhs, mlir::AffineExpr rhs) const;
  mlir::AffineExpr simplifyDivision(mlir::AffineExpr lhs, int64_t divisor,
                                    bool isMod) const;

  mlir::MLIRContext *context;
  llvm::SmallVector<mlir::Value> ivs;
  llvm::SmallVector<DimRange> ranges;
  /// What a dimension is not below, and not above.
  struct Limits {
    llvm::SmallVector<mlir::AffineExpr> least, most;
  };
  llvm::SmallVector<Limits> limits;
};

/// The factor of dimension `position` in `expr`; nothing where the expression
/// is not linear in it.
std::optional<int64_t> linearFactor(mlir::AffineExpr expr, unsigned position);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_LOOPSCOPE_H
