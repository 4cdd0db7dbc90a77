//===- AffineIndex.h - Index arithmetic as affine expressions ---*- C++ -*-===//
//
// Hides how index values are recognised as affine functions of loop variables,
// and how the range of such a function is bounded.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_AFFINEINDEX_H
#define AUTOTUNE_FRONTEND_AFFINEINDEX_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>

namespace autotune {

/// The integers from `low` to `high`, both included.
struct Interval {
  int64_t low;
  int64_t high;
};

/// Values of the induction variable of `loop`; nothing where they are not
/// bounded by constants. The interval of a loop that never runs has
/// `high < low`.
std::optional<Interval> rangeOfLoop(mlir::affine::AffineForOp loop);

/// Values that `expr` takes, where dimension d and symbol s stand for
/// `operands[d]` and `operands[numDims + s]`.
std::optional<Interval> rangeOf(mlir::AffineExpr expr, unsigned numDims,
                                mlir::ValueRange operands);

/// `expr` with the divisions and remainders resolved that the ranges of the
/// operands decide, such as `d0 mod 8` where d0 is a loop from 0 to 4.
mlir::AffineExpr simplifyInRange(mlir::AffineExpr expr, unsigned numDims,
                                 mlir::ValueRange operands);

/// Collects affine expressions over a shared list of operands.
class AffineIndexBuilder {
public:
  explicit AffineIndexBuilder(mlir::MLIRContext *context) : context(context) {}

  /// The value as an expression of dimensions only, or null where it is not
  /// affine. Operands are valid dimensions or symbols of the affine scope.
  mlir::AffineExpr build(mlir::Value value);

  /// The result of a map with a single result, or null where an operand is
  /// not affine.
  mlir::AffineExpr compose(mlir::AffineMap map, mlir::ValueRange operands);

  /// A map with `results` that takes `operands()`.
  mlir::AffineMap map(llvm::ArrayRef<mlir::AffineExpr> results) const;

  llvm::ArrayRef<mlir::Value> operands() const { return values; }

private:
  mlir::AffineExpr operand(mlir::Value value);
  mlir::AffineExpr arithmetic(mlir::Operation *op);
  mlir::AffineExpr combine(mlir::Operation *op);
  bool fits(mlir::AffineExpr expr, mlir::Type type) const;
  mlir::AffineExpr divide(mlir::Operation *op, bool remainder);
  mlir::AffineExpr cast(mlir::Operation *op);

  mlir::MLIRContext *context;
  llvm::SmallVector<mlir::Value> values;
};

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_AFFINEINDEX_H
