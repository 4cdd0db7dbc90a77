//===- AstMasked.cpp - Register tiles with masks --------------------------===//
//
// Along a diagonal a register tile lacks some of its vectors' lanes, other ones
// in every row. Where these do not change while a reduction runs, the whole
// tile is computed, and only what belongs to it is stored: the accumulators
// stay in registers, and no condition stands between the operations.
//
//===----------------------------------------------------------------------===//

#include "AstEmitter.h"

#include <isl/ast.h>

using namespace mlir;

namespace autotune {

/// More vectors than this do not fit in registers.
static constexpr unsigned maxMaskedVectors = 32;

/// What is in a mark or a loop.
static isl::ast_node childOf(const isl::ast_node &node) {
  if (isl_ast_node_get_type(node.get()) == isl_ast_node_mark)
    return isl::manage(isl_ast_node_mark_get_node(node.get()));
  return isl::manage(isl_ast_node_for_get_body(node.get()));
}

/// The statement in nothing but loops; nothing where there is more.
static std::optional<std::string> statementIn(isl::ast_node node) {
  while (isl_ast_node_get_type(node.get()) != isl_ast_node_user) {
    if (isl_ast_node_get_type(node.get()) != isl_ast_node_for &&
        isl_ast_node_get_type(node.get()) != isl_ast_node_mark)
      return std::nullopt;
    node = childOf(node);
  }
  isl::ast_expr call = isl::manage(isl_ast_node_user_get_expr(node.get()));
  return isl::manage(isl_ast_expr_get_id(astArg(call, 0).get())).name();
}

DimRange AstEmitter::placesOf(const isl::ast_node &node) {
  unsigned depth = 0;
  llvm::StringRef(iteratorOf(node)).getAsInteger(10, depth);
  DimRange range;
  std::optional<std::string> statement = statementIn(node);
  if (!statement)
    return range;
  const isl::set &places = ast.coordinates.at(*statement).places;
  isl::val least = places.dim_min_val(depth), most = places.dim_max_val(depth);
  if (least.is_int() && most.is_int()) {
    range.min = least.num_si();
    range.max = most.num_si();
  }
  return range;
}

bool AstEmitter::addGuards(const Bounds &bounds, int64_t value) {
  AffineExpr self = getAffineConstantExpr(value, builder.getContext());
  auto add = [&](AffineExpr notNegative) {
    notNegative = scope.simplify(notNegative);
    if (scope.isNotNegative(notNegative))
      return true;
    guards.push_back(notNegative);
    std::optional<int64_t> most = scope.maximum(notNegative);
    return !most || *most >= 0;
  };
  bool mayRun = true;
  for (AffineExpr lower : bounds.lowers)
    mayRun &= add(self - lower);
  for (AffineExpr upper : bounds.uppers)
    mayRun &= add(upper - 1 - self);
  return mayRun;
}

Refusal AstEmitter::inMaskedCopies(
    const isl::ast_node &node, const Bounds &bounds,
    llvm::function_ref<Refusal(const isl::ast_node &)> emit) {
  DimRange range = placesOf(node);
  std::string iterator = iteratorOf(node);
  AffineExpr outer = iterators.lookup(iterator);
  size_t numGuards = guards.size();
  Refusal refusal;
  for (int64_t i = *range.min; i <= *range.max && !refusal; ++i) {
    iterators[iterator] = getAffineConstantExpr(i, builder.getContext());
    if (addGuards(bounds, i))
      refusal = emit(childOf(node));
    guards.truncate(numGuards);
  }
  iterators[iterator] = outer;
  return refusal;
}

AstEmitter::Bounds AstEmitter::guarded(Bounds bounds, int64_t width) const {
  for (AffineExpr guard : guards)
    bounds.uppers.push_back(scope.simplify((guard + 1) * width));
  return bounds;
}

bool AstEmitter::areLanesChanging(const Bounds &bounds) const {
  auto varies = [&](AffineExpr bound) {
    return scope.size() > 0 && bound.isFunctionOfDim(scope.size() - 1);
  };
  return llvm::any_of(bounds.lowers, varies) ||
         llvm::any_of(bounds.uppers, varies);
}

bool AstEmitter::isMaskableVector(const isl::ast_node &node, Bounds bounds,
                                  int64_t width) {
  unsigned innermost = scope.size() - 1;
  isl::ast_node body = childOf(node);
  std::string iterator = iteratorOf(node);
  bounds = guarded(bounds, width);
  if (bounds.step != 1 || areLanesChanging(bounds) ||
      !isVectorBody(body, iterator, width))
    return false;
  if (isl_ast_node_get_type(body.get()) == isl_ast_node_mark)
    body = childOf(body);
  AffineExpr lane = scope.push(Value(), {0, width - 1, 1});
  AffineExpr outer = std::exchange(iterators[iterator], lane);
  std::optional<Instance> instance = instanceOf(body);
  bool isMaskable =
      instance &&
      statements.mayReadAll(*instance->statement, instance->ivs,
                            Lanes{innermost + 1, width, Value()}, innermost);
  iterators[iterator] = outer;
  scope.pop();
  return isMaskable;
}

bool AstEmitter::isMaskable(const isl::ast_node &node, Form form,
                            unsigned &numVectors) {
  isl_ast_node_type type = isl_ast_node_get_type(node.get());
  if (type == isl_ast_node_mark) {
    std::string name = isl::manage(isl_ast_node_mark_get_id(node.get())).name();
    llvm::StringRef label(name);
    if (label.consume_front(mark::vectorize))
      label.getAsInteger(10, form.vectorWidth);
    else if (label == endMark)
      form = Form();
    else if (label.starts_with(mark::unroll))
      form.isUnrolled = true;
    else if (!label.starts_with(stridesMark) &&
             !label.starts_with(mark::stream))
      return false;
    return isMaskable(childOf(node), form, numVectors);
  }
  if (type != isl_ast_node_for)
    return false;
  std::optional<Bounds> bounds = boundsOf(node);
  if (!bounds || bounds->step != 1 ||
      isl_ast_node_for_is_degenerate(node.get()))
    return false;
  if (form.vectorWidth > 0)
    return ++numVectors <= maxMaskedVectors &&
           isMaskableVector(node, *bounds, form.vectorWidth);
  DimRange range = placesOf(node);
  if (!form.isUnrolled || !range.min || !range.max ||
      *range.max - *range.min >= maxMaskedVectors)
    return false;
  Refusal refusal =
      inMaskedCopies(node, *bounds, [&](const isl::ast_node &body) -> Refusal {
        if (isMaskable(body, form, numVectors))
          return std::nullopt;
        return "a copy has no mask";
      });
  return !refusal;
}

bool AstEmitter::isMaskedTile(const isl::ast_node &node, Form form) {
  // Masks are made before the innermost loop, so that it may keep in registers
  // what they select.
  unsigned numVectors = 0;
  return scope.size() > 0 && guards.empty() &&
         isa<affine::AffineForOp>(builder.getInsertionBlock()->getParentOp()) &&
         isMaskable(node, form, numVectors);
}

Refusal AstEmitter::emitMaskedTile(const isl::ast_node &node, Form form) {
  std::optional<Bounds> bounds = boundsOf(node);
  bool isOutermost = !std::exchange(isMasking, true);
  Refusal refusal =
      inMaskedCopies(node, *bounds, [&](const isl::ast_node &body) {
        return emitNode(body, form);
      });
  isMasking = !isOutermost;
  return refusal;
}

Refusal AstEmitter::emitMaskedVector(const isl::ast_node &node,
                                     llvm::StringRef iterator,
                                     const Bounds &bounds, int64_t width) {
  Value mask;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(builder.getInsertionBlock()->getParentOp());
    mask = laneMask(guarded(bounds, width), width);
  }
  AffineExpr lane = scope.push(Value(), {0, width - 1, 1});
  lanes = Lanes{scope.size() - 1, width, mask, /*readsAll=*/true};
  Refusal refusal = emitScope(childOf(node), iterator, lane, Form());
  lanes.reset();
  scope.pop();
  return refusal;
}

} // namespace autotune
