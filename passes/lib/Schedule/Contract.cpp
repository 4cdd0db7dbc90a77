//===- Contract.cpp - Shrink a temporary to what is in use at once --------===//
//
// Successive modulo folding (Lefebvre and Feautrier, Automatic storage
// management for parallel programs, 1998).
//
//===----------------------------------------------------------------------===//

#include "Quota.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>
#include <isl/ilp.h>
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

/// Bounds the work for one array: of many tiles it may take a minute, and is
/// asked for in every state of a search.
static constexpr unsigned long maxOperations = 2'000'000;

/// Pairs of elements that hold values which are needed at one time; null where
/// there are none.
static isl::map conflicts(const Model &model, unsigned array,
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
    return isl::map();
  return elements.as_map();
}

/// How far the second element of a pair is from the first along a dimension, at
/// most.
static int64_t furthest(const isl::map &pairs, unsigned dim) {
  isl::space space = pairs.space();
  isl::aff first = isl::multi_aff::domain_map(space).at(dim);
  isl::aff second = isl::multi_aff::range_map(space).at(dim);
  return isl::manage(
             isl_set_max_val(pairs.wrap().get(), second.sub(first).get()))
      .num_si();
}

/// How many neighbours along each dimension are to be kept apart.
static llvm::SmallVector<int64_t> windowsOf(isl::map pairs,
                                            llvm::ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t> windows;
  for (unsigned dim = 0; dim < shape.size(); ++dim) {
    int64_t most = 0;
    if (!pairs.is_null() && !pairs.is_empty())
      most = furthest(pairs, dim);
    // Powers of two make cheap remainders.
    windows.push_back(
        std::min<int64_t>(shape[dim], llvm::PowerOf2Ceil(most + 1)));
    if (!pairs.is_null())
      pairs = isl::manage(
          isl_map_equate(pairs.release(), isl_dim_in, dim, isl_dim_out, dim));
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
  Quota quota(model.tree.domain.ctx().get(), maxOperations);
  isl::union_map flow = computeFlow(model.scop, model.tree, array);
  change.shape = windowsOf(conflicts(model, array, flow), shape);
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
