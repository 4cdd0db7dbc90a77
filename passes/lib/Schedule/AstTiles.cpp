//===- AstTiles.cpp - Tiles by their cases --------------------------------===//
//
// Which case a tile is shows in conditions. Where they compare the counter of
// the loop right around the tiles, the loop is cut where they change, so that
// in the middle nothing stands between its iterations, and registers can be
// carried from one to the next.
//
//===----------------------------------------------------------------------===//

#include "AstEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <isl/ast.h>

using namespace mlir;

namespace autotune {

/// More pieces of one loop are too much code.
static constexpr unsigned maxPieces = 8;

Refusal AstEmitter::inTiles(const GeneratedTiles &tiles,
                            llvm::function_ref<Refusal()> emit) {
  Iterators around = iterators;
  for (auto [depth, expr] : llvm::enumerate(tiles.outer)) {
    std::optional<AffineExpr> value = converter().convert(expr);
    if (!value)
      return "a generated iterator is not affine";
    iterators[std::to_string(depth)] = *value;
  }
  Refusal refusal = emit();
  iterators = std::move(around);
  return refusal;
}

Refusal AstEmitter::emitTiles(const GeneratedTiles &tiles,
                              const isl::ast_node &child, Form form) {
  return inTiles(tiles, [&] { return emitCases(tiles, child, 0, form); });
}

Refusal AstEmitter::emitCases(const GeneratedTiles &tiles,
                              const isl::ast_node &otherwise, unsigned number,
                              Form form) {
  const std::vector<GeneratedCase> &cases = tiles.cases;
  if (number == cases.size())
    return tiles.isExhaustive ? std::nullopt : emitNode(otherwise, form);
  const auto &[test, root] = cases[number];
  std::optional<bool> known = decided(test);
  if (known == true)
    return emitNode(root, form);
  if (known == false)
    return emitCases(tiles, otherwise, number + 1, form);
  std::optional<Value> holds = condition(test);
  if (!holds)
    return "a generated condition is not affine";
  bool hasElse = !tiles.isExhaustive || number + 1 < cases.size();
  auto op = scf::IfOp::create(builder, loc, *holds, hasElse);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  if (Refusal refusal = emitNode(root, form))
    return refusal;
  if (!hasElse)
    return std::nullopt;
  builder.setInsertionPointToStart(op.elseBlock());
  return emitCases(tiles, otherwise, number + 1, form);
}

//===--- loops over tiles -------------------------------------------------===//

/// Splits a conjunction; nothing where it is none of comparisons.
static bool collectComparisons(const isl::ast_expr &expr,
                               std::vector<isl::ast_expr> &parts) {
  if (!isAstOp(expr))
    return false;
  isl_ast_expr_op_type op = astOp(expr);
  if (op == isl_ast_expr_op_ge || op == isl_ast_expr_op_le ||
      op == isl_ast_expr_op_eq) {
    parts.push_back(expr);
    return true;
  }
  if (op != isl_ast_expr_op_and && op != isl_ast_expr_op_and_then)
    return false;
  for (int i = 0; i < isl_ast_expr_op_get_n_arg(expr.get()); ++i)
    if (!collectComparisons(astArg(expr, i), parts))
      return false;
  return true;
}

bool AstEmitter::cut(Cuts &cuts, AffineExpr notNegative, unsigned counter) {
  if (scope.isNotNegative(notNegative))
    return true;
  std::optional<int64_t> factor = linearFactor(notNegative, counter);
  if (!factor)
    return false;
  AffineExpr self = getAffineDimExpr(counter, builder.getContext());
  AffineExpr rest = scope.simplify(notNegative - self * *factor);
  if (rest.isFunctionOfDim(counter))
    return false;
  if (*factor == 0)
    cuts.notNegative.push_back(rest);
  else if (*factor > 0)
    cuts.lowers.push_back(scope.simplify((-rest).ceilDiv(*factor)));
  else
    cuts.uppers.push_back(scope.simplify(rest.floorDiv(-*factor) + 1));
  return true;
}

std::optional<AstEmitter::Cuts>
AstEmitter::cutsOf(const isl::ast_expr &condition, unsigned counter) {
  std::vector<isl::ast_expr> parts;
  if (!collectComparisons(condition, parts))
    return std::nullopt;
  Cuts cuts;
  for (const isl::ast_expr &part : parts) {
    std::optional<AffineExpr> distance = difference(part);
    if (!distance)
      return std::nullopt;
    isl_ast_expr_op_type op = astOp(part);
    bool isCut = (op == isl_ast_expr_op_le || cut(cuts, *distance, counter)) &&
                 (op == isl_ast_expr_op_ge ||
                  cut(cuts, scope.simplify(-*distance), counter));
    if (!isCut)
      return std::nullopt;
  }
  return cuts;
}

Value AstEmitter::areNotNegative(llvm::ArrayRef<AffineExpr> exprs) {
  Value result;
  for (AffineExpr expr : exprs) {
    AffineValues values(scope, expr);
    Value applied = affine::AffineApplyOp::create(builder, loc, values.map,
                                                  values.operands);
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value holds = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge,
                                        applied, zero);
    result = result ? Value(arith::AndIOp::create(builder, loc, result, holds))
                    : holds;
  }
  return result;
}

std::optional<AstEmitter::Cuts> AstEmitter::cutsOf(const TileLoop &loop,
                                                   unsigned number) {
  unsigned counter = scope.size();
  AffineExpr self = scope.push(Value(), rangeOf(loop.bounds),
                               loop.bounds.lowers, loop.bounds.uppers);
  AffineExpr outer = std::exchange(iterators[loop.iterator], self);
  std::optional<Cuts> cuts;
  Refusal refusal = inTiles(loop.tiles, [&]() -> Refusal {
    cuts = cutsOf(loop.tiles.cases[number].condition, counter);
    return std::nullopt;
  });
  iterators[loop.iterator] = outer;
  scope.pop();
  return refusal ? std::nullopt : cuts;
}

Refusal AstEmitter::emitTileLoop(TileLoop loop, unsigned number, Form form) {
  const std::vector<GeneratedCase> &cases = loop.tiles.cases;
  if (number == cases.size() && loop.tiles.isExhaustive)
    return std::nullopt;
  std::optional<Cuts> cuts;
  // A larger step would have to go on from where the piece before ended.
  if (number < cases.size() && loop.bounds.step == 1)
    cuts = cutsOf(loop, number);
  unsigned numPieces = cuts ? cuts->lowers.size() + cuts->uppers.size() : 0;
  if (!cuts || loop.numPieces + numPieces > maxPieces)
    return emitLoop(loop.iterator, loop.bounds, form, [&](Form inner) {
      return inTiles(loop.tiles, [&] {
        return emitCases(loop.tiles, loop.otherwise, number, inner);
      });
    });
  loop.numPieces += numPieces;
  if (cuts->notNegative.empty())
    return emitPieces(loop, number, *cuts, form);
  Value holds = areNotNegative(cuts->notNegative);
  auto op = scf::IfOp::create(builder, loc, holds, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  if (Refusal refusal = emitPieces(loop, number, *cuts, form))
    return refusal;
  builder.setInsertionPointToStart(op.elseBlock());
  return emitTileLoop(loop, number + 1, form);
}

Refusal AstEmitter::emitPieces(const TileLoop &loop, unsigned number,
                               const Cuts &cuts, Form form) {
  TileLoop rest = loop;
  Bounds bounds = loop.bounds;
  for (AffineExpr lower : cuts.lowers) {
    rest.bounds = bounds;
    rest.bounds.uppers.push_back(lower);
    if (Refusal refusal = emitTileLoop(rest, number + 1, form))
      return refusal;
    bounds.lowers.push_back(lower);
  }
  Bounds within = bounds;
  llvm::append_range(within.uppers, cuts.uppers);
  const isl::ast_node &root = loop.tiles.cases[number].root;
  if (Refusal refusal = emitLoop(loop.iterator, within, form, [&](Form inner) {
        return inTiles(loop.tiles, [&] { return emitNode(root, inner); });
      }))
    return refusal;
  for (unsigned i = cuts.uppers.size(); i-- > 0;) {
    rest.bounds = bounds;
    rest.bounds.lowers.push_back(cuts.uppers[i]);
    for (unsigned j = 0; j < i; ++j)
      rest.bounds.uppers.push_back(cuts.uppers[j]);
    if (Refusal refusal = emitTileLoop(rest, number + 1, form))
      return refusal;
  }
  return std::nullopt;
}

} // namespace autotune
