//===- AstExpr.cpp - isl AST expressions as affine expressions ------------===//

#include "AstExpr.h"

#include <isl/aff.h>
#include <isl/ast.h>
#include <isl/val.h>

using namespace mlir;

namespace autotune {

bool isAstOp(const isl::ast_expr &expr) {
  return isl_ast_expr_get_type(expr.get()) == isl_ast_expr_op;
}

isl_ast_expr_op_type astOp(const isl::ast_expr &expr) {
  return isl_ast_expr_op_get_type(expr.get());
}

isl::ast_expr astArg(const isl::ast_expr &expr, int position) {
  return isl::manage(isl_ast_expr_op_get_arg(expr.get(), position));
}

AffineExpr affineExprOf(const isl::aff &aff, llvm::ArrayRef<AffineExpr> values,
                        MLIRContext *context) {
  isl::val denominator = isl::manage(isl_aff_get_denominator_val(aff.get()));
  auto scaled = [&](isl_val *coefficient) {
    isl::val product = isl::manage(coefficient).mul(denominator);
    return getAffineConstantExpr(product.num_si(), context);
  };
  AffineExpr sum = scaled(isl_aff_get_constant_val(aff.get()));
  for (auto [position, value] : llvm::enumerate(values))
    sum = sum + value * scaled(isl_aff_get_coefficient_val(
                            aff.get(), isl_dim_in, position));
  for (int i = 0; i < isl_aff_dim(aff.get(), isl_dim_div); ++i) {
    isl_val *factor = isl_aff_get_coefficient_val(aff.get(), isl_dim_div, i);
    if (isl_val_is_zero(factor)) {
      isl_val_free(factor);
      continue;
    }
    isl::aff division = isl::manage(isl_aff_get_div(aff.get(), i));
    sum = sum + affineExprOf(division, values, context) * scaled(factor);
  }
  return denominator.is_one() ? sum : sum.floorDiv(denominator.num_si());
}

std::optional<AffineExpr>
AstExprConverter::convert(const isl::ast_expr &expr) const {
  if (isl_ast_expr_get_type(expr.get()) == isl_ast_expr_int) {
    isl::val value = isl::manage(isl_ast_expr_int_get_val(expr.get()));
    return getAffineConstantExpr(value.num_si(), context);
  }
  if (isl_ast_expr_get_type(expr.get()) == isl_ast_expr_id) {
    auto iterator =
        iterators.find(isl::manage(isl_ast_expr_get_id(expr.get())).name());
    if (iterator == iterators.end())
      return std::nullopt;
    return iterator->second;
  }
  std::optional<AffineExpr> lhs = convert(astArg(expr, 0));
  if (!lhs)
    return std::nullopt;
  if (astOp(expr) == isl_ast_expr_op_minus)
    return -*lhs;
  if (isl_ast_expr_op_get_n_arg(expr.get()) != 2)
    return std::nullopt;
  std::optional<AffineExpr> rhs = convert(astArg(expr, 1));
  if (!rhs)
    return std::nullopt;
  switch (astOp(expr)) {
  case isl_ast_expr_op_add:
    return *lhs + *rhs;
  case isl_ast_expr_op_sub:
    return *lhs - *rhs;
  case isl_ast_expr_op_mul:
    return *lhs * *rhs;
  case isl_ast_expr_op_div: // Exact.
  case isl_ast_expr_op_fdiv_q:
  case isl_ast_expr_op_pdiv_q: // The dividend is not negative.
    return lhs->floorDiv(*rhs);
  case isl_ast_expr_op_pdiv_r:
  case isl_ast_expr_op_zdiv_r: // Only compared with zero.
    return *lhs % *rhs;
  default:
    return std::nullopt;
  }
}

AstExprConverter::Exprs AstExprConverter::combine(const isl::ast_expr &expr,
                                                  bool isMin,
                                                  bool isSubtraction) const {
  Exprs lhs = convertBound(astArg(expr, 0), isMin);
  Exprs rhs = convertBound(astArg(expr, 1), isMin != isSubtraction);
  if (!lhs || !rhs)
    return std::nullopt;
  llvm::SmallVector<AffineExpr> result;
  for (AffineExpr a : *lhs)
    for (AffineExpr b : *rhs)
      result.push_back(isSubtraction ? a - b : a + b);
  return result;
}

AstExprConverter::Exprs
AstExprConverter::convertBound(const isl::ast_expr &expr, bool isMin) const {
  if (std::optional<AffineExpr> single = convert(expr))
    return llvm::SmallVector<AffineExpr>{*single};
  if (!isAstOp(expr))
    return std::nullopt;
  isl_ast_expr_op_type op = astOp(expr);
  if (op == (isMin ? isl_ast_expr_op_min : isl_ast_expr_op_max)) {
    llvm::SmallVector<AffineExpr> result;
    for (int i = 0; i < isl_ast_expr_op_get_n_arg(expr.get()); ++i) {
      Exprs part = convertBound(astArg(expr, i), isMin);
      if (!part)
        return std::nullopt;
      result.append(*part);
    }
    return result;
  }
  if (op == isl_ast_expr_op_add || op == isl_ast_expr_op_sub)
    return combine(expr, isMin, op == isl_ast_expr_op_sub);
  if (op == isl_ast_expr_op_minus) {
    Exprs inner = convertBound(astArg(expr, 0), !isMin);
    if (inner)
      for (AffineExpr &value : *inner)
        value = -value;
    return inner;
  }
  bool isMonotone = op == isl_ast_expr_op_fdiv_q ||
                    op == isl_ast_expr_op_pdiv_q || op == isl_ast_expr_op_div ||
                    op == isl_ast_expr_op_mul;
  if (!isMonotone)
    return std::nullopt;
  std::optional<AffineExpr> factor =
      convert(astArg(expr, op == isl_ast_expr_op_mul ? 0 : 1));
  Exprs inner =
      convertBound(astArg(expr, op == isl_ast_expr_op_mul ? 1 : 0), isMin);
  auto constant =
      factor ? dyn_cast<AffineConstantExpr>(*factor) : AffineConstantExpr();
  if (!inner || !constant || constant.getValue() <= 0)
    return std::nullopt;
  for (AffineExpr &value : *inner)
    value = op == isl_ast_expr_op_mul ? value * constant.getValue()
                                      : value.floorDiv(constant.getValue());
  return inner;
}

} // namespace autotune
