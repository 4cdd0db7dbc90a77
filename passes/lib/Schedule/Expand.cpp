//===- Expand.cpp - A temporary of its own for every iteration ------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_EXPAND
#include "autotune/SchedulePasses.h.inc"

namespace {

/// The iterations of a loop as places in memory.
struct Iterations {
  isl::union_pw_aff member;
  long first, stride, count;
};

} // namespace

/// Adds the iteration as the outermost subscript: outside of the loop the last
/// one, whose values are there when the loop is done.
static Refusal addRedirection(const Statement &statement, Operation *op,
                              const Iterations &loop, bool isInside,
                              MemoryChange &change) {
  for (const MemoryChange::Redirection &other : change.redirections)
    if (other.op == op)
      return "two statements share a load of the array";
  if (op->getBlock() != statement.root->getBlock())
    return statement.name + " has a load outside of its loops";
  AffineExpr last = getAffineConstantExpr(
      loop.first + (loop.count - 1) * loop.stride, op->getContext());
  AffineExpr value = isInside ? memberExpr(loop.member, statement) : last;
  if (!value)
    return "the loop's counter has no simple form in " + statement.name;
  llvm::SmallVector<AffineExpr> subscripts{
      (value - loop.first).floorDiv(loop.stride)};
  AffineMap map = *accessMap(op, statement);
  llvm::append_range(subscripts, map.getResults());
  change.redirections.push_back(
      {&statement, op,
       AffineMap::get(map.getNumDims(), 0, subscripts, map.getContext())});
  return std::nullopt;
}

/// Whether no element is used in two iterations.
static bool isSeparated(const Scop &scop, unsigned array,
                        const isl::union_map &iterations) {
  isl::union_map users(iterations.ctx(), "{ }");
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array)
        users = users.unite(isl::union_map(access.relation).reverse());
  return users.apply_range(iterations).is_single_valued();
}

Refusal expand(Model &model, unsigned number, unsigned position, unsigned array,
               MemoryChange &change) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return refusal;
  if (Refusal visible = findVisibleUse(model.scop, array))
    return visible;
  if (containsMark(model.tree, (mark::pack + llvm::Twine(array) + ",").str()))
    return "the array is packed";
  if (isStreamed(model.tree, array))
    return "the array is streamed";
  const Tree &band = *location->node;
  const isl::union_pw_aff &member = band.members[position];
  std::optional<Range> range = memberRange(member, band.domain);
  if (!range || range->extent() < 2)
    return "the loop has no bounds, or one iteration";
  long stride = memberStride(member, band.domain);
  Iterations loop{member, range->min, stride,
                  (range->extent() - 1) / stride + 1};
  change.array = array;
  change.shape = {loop.count};
  llvm::append_range(
      change.shape,
      cast<MemRefType>(model.scop.arrays[array].getType()).getShape());
  if (int64_t bytes = bufferBytes(model.scop, array, change.shape);
      bytes > maxBufferBytes)
    return "the buffer would take " + std::to_string(bytes) + " bytes";
  for (const Statement &statement : model.scop.statements)
    for (const Access &access : statement.accesses) {
      if (access.array != array)
        continue;
      bool isInside = isl::union_set(statement.domain).is_subset(band.domain);
      if (!isInside && access.isWrite)
        return statement.name + " fills the array outside of the loop";
      if (Refusal reason =
              addRedirection(statement, access.op, loop, isInside, change))
        return reason;
    }
  if (isSeparated(model.scop, array, placesOf(member, band.domain)))
    return "every iteration has its own elements already";
  return redirectModel(model, change,
                       computeFlow(model.scop, model.tree, array));
}

namespace {
struct ExpandPass : impl::ExpandBase<ExpandPass> {
  using ExpandBase::ExpandBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(transformMemory(function, [&](Model &model) -> Refusal {
          MemoryChange change;
          if (Refusal refusal = expand(model, band, member, array, change))
            return refusal;
          replaceArray(function, model.scop, change);
          return std::nullopt;
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
