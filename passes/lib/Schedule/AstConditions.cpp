//===- AstConditions.cpp - Conditions of isl ASTs -------------------------===//

#include "AstEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <isl/ast.h>

using namespace mlir;

namespace autotune {

static std::optional<arith::CmpIPredicate>
predicateOf(isl_ast_expr_op_type op) {
  switch (op) {
  case isl_ast_expr_op_eq:
    return arith::CmpIPredicate::eq;
  case isl_ast_expr_op_le:
    return arith::CmpIPredicate::sle;
  case isl_ast_expr_op_lt:
    return arith::CmpIPredicate::slt;
  case isl_ast_expr_op_ge:
    return arith::CmpIPredicate::sge;
  case isl_ast_expr_op_gt:
    return arith::CmpIPredicate::sgt;
  default:
    return std::nullopt;
  }
}

std::optional<Value> AstEmitter::condition(const isl::ast_expr &expr) {
  isl_ast_expr_op_type op = astOp(expr);
  bool isAnd = op == isl_ast_expr_op_and || op == isl_ast_expr_op_and_then;
  bool isOr = op == isl_ast_expr_op_or || op == isl_ast_expr_op_or_else;
  if (isAnd || isOr) {
    Value result;
    int last = isl_ast_expr_op_get_n_arg(expr.get()) - 1;
    for (int i = 0; i <= last; ++i) {
      bool isImplied = isAnd && decided(astArg(expr, i)) == true;
      if (isImplied && (result || i < last))
        continue;
      std::optional<Value> next = condition(astArg(expr, i));
      if (!next)
        return std::nullopt;
      result = !result ? *next
               : isAnd
                   ? Value(arith::AndIOp::create(builder, loc, result, *next))
                   : Value(arith::OrIOp::create(builder, loc, result, *next));
    }
    return result;
  }
  std::optional<arith::CmpIPredicate> predicate = predicateOf(op);
  if (!predicate)
    return std::nullopt;
  std::optional<AffineExpr> distance = difference(expr);
  if (!distance)
    return std::nullopt;
  AffineValues values(scope, *distance);
  Value applied =
      affine::AffineApplyOp::create(builder, loc, values.map, values.operands);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  return Value(arith::CmpIOp::create(builder, loc, *predicate, applied, zero));
}

std::optional<AffineExpr>
AstEmitter::difference(const isl::ast_expr &comparison) {
  std::optional<AffineExpr> lhs = converter().convert(astArg(comparison, 0));
  std::optional<AffineExpr> rhs = converter().convert(astArg(comparison, 1));
  if (!lhs || !rhs)
    return std::nullopt;
  return scope.simplify(*lhs - *rhs);
}

std::optional<bool> AstEmitter::decided(const isl::ast_expr &condition) {
  if (!isAstOp(condition)) // The constants 0 and 1.
    return !isl::manage(isl_ast_expr_int_get_val(condition.get())).is_zero();
  isl_ast_expr_op_type op = astOp(condition);
  if (op == isl_ast_expr_op_and || op == isl_ast_expr_op_and_then) {
    bool areAllTrue = true;
    for (int i = 0; i < isl_ast_expr_op_get_n_arg(condition.get()); ++i) {
      std::optional<bool> part = decided(astArg(condition, i));
      if (part == false)
        return false;
      areAllTrue &= part == true;
    }
    return areAllTrue ? std::optional<bool>(true) : std::nullopt;
  }
  bool isEquality = op == isl_ast_expr_op_eq;
  if (op != isl_ast_expr_op_ge && op != isl_ast_expr_op_le && !isEquality)
    return std::nullopt;
  std::optional<AffineExpr> distance = difference(condition);
  if (!distance)
    return std::nullopt;
  if (op == isl_ast_expr_op_le)
    distance = -*distance;
  if (scope.isNotNegative(-*distance - 1) ||
      (isEquality && scope.isNotNegative(*distance - 1)))
    return false;
  if (scope.isNotNegative(*distance) &&
      (!isEquality || scope.isNotNegative(-*distance)))
    return true;
  return std::nullopt;
}

Refusal AstEmitter::emitIf(const isl::ast_node &node, Form form) {
  isl::ast_expr test = isl::manage(isl_ast_node_if_get_cond(node.get()));
  isl::ast_node then = isl::manage(isl_ast_node_if_get_then_node(node.get()));
  if (decided(test) == true)
    return emitNode(then, form);
  if (lanes)
    return "a condition inside a vector";
  std::optional<Value> holds = condition(test);
  if (!holds)
    return "a generated condition is not affine";
  bool hasElse = isl_ast_node_if_has_else_node(node.get()) == isl_bool_true;
  auto op = scf::IfOp::create(builder, loc, *holds, hasElse);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  if (Refusal refusal = emitNode(then, form))
    return refusal;
  if (!hasElse)
    return std::nullopt;
  builder.setInsertionPointToStart(op.elseBlock());
  return emitNode(isl::manage(isl_ast_node_if_get_else_node(node.get())), form);
}

/// More than any loop bound.
static constexpr int64_t farAway = int64_t(1) << 40;

Refusal AstEmitter::emitFromLeast(const isl::ast_node &node, Form form) {
  std::string iterator = iteratorOf(node);
  isl::ast_expr init = isl::manage(isl_ast_node_for_get_init(node.get()));
  std::optional<llvm::SmallVector<AffineExpr>> least;
  if (!lanes && !begins.contains(iterator))
    least = converter().convertBound(init, /*isMin=*/true);
  if (!least)
    return "a generated loop bound is not affine";
  // A loop may begin at a maximum: at that of the negated expressions a loop
  // begins that runs once.
  Bounds once{
      {}, {getAffineConstantExpr(farAway, builder.getContext())}, 2 * farAway};
  for (AffineExpr expr : *least)
    once.lowers.push_back(scope.simplify(-expr));
  AffineValues lower(scope, once.lowers), upper(scope, once.uppers);
  OpBuilder::InsertionGuard guard(builder);
  auto loop =
      affine::AffineForOp::create(builder, loc, lower.operands, lower.map,
                                  upper.operands, upper.map, once.step);
  builder.setInsertionPointToStart(loop.getBody());
  DimRange range = rangeOf(once);
  range.max = std::nullopt;
  for (AffineExpr lower : once.lowers) {
    std::optional<int64_t> most = scope.maximum(lower);
    range.max = std::max(range.max.value_or(-farAway), most.value_or(farAway));
  }
  begins[iterator] =
      -scope.push(loop.getInductionVar(), range, once.lowers, {});
  Refusal refusal = emitFor(node, form);
  begins.erase(iterator);
  scope.pop();
  return refusal;
}

} // namespace autotune
