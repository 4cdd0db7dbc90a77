//===- AstEmitter.cpp - isl ASTs as loops ---------------------------------===//

#include "AstEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/Support/SaveAndRestore.h"

#include <isl/ast.h>

using namespace mlir;

namespace autotune {

/// More statement copies than this would take seconds to compile.
static constexpr unsigned maxInstances = 2048;

AstEmitter::AstEmitter(OpBuilder &builder, const Scop &scop,
                       const GeneratedAst &ast, bool hasMasks)
    : builder(builder),
      loc(builder.getInsertionBlock()->getParentOp()->getLoc()), scop(scop),
      ast(ast), hasMasks(hasMasks), scope(builder.getContext()),
      statements(scop, scope), allocationBlock(builder.getInsertionBlock()) {}

Refusal AstEmitter::emit() {
  Refusal refusal = emitNode(ast.root, Form());
  freeBuffers({});
  return refusal;
}

void AstEmitter::freeBuffers(llvm::SmallVector<Value> outer) {
  for (Value buffer : buffers)
    memref::DeallocOp::create(builder, loc, buffer);
  buffers = std::move(outer);
}

Refusal AstEmitter::emitNode(const isl::ast_node &node, Form form) {
  switch (isl_ast_node_get_type(node.get())) {
  case isl_ast_node_for:
    return emitFor(node, form);
  case isl_ast_node_if:
    return emitIf(node, form);
  case isl_ast_node_block:
    return emitBlock(node, form);
  case isl_ast_node_mark:
    return emitMark(node, form);
  case isl_ast_node_user:
    return emitUser(node);
  default:
    return "the generated program has an unknown node";
  }
}

Refusal AstEmitter::emitBlock(const isl::ast_node &node, Form form) {
  isl::ast_node_list children =
      isl::manage(isl_ast_node_block_get_children(node.get()));
  for (unsigned i = 0; i < children.size(); ++i)
    if (Refusal refusal = emitNode(children.at(i), form))
      return refusal;
  return std::nullopt;
}

static int64_t numberAfter(llvm::StringRef label, llvm::StringRef prefix) {
  int64_t number = 0;
  label.drop_front(prefix.size()).getAsInteger(10, number);
  return number;
}

Refusal AstEmitter::emitMark(const isl::ast_node &node, Form form) {
  std::string name = isl::manage(isl_ast_node_mark_get_id(node.get())).name();
  llvm::StringRef label(name);
  isl::ast_node child = isl::manage(isl_ast_node_mark_get_node(node.get()));
  if (label.starts_with(mark::pack))
    return emitPack(packOf(ast, node), child, form);
  if (label.starts_with(tilesMark))
    return emitTiles(tilesOf(ast, node), child, form);
  if (label.starts_with(stridesMark))
    return emitStrided(label.drop_front(stridesMark.size()), child, form);
  if (label.starts_with(mark::prefetch))
    emitPrefetch(prefetchOf(ast, node));
  llvm::SaveAndRestore streams(statements.streams,
                               statements.streams ||
                                   label.starts_with(mark::stream));
  if (label.starts_with(mark::unroll))
    form.isUnrolled = true;
  else if (label.starts_with(mark::vectorize))
    form.vectorWidth = numberAfter(label, mark::vectorize);
  else if (label == mark::parallel)
    form.isParallel = true;
  else if (label == endMark)
    form = Form();
  return emitNode(child, form);
}

/// Emits a band; `label` is `depth,s,...`.
Refusal AstEmitter::emitStrided(llvm::StringRef label,
                                const isl::ast_node &child, Form form) {
  llvm::StringMap<int64_t> outer = strides;
  unsigned depth = 0;
  label.consumeInteger(10, depth);
  for (; label.consume_front(","); ++depth)
    label.consumeInteger(10, strides[std::to_string(depth)]);
  Refusal refusal = emitNode(child, form);
  strides = std::move(outer);
  return refusal;
}

//===--- statements -------------------------------------------------------===//

std::optional<AstEmitter::Instance>
AstEmitter::instanceOf(const isl::ast_node &node) {
  isl::ast_expr call = isl::manage(isl_ast_node_user_get_expr(node.get()));
  std::string name =
      isl::manage(isl_ast_expr_get_id(astArg(call, 0).get())).name();
  const Coordinates &coordinates = ast.coordinates.at(name);
  unsigned numPlaces = isl_set_dim(coordinates.places.get(), isl_dim_set);
  unsigned numArgs = isl_ast_expr_op_get_n_arg(call.get()) - 1;
  llvm::SmallVector<AffineExpr> place;
  for (unsigned depth = 0; depth < numPlaces - numArgs; ++depth)
    place.push_back(iterators.lookup(std::to_string(depth)));
  for (unsigned i = 1; i <= numArgs; ++i) {
    std::optional<AffineExpr> value = converter().convert(astArg(call, i));
    if (!value)
      return std::nullopt;
    place.push_back(*value);
  }
  Instance instance{&scop.statement(name), {}};
  for (unsigned i = 0; i < coordinates.counters.size(); ++i)
    instance.ivs.push_back(scope.simplify(
        affineExprOf(coordinates.counters.at(i), place, builder.getContext())));
  return instance;
}

Refusal AstEmitter::emitUser(const isl::ast_node &node) {
  if (++numInstances > maxInstances)
    return "unrolling would emit more than " + std::to_string(maxInstances) +
           " statements";
  std::optional<Instance> instance = instanceOf(node);
  if (!instance)
    return "a generated loop counter is not affine";
  if (lanes)
    statements.emitVector(builder, *instance->statement, instance->ivs, *lanes);
  else
    statements.emit(builder, *instance->statement, instance->ivs);
  return std::nullopt;
}

//===--- loops ------------------------------------------------------------===//

std::optional<AstEmitter::Bounds>
AstEmitter::boundsOf(const isl::ast_node &node) {
  isl::ast_expr init = isl::manage(isl_ast_node_for_get_init(node.get()));
  auto lowers = converter().convertBound(init, /*isMin=*/false);
  if (auto begin = begins.find(iteratorOf(node)); begin != begins.end())
    lowers = llvm::SmallVector<AffineExpr>{begin->second};
  if (!lowers)
    return std::nullopt;
  Bounds bounds{*lowers, {}, 1};
  if (isl_ast_node_for_is_degenerate(node.get()) == isl_bool_true) {
    bounds.uppers = {bounds.lowers.front() + 1};
    return lowers->size() == 1 ? std::optional<Bounds>(bounds) : std::nullopt;
  }
  isl::ast_expr test = isl::manage(isl_ast_node_for_get_cond(node.get()));
  isl::ast_expr step = isl::manage(isl_ast_node_for_get_inc(node.get()));
  auto uppers = converter().convertBound(astArg(test, 1), /*isMin=*/true);
  std::optional<AffineExpr> increment = converter().convert(step);
  if (!uppers || !increment)
    return std::nullopt;
  bool isInclusive = astOp(test) == isl_ast_expr_op_le;
  for (AffineExpr &upper : *uppers)
    upper = isInclusive ? upper + 1 : upper;
  bounds.uppers = *uppers;
  bounds.step = cast<AffineConstantExpr>(*increment).getValue();
  for (auto *exprs : {&bounds.lowers, &bounds.uppers})
    for (AffineExpr &expr : *exprs)
      expr = scope.simplify(expr);
  return bounds;
}

static std::optional<int64_t> onlyConstant(llvm::ArrayRef<AffineExpr> exprs,
                                           bool isMin) {
  std::optional<int64_t> result;
  for (AffineExpr expr : exprs) {
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    if (!constant)
      return std::nullopt;
    int64_t value = constant.getValue();
    result = !result ? value
             : isMin ? std::min(*result, value)
                     : std::max(*result, value);
  }
  return result;
}

/// Drops expressions that others imply.
static void
dropImplied(llvm::SmallVector<AffineExpr> &exprs,
            llvm::function_ref<bool(AffineExpr, AffineExpr)> isImpliedBy) {
  for (size_t i = exprs.size(); i-- > 0 && exprs.size() > 1;)
    for (size_t j = 0; j < exprs.size(); ++j)
      if (i != j && isImpliedBy(exprs[i], exprs[j])) {
        exprs.erase(exprs.begin() + i);
        break;
      }
}

/// The bounds of the loop that advances by `stride` where the other advances by
/// one.
AstEmitter::Bounds AstEmitter::scaledBounds(const Bounds &bounds,
                                            int64_t stride) const {
  Bounds scaled{{}, {}, bounds.step * stride};
  for (AffineExpr lower : bounds.lowers)
    scaled.lowers.push_back(scope.simplify(lower * stride));
  for (AffineExpr upper : bounds.uppers) {
    // Multiples of s are below s * floor(e / s) + s just when they are up to e.
    auto last = dyn_cast<AffineBinaryOpExpr>(upper - 1);
    bool isQuotient = last && last.getKind() == AffineExprKind::FloorDiv &&
                      last.getRHS() == stride;
    scaled.uppers.push_back(
        scope.simplify(isQuotient ? last.getLHS() + 1 : upper * stride));
  }
  dropImplied(scaled.lowers, [&](AffineExpr a, AffineExpr b) {
    return scope.isNotNegative(b - a);
  });
  dropImplied(scaled.uppers, [&](AffineExpr a, AffineExpr b) {
    return scope.isNotNegative(a - b);
  });
  return scaled;
}

DimRange AstEmitter::rangeOf(const Bounds &bounds) const {
  DimRange range;
  for (AffineExpr lower : bounds.lowers)
    if (std::optional<int64_t> value = scope.minimum(lower))
      range.min = range.min ? std::max(*range.min, *value) : *value;
  for (AffineExpr upper : bounds.uppers)
    if (std::optional<int64_t> value = scope.maximum(upper))
      range.max = range.max ? std::min(*range.max, *value - 1) : *value - 1;
  if (range.min && range.max &&
      onlyConstant(bounds.lowers, false)) // The last one reached.
    range.max =
        *range.min + (*range.max - *range.min) / bounds.step * bounds.step;
  if (bounds.lowers.size() == 1)
    range.multipleOf =
        std::gcd(bounds.step, scope.multipleOf(bounds.lowers.front()));
  return range;
}

std::string iteratorOf(const isl::ast_node &node) {
  isl::ast_expr iterator =
      isl::manage(isl_ast_node_for_get_iterator(node.get()));
  return isl::manage(isl_ast_expr_get_id(iterator.get())).name();
}

/// Whether unrolling leaves statements alone: no conditions, and no loops or
/// vectors of varying length. What varies is better kept short than unrolled.
bool AstEmitter::isStraight(const isl::ast_node &node) {
  switch (isl_ast_node_get_type(node.get())) {
  case isl_ast_node_user:
    return true;
  case isl_ast_node_mark: {
    isl::ast_node child = isl::manage(isl_ast_node_mark_get_node(node.get()));
    bool isEnd = isl::manage(isl_ast_node_mark_get_id(node.get())).name() ==
                 endMark.str();
    // Loops that are not unrolled may have any length.
    return (isEnd && isl_ast_node_get_type(child.get()) == isl_ast_node_for) ||
           isStraight(child);
  }
  case isl_ast_node_block: {
    isl::ast_node_list children =
        isl::manage(isl_ast_node_block_get_children(node.get()));
    for (unsigned i = 0; i < children.size(); ++i)
      if (!isStraight(children.at(i)))
        return false;
    return true;
  }
  case isl_ast_node_for: {
    std::optional<Bounds> bounds = boundsOf(node);
    bool isDegenerate = isl_ast_node_for_is_degenerate(node.get());
    if (!bounds || (!isDegenerate && (!onlyConstant(bounds->lowers, false) ||
                                      !onlyConstant(bounds->uppers, true))))
      return false;
    // Bounds of loops inside may vary with this one; its first value will do.
    std::string iterator = iteratorOf(node);
    AffineExpr outer = iterators.lookup(iterator);
    iterators[iterator] = bounds->lowers.front();
    bool isBodyStraight =
        isStraight(isl::manage(isl_ast_node_for_get_body(node.get())));
    iterators[iterator] = outer;
    return isBodyStraight;
  }
  default:
    return false;
  }
}

Refusal AstEmitter::emitFor(const isl::ast_node &node, Form form) {
  std::optional<Bounds> bounds = boundsOf(node);
  if (!bounds)
    return emitFromLeast(node, form);
  std::string iterator = iteratorOf(node);
  if (lanes)
    return "a loop inside a vector";
  if (form.vectorWidth > 0)
    return isMasking
               ? emitMaskedVector(node, iterator, *bounds, form.vectorWidth)
               : emitVector(node, iterator, *bounds, form.vectorWidth);
  isl::ast_node body = isl::manage(isl_ast_node_for_get_body(node.get()));
  if (isl_ast_node_for_is_degenerate(node.get()) == isl_bool_true)
    return emitScope(body, iterator, bounds->lowers.front(), form);
  if (form.isUnrolled && isStraight(node))
    return emitUnrolled(body, iterator, *bounds, form);
  if (form.isUnrolled && (isMasking || isMaskedTile(node, form)))
    return emitMaskedTile(node, form);
  return emitLoop(body, iterator, *bounds, form);
}

Refusal AstEmitter::emitScope(const isl::ast_node &body,
                              llvm::StringRef iterator, AffineExpr value,
                              Form form) {
  AffineExpr outer = iterators.lookup(iterator);
  iterators[iterator] = value;
  Refusal refusal = emitNode(body, form);
  iterators[iterator] = outer;
  return refusal;
}

Refusal AstEmitter::emitUnrolled(const isl::ast_node &body,
                                 llvm::StringRef iterator, const Bounds &bounds,
                                 Form form) {
  int64_t begin = *onlyConstant(bounds.lowers, false),
          end = *onlyConstant(bounds.uppers, true);
  for (int64_t i = begin; i < end; i += bounds.step)
    if (Refusal refusal =
            emitScope(body, iterator,
                      getAffineConstantExpr(i, builder.getContext()), form))
      return refusal;
  return std::nullopt;
}

Refusal AstEmitter::emitLoop(const isl::ast_node &body,
                             llvm::StringRef iterator, const Bounds &bounds,
                             Form form) {
  bool areTiles =
      isl_ast_node_get_type(body.get()) == isl_ast_node_mark &&
      llvm::StringRef(isl::manage(isl_ast_node_mark_get_id(body.get())).name())
          .starts_with(tilesMark);
  if (areTiles && !form.isParallel)
    return emitTileLoop({iterator, bounds, tilesOf(ast, body),
                         isl::manage(isl_ast_node_mark_get_node(body.get()))},
                        0, form);
  return emitLoop(iterator, bounds, form,
                  [&](Form inner) { return emitNode(body, inner); });
}

Refusal AstEmitter::emitLoop(llvm::StringRef iterator, const Bounds &counted,
                             Form form,
                             llvm::function_ref<Refusal(Form)> emitBody) {
  int64_t stride = strides.contains(iterator) ? strides.lookup(iterator) : 1;
  Bounds bounds = scaledBounds(counted, stride);
  for (AffineExpr lower : bounds.lowers)
    for (AffineExpr upper : bounds.uppers)
      if (scope.isNotNegative(lower - upper))
        return std::nullopt; // The loop is empty.
  AffineValues lower(scope, bounds.lowers), upper(scope, bounds.uppers);
  OpBuilder::InsertionGuard guard(builder);
  Block *outerAllocations = allocationBlock;
  llvm::SmallVector<Value> outerBuffers;
  Value iv;
  bool isParallel = std::exchange(form.isParallel, false);
  if (isParallel) {
    auto loop = affine::AffineParallelOp::create(
        builder, loc, TypeRange(), llvm::ArrayRef<arith::AtomicRMWKind>(),
        llvm::ArrayRef<AffineMap>(lower.map), lower.operands,
        llvm::ArrayRef<AffineMap>(upper.map), upper.operands,
        llvm::ArrayRef<int64_t>(bounds.step));
    iv = loop.getIVs().front();
    allocationBlock = loop.getBody();
    outerBuffers = std::move(buffers);
    buffers.clear();
    builder.setInsertionPointToStart(loop.getBody());
  } else {
    auto loop =
        affine::AffineForOp::create(builder, loc, lower.operands, lower.map,
                                    upper.operands, upper.map, bounds.step);
    iv = loop.getInductionVar();
    builder.setInsertionPointToStart(loop.getBody());
  }
  DimRange range = rangeOf(bounds);
  range.multipleOf = std::lcm(range.multipleOf, stride);
  if (range.max)
    range.max = llvm::divideFloorSigned(*range.max, range.multipleOf) *
                range.multipleOf;
  AffineExpr value = scope.push(iv, range, bounds.lowers, bounds.uppers);
  AffineExpr outer = std::exchange(iterators[iterator], value.floorDiv(stride));
  Refusal refusal = emitBody(form);
  iterators[iterator] = outer;
  scope.pop();
  allocationBlock = outerAllocations;
  if (isParallel)
    freeBuffers(std::move(outerBuffers));
  return refusal;
}

//===--- vectors ----------------------------------------------------------===//

/// Lanes from max(lowers) to min(uppers).
Value AstEmitter::laneMask(const Bounds &bounds, int64_t width) {
  auto type = VectorType::get(width, builder.getI1Type());
  std::optional<int64_t> low = onlyConstant(bounds.lowers, false);
  std::optional<int64_t> high = onlyConstant(bounds.uppers, true);
  if (low && high) {
    llvm::SmallVector<bool> bits;
    for (int64_t lane = 0; lane < width; ++lane)
      bits.push_back(lane >= *low && lane < *high);
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, bits));
  }
  AffineValues lower(scope, bounds.lowers), upper(scope, bounds.uppers);
  Value end =
      affine::AffineMinOp::create(builder, loc, upper.map, upper.operands);
  Value below = vector::CreateMaskOp::create(builder, loc, type, end);
  if (low && *low <= 0)
    return below;
  Value begin =
      affine::AffineMaxOp::create(builder, loc, lower.map, lower.operands);
  Value before = vector::CreateMaskOp::create(builder, loc, type, begin);
  return arith::AndIOp::create(
      builder, loc, below,
      arith::XOrIOp::create(
          builder, loc, before,
          arith::ConstantOp::create(builder, loc,
                                    DenseElementsAttr::get(type, true))));
}

/// Whether the body is one statement whose accesses have vector forms.
bool AstEmitter::isVectorBody(const isl::ast_node &body,
                              llvm::StringRef iterator, int64_t width) {
  isl::ast_node user = body;
  if (isl_ast_node_get_type(body.get()) == isl_ast_node_mark)
    user = isl::manage(isl_ast_node_mark_get_node(body.get()));
  if (isl_ast_node_get_type(user.get()) != isl_ast_node_user)
    return false;
  AffineExpr lane = scope.push(Value(), {0, width - 1, 1});
  AffineExpr outer = iterators.lookup(iterator);
  iterators[iterator] = lane;
  std::optional<Instance> instance = instanceOf(user);
  Lanes all{scope.size() - 1, width, Value()};
  bool isVector = instance && statements.hasVectorPlaces(*instance->statement,
                                                         instance->ivs, all);
  iterators[iterator] = outer;
  scope.pop();
  return isVector;
}

Refusal AstEmitter::emitVector(const isl::ast_node &node,
                               llvm::StringRef iterator, const Bounds &bounds,
                               int64_t width) {
  isl::ast_node body = isl::manage(isl_ast_node_for_get_body(node.get()));
  if (isl_ast_node_for_is_degenerate(node.get()) == isl_bool_true)
    return emitScope(body, iterator, bounds.lowers.front(), Form());
  if (bounds.step != 1 || !isVectorBody(body, iterator, width))
    return emitLoop(body, iterator, bounds, Form());
  if (!hasMasks && areLanesChanging(bounds))
    return emitWholeOrLanes(body, iterator, bounds, width);
  std::optional<int64_t> low = onlyConstant(bounds.lowers, false);
  std::optional<int64_t> high = onlyConstant(bounds.uppers, true);
  bool isFull = low == 0 && high == width;
  if (low && high && !isFull && isBetterInParts(body, iterator, *low, *high))
    return emitInParts(body, iterator, *low, *high);
  OpBuilder::InsertionGuard guard(builder);
  if (!low || !high) {
    // An empty strip must not touch memory, not even with its uniform loads.
    AffineValues lower(scope, bounds.lowers), upper(scope, bounds.uppers);
    Value begin =
        affine::AffineMaxOp::create(builder, loc, lower.map, lower.operands);
    Value end =
        affine::AffineMinOp::create(builder, loc, upper.map, upper.operands);
    Value holds = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                        begin, end);
    auto op = scf::IfOp::create(builder, loc, holds, /*withElseRegion=*/false);
    builder.setInsertionPointToStart(op.thenBlock());
  }
  Value mask = isFull ? Value() : laneMask(bounds, width);
  AffineExpr lane = scope.push(Value(), {0, width - 1, 1});
  lanes = Lanes{scope.size() - 1, width, mask};
  Refusal refusal = emitScope(body, iterator, lane, Form());
  lanes.reset();
  scope.pop();
  return refusal;
}

} // namespace autotune
