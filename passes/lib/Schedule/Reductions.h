//===- Reductions.h - Statements that accumulate ----------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_REDUCTIONS_H
#define AUTOTUNE_SCHEDULE_REDUCTIONS_H

#include "Scop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace autotune {

/// `A[e] = A[e] op x` with an operation that may combine in any order: exactly
/// associative, or allowed to be reassociated.
struct Reduction {
  mlir::affine::AffineLoadOp load;
  mlir::affine::AffineStoreOp store;
  mlir::vector::CombiningKind kind;
  mlir::arith::FastMathFlagsAttr flags; ///< Null for integers.
};

/// Why a statement is no such thing, or what it is.
struct ReductionOrNot {
  std::optional<Reduction> reduction;
  std::string refusal;
};
ReductionOrNot findReduction(const Statement &statement);

/// What changes nothing when it is combined.
mlir::TypedAttr neutralElement(mlir::vector::CombiningKind kind,
                               mlir::Type type);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_REDUCTIONS_H
