//===- AstExpr.h - isl AST expressions as affine expressions ----*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_ASTEXPR_H
#define AUTOTUNE_SCHEDULE_ASTEXPR_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/StringMap.h"

#include <isl/cpp.h>

#include <optional>

namespace autotune {

/// The values of isl's iterators as affine expressions of the loops in scope.
using Iterators = llvm::StringMap<mlir::AffineExpr>;

/// Converts expressions that isl's AST generator emits.
class AstExprConverter {
public:
  AstExprConverter(mlir::MLIRContext *context, const Iterators &iterators)
      : context(context), iterators(iterators) {}

  /// Nothing where the expression is not affine (a choice, a min or a max).
  std::optional<mlir::AffineExpr> convert(const isl::ast_expr &expr) const;

  /// The expressions of which `expr` is the minimum (or maximum).
  std::optional<llvm::SmallVector<mlir::AffineExpr>>
  convertBound(const isl::ast_expr &expr, bool isMin) const;

private:
  using Exprs = std::optional<llvm::SmallVector<mlir::AffineExpr>>;
  Exprs combine(const isl::ast_expr &expr, bool isMin,
                bool isSubtraction) const;

  mlir::MLIRContext *context;
  const Iterators &iterators;
};

/// The expression where the dimensions of its domain have these values.
mlir::AffineExpr affineExprOf(const isl::aff &aff,
                              llvm::ArrayRef<mlir::AffineExpr> values,
                              mlir::MLIRContext *context);

isl_ast_expr_op_type astOp(const isl::ast_expr &expr);
isl::ast_expr astArg(const isl::ast_expr &expr, int position);
bool isAstOp(const isl::ast_expr &expr);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_ASTEXPR_H
