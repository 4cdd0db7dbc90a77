//===- MemoryChange.cpp - Rewrites of where values are kept ---------------===//

#include "MemoryChange.h"
#include "Legality.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {

/// The accesses of statements that have instances.
static llvm::SmallPtrSet<Operation *, 16> accessesOf(const Scop &scop,
                                                     unsigned array) {
  llvm::SmallPtrSet<Operation *, 16> found;
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array)
        found.insert(access.op);
  return found;
}

Refusal findVisibleUse(const Scop &scop, unsigned array) {
  if (array >= scop.arrays.size())
    return "there is no array " + std::to_string(array);
  Value buffer = scop.arrays[array];
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return "the array is visible outside the workload";
  llvm::SmallPtrSet<Operation *, 16> known = accessesOf(scop, array);
  for (Operation *user : buffer.getUsers()) {
    if (isa<memref::DeallocOp>(user))
      continue;
    if (!isa<affine::AffineReadOpInterface, affine::AffineWriteOpInterface>(
            user))
      return "the array has accesses whose place is not known";
    if (!known.contains(user))
      return "the array has accesses that never run";
  }
  return std::nullopt;
}

Refusal redirectModel(Model &model, const MemoryChange &change,
                      const isl::union_map &flow) {
  for (const auto &[statement, op, map] : change.redirections)
    for (Statement &changed : model.scop.statements)
      for (Access &access : changed.accesses)
        if (changed.name == statement->name && access.op == op)
          access.relation = accessRelation(changed.domain, change.array, map,
                                           accessWidth(op));
  if (!flow.is_equal(computeFlow(model.scop, model.tree, change.array)))
    return "a value would not reach all its uses";
  // What the array's elements make instances wait for is taken from the tree's
  // own order; all else was legal before.
  if (!containsMark(model.tree, mark::parallel) &&
      !containsMark(model.tree, mark::vectorize))
    return std::nullopt;
  Dependences made(computeDependences(model.scop, model.tree, change.array));
  return findViolation(model.tree, ActiveDependences(made));
}

/// Puts an access with other subscripts to `buffer` in the place of `op`.
static void redirect(Operation *op, Value buffer, AffineMap map,
                     ValueRange counters) {
  llvm::SmallVector<Value> operands(counters);
  affine::canonicalizeMapAndOperands(&map, &operands);
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Operation *moved;
  if (isa<affine::AffineLoadOp>(op))
    moved = affine::AffineLoadOp::create(builder, loc, buffer, map, operands);
  else if (auto row = dyn_cast<affine::AffineVectorLoadOp>(op))
    moved = affine::AffineVectorLoadOp::create(
        builder, loc, row.getVectorType(), buffer, map, operands);
  else if (auto store = dyn_cast<affine::AffineStoreOp>(op))
    moved = affine::AffineStoreOp::create(builder, loc, store.getValueToStore(),
                                          buffer, map, operands);
  else
    moved = affine::AffineVectorStoreOp::create(
        builder, loc, cast<affine::AffineVectorStoreOp>(op).getValueToStore(),
        buffer, map, operands);
  moved->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op->replaceAllUsesWith(moved);
  op->erase();
}

static Value allocate(OpBuilder &builder, const Scop &scop,
                      const MemoryChange &change) {
  Value old = scop.arrays[change.array];
  Type element = cast<MemRefType>(old.getType()).getElementType();
  return memref::AllocOp::create(builder, old.getLoc(),
                                 MemRefType::get(change.shape, element),
                                 builder.getI64IntegerAttr(64));
}

static void redirectAll(const MemoryChange &change, Value buffer) {
  llvm::SmallPtrSet<Operation *, 8> done;
  for (const auto &[statement, op, map] : change.redirections)
    if (done.insert(op).second)
      redirect(op, buffer, map, statement->ivs);
}

Value redirectBody(func::FuncOp function, const Scop &scop,
                   const MemoryChange &change) {
  Block &body = function.getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&body);
  for (Operation &op : body)
    if (isa<memref::AllocOp, memref::AllocaOp, memref::GetGlobalOp>(op))
      builder.setInsertionPointAfter(&op);
  Value buffer = allocate(builder, scop, change);
  builder.setInsertionPoint(body.getTerminator());
  memref::DeallocOp::create(builder, function.getLoc(), buffer);
  redirectAll(change, buffer);
  return buffer;
}

void replaceArray(func::FuncOp function, const Scop &scop,
                  const MemoryChange &change) {
  Operation *old = scop.arrays[change.array].getDefiningOp();
  OpBuilder builder(old);
  Value buffer = allocate(builder, scop, change);
  redirectAll(change, buffer);
  old->replaceAllUsesWith(ValueRange(buffer));
  old->erase();
}

/// An affine function without divisions.
static AffineExpr linearExpr(const isl::aff &value, MLIRContext *context) {
  AffineExpr sum =
      getAffineConstantExpr(value.constant_val().num_si(), context);
  for (int i = 0, n = isl_aff_dim(value.get(), isl_dim_in); i < n; ++i) {
    isl::val factor =
        isl::manage(isl_aff_get_coefficient_val(value.get(), isl_dim_in, i));
    sum = sum + getAffineDimExpr(i, context) * factor.num_si();
  }
  return sum;
}

static AffineExpr formExpr(const MemberFormRef &form, MLIRContext *context) {
  if (form->kind == MemberForm::Kind::Affine)
    return linearExpr(form->value, context);
  AffineExpr base = formExpr(form->base, context);
  return form->kind == MemberForm::Kind::Point
             ? base % form->size
             : base.floorDiv(form->size) * form->size;
}

AffineExpr memberExpr(const isl::union_pw_aff &member,
                      const Statement &statement) {
  MemberFormRef form = formAt(member, statement.domain.space());
  return form ? formExpr(form, statement.root->getContext()) : AffineExpr();
}

int64_t bufferBytes(const Scop &scop, unsigned array,
                    llvm::ArrayRef<int64_t> shape) {
  int64_t bytes = std::max(1u, scop.elementBits(array) / 8);
  for (int64_t size : shape)
    bytes *= size;
  return bytes;
}

} // namespace autotune
