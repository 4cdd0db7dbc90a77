//===- Contract.cpp - Shrink a temporary to what is in use at once --------===//
//
// Successive modulo folding (Lefebvre and Feautrier, Automatic storage
// management for parallel programs, 1998).
//
//===----------------------------------------------------------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/map.h>
#include <isl/schedule.h>
#include <isl/set.h>
#include <isl/union_map.h>

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_CONTRACT
#include "autotune/SchedulePasses.h.inc"

/// Instance -> what of the array it writes.
static isl::union_map writesTo(const Scop &scop, unsigned array) {
  isl::union_map writes(scop.originalOrder.domain.ctx(), "{ }");
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && access.isWrite)
        writes = writes.unite(isl::union_map(access.relation));
  return writes;
}

/// Distances between elements that hold values which are needed at one time;
/// null where there are none.
static isl::set conflictingDistances(const Model &model, unsigned array,
                                     const isl::union_map &flow) {
  isl::union_map writes = writesTo(model.scop, array);
  isl::schedule order = scheduleFromTree(model.tree);
  isl::union_map times = isl::manage(isl_schedule_get_map(order.get()));
  isl::union_map earlier =
      isl::manage(isl_union_map_lex_lt_union_map(times.copy(), times.copy()));
  isl::union_set writers = writes.domain();
  isl::union_map uses =
      flow.unite(isl::manage(isl_union_set_identity(writers.copy())));
  // Write -> the writes of values that are still used after it.
  isl::union_map beforeUse =
      earlier.intersect_domain(writers).apply_range(uses.reverse());
  isl::union_map together = beforeUse.intersect(beforeUse.reverse());
  isl::union_map elements =
      writes.reverse().apply_range(together).apply_range(writes);
  if (elements.is_empty())
    return isl::set();
  return isl::manage(isl_map_deltas(elements.as_map().release()));
}

/// How many neighbours along each dimension are to be kept apart.
static llvm::SmallVector<int64_t> windowsOf(isl::set distances,
                                            llvm::ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t> windows;
  for (unsigned dim = 0; dim < shape.size(); ++dim) {
    int64_t most = 0;
    if (!distances.is_null() && !distances.is_empty())
      most = distances.dim_max_val(dim).num_si();
    // Powers of two make cheap remainders.
    windows.push_back(
        std::min<int64_t>(shape[dim], llvm::PowerOf2Ceil(most + 1)));
    if (!distances.is_null())
      distances =
          isl::manage(isl_set_fix_si(distances.release(), isl_dim_set, dim, 0));
  }
  return windows;
}

static AffineMap folded(AffineMap map, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> windows) {
  llvm::SmallVector<AffineExpr> subscripts;
  for (auto [expr, size, window] : llvm::zip(map.getResults(), shape, windows))
    subscripts.push_back(window < size ? expr % window : expr);
  return AffineMap::get(map.getNumDims(), 0, subscripts, map.getContext());
}

Refusal contract(Model &model, unsigned array, MemoryChange &change) {
  if (Refusal refusal = findVisibleUse(model.scop, array))
    return refusal;
  if (containsMark(model.tree, (mark::pack + llvm::Twine(array) + ",").str()))
    return "the array is packed";
  if (isStreamed(model.tree, array))
    return "the array is streamed";
  auto shape = cast<MemRefType>(model.scop.arrays[array].getType()).getShape();
  change.array = array;
  isl::union_map flow = computeFlow(model.scop, model.tree, array);
  change.shape = windowsOf(conflictingDistances(model, array, flow), shape);
  for (const Statement &statement : model.scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && accessWidth(access.op) > 1)
        change.shape.back() = shape.back();
  if (llvm::ArrayRef<int64_t>(change.shape) == shape)
    return "all of the array is in use at once";
  for (const Statement &statement : model.scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array)
        change.redirections.push_back(
            {&statement, access.op,
             folded(*accessMap(access.op, statement), shape, change.shape)});
  return redirectModel(model, change, flow);
}

namespace {
struct ContractPass : impl::ContractBase<ContractPass> {
  using ContractBase::ContractBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(transformMemory(function, [&](Model &model) -> Refusal {
          MemoryChange change;
          if (Refusal refusal = contract(model, array, change))
            return refusal;
          replaceArray(function, model.scop, change);
          return std::nullopt;
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
