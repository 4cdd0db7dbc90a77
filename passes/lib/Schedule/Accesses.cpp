//===- Accesses.cpp - Affine accesses of either kind ----------------------===//

#include "Accesses.h"
#include "IslAffine.h"

#include <isl/constraint.h>
#include <isl/map.h>

using namespace mlir;

namespace autotune {

AffineMap composedMap(AffineMap map, ValueRange operands,
                      llvm::SmallVectorImpl<Value> &values) {
  values.assign(operands.begin(), operands.end());
  affine::fullyComposeAffineMapAndOperands(&map, &values);
  affine::canonicalizeMapAndOperands(&map, &values);
  return map;
}

isl::id arrayId(isl::ctx ctx, unsigned number) {
  return isl::id(ctx, "A" + std::to_string(number));
}

std::optional<AffineAccess> affineAccessOf(Operation *op) {
  if (auto load = dyn_cast<affine::AffineLoadOp>(op))
    return AffineAccess{load.getMemRef(), load.getAffineMap(),
                        load.getMapOperands(), false, 1};
  if (auto store = dyn_cast<affine::AffineStoreOp>(op))
    return AffineAccess{store.getMemRef(), store.getAffineMap(),
                        store.getMapOperands(), true, 1};
  if (auto load = dyn_cast<affine::AffineVectorLoadOp>(op))
    return AffineAccess{load.getMemRef(), load.getAffineMap(),
                        load.getMapOperands(), false,
                        load.getVectorType().getNumElements()};
  if (auto store = dyn_cast<affine::AffineVectorStoreOp>(op))
    return AffineAccess{store.getMemRef(), store.getAffineMap(),
                        store.getMapOperands(), true,
                        store.getVectorType().getNumElements()};
  return std::nullopt;
}

int64_t accessWidth(Operation *op) { return affineAccessOf(op)->width; }

std::optional<AffineMap> accessMap(Operation *op, const Statement &statement) {
  std::optional<AffineAccess> access = affineAccessOf(op);
  if (!access)
    return std::nullopt;
  llvm::SmallVector<Value> values;
  AffineMap map = composedMap(access->map, access->operands, values);
  llvm::SmallVector<AffineExpr> counters;
  for (Value value : values) {
    auto counter = llvm::find(statement.ivs, value);
    if (counter == statement.ivs.end())
      return std::nullopt;
    counters.push_back(
        getAffineDimExpr(counter - statement.ivs.begin(), op->getContext()));
  }
  llvm::ArrayRef<AffineExpr> all(counters);
  return map.replaceDimsAndSymbols(all.take_front(map.getNumDims()),
                                   all.drop_front(map.getNumDims()),
                                   statement.ivs.size(), 0);
}

/// Element -> the `width` elements from there on.
static isl::map rowsFrom(const isl::space &array, int64_t width) {
  isl_map *row = isl_map_universe(array.map_from_set().release());
  int last = isl_map_dim(row, isl_dim_out) - 1;
  for (int dim = 0; dim < last; ++dim)
    row = isl_map_equate(row, isl_dim_in, dim, isl_dim_out, dim);
  isl_local_space *space = isl_local_space_from_space(isl_map_get_space(row));
  auto addBound = [&](int sign, int64_t constant) {
    isl_constraint *bound =
        isl_constraint_alloc_inequality(isl_local_space_copy(space));
    bound = isl_constraint_set_coefficient_si(bound, isl_dim_out, last, sign);
    bound = isl_constraint_set_coefficient_si(bound, isl_dim_in, last, -sign);
    bound = isl_constraint_set_constant_si(bound, constant);
    row = isl_map_add_constraint(row, bound);
  };
  addBound(1, 0);
  addBound(-1, width - 1);
  isl_local_space_free(space);
  return isl::manage(row);
}

isl::map accessRelation(const isl::set &domain, unsigned array,
                        AffineMap subscripts, int64_t width) {
  isl::ctx ctx = domain.ctx();
  isl::multi_aff identity = domain.space().identity_multi_aff_on_domain();
  llvm::SmallVector<isl::aff> counters;
  for (unsigned i = 0; i < identity.size(); ++i)
    counters.push_back(identity.at(i));
  if (counters.empty())
    counters.push_back(domain.space().zero_aff_on_domain());
  unsigned rank = subscripts.getNumResults();
  isl::space space = domain.space().add_named_tuple(arrayId(ctx, array), rank);
  isl::aff_list list(ctx, rank);
  for (AffineExpr expr : subscripts.getResults())
    list = list.add(affFromExpr(expr, counters));
  isl::map first = isl::multi_aff(space, list).as_map();
  if (width > 1)
    first = first.apply_range(rowsFrom(space.range(), width));
  return first.intersect_domain(domain);
}

} // namespace autotune
