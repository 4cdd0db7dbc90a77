//===- NewStatements.cpp - Statements that a transformation adds ----------===//

#include "NewStatements.h"
#include "Transformations.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <isl/map.h>
#include <isl/point.h>
#include <isl/set.h>

using namespace mlir;

namespace autotune {

OpBuilder builderAtEnd(func::FuncOp function) {
  Operation *end = function.getBody().front().getTerminator();
  while (isa_and_nonnull<memref::DeallocOp>(end->getPrevNode()))
    end = end->getPrevNode();
  return OpBuilder(end);
}

llvm::SmallVector<Value> addLoops(OpBuilder &builder, Location loc,
                                  const isl::set &domain) {
  llvm::SmallVector<Value> counters;
  for (int dim = 0, n = isl_set_dim(domain.get(), isl_dim_set); dim < n;
       ++dim) {
    auto loop = affine::AffineForOp::create(
        builder, loc, domain.dim_min_val(dim).num_si(),
        domain.dim_max_val(dim).num_si() + 1);
    counters.push_back(loop.getInductionVar());
    builder.setInsertionPointToStart(loop.getBody());
  }
  return counters;
}

void limitTo(Operation *statement, const isl::set &domain) {
  char *text = isl_set_to_str(domain.get());
  statement->setAttr(domainName,
                     StringAttr::get(statement->getContext(), text));
  free(text);
}

isl::union_set touchedBelow(const Access &access, const Tree &band,
                            llvm::ArrayRef<isl::union_pw_aff> outer) {
  isl::union_map relation =
      isl::union_map(access.relation).intersect_domain(band.domain);
  return placesOf(outer, relation.domain()).range_product(relation).range();
}

/// The outer loop that counts the same as dimension `dim`.
static std::optional<unsigned> equalOuter(const isl::set &domain,
                                          const isl::point &example,
                                          unsigned numOuter, unsigned dim) {
  auto valueAt = [&](unsigned position) {
    return isl::manage(
        isl_point_get_coordinate_val(example.get(), isl_dim_set, position));
  };
  for (unsigned outer = 0; outer < numOuter; ++outer) {
    // Much faster than all instances at once, and nearly always enough.
    if (!isl_point_is_void(example.get()) && !valueAt(outer).eq(valueAt(dim)))
      continue;
    isl::set equal = isl::manage(
        isl_set_equate(domain.copy(), isl_dim_set, outer, isl_dim_set, dim));
    if (domain.is_subset(equal))
      return outer;
  }
  return std::nullopt;
}

ElementInstances elementInstances(const isl::union_set &elements,
                                  unsigned numOuter, MLIRContext *context) {
  ElementInstances result{
      isl::manage(isl_set_flatten(elements.as_set().release())), {}};
  unsigned kept = numOuter;
  unsigned rank = isl_set_dim(result.domain.get(), isl_dim_set) - numOuter;
  isl::point example = result.domain.sample_point();
  for (unsigned i = 0; i < rank; ++i) {
    std::optional<unsigned> outer =
        equalOuter(result.domain, example, numOuter, kept);
    result.subscripts.push_back(
        getAffineDimExpr(outer ? *outer : kept, context));
    if (outer) {
      result.domain = isl::manage(
          isl_set_project_out(result.domain.release(), isl_dim_set, kept, 1));
      example = result.domain.sample_point();
    } else {
      ++kept;
    }
  }
  return result;
}

isl::union_pw_aff dimOf(const isl::set &domain, unsigned dim) {
  isl::aff value = domain.space().identity_multi_aff_on_domain().at(dim);
  return isl::union_pw_aff(isl::pw_aff(value).intersect_domain(domain));
}

Tree nestOf(const isl::set &domain, unsigned numOuter) {
  std::vector<isl::union_pw_aff> members;
  unsigned num = isl_set_dim(domain.get(), isl_dim_set);
  for (unsigned dim = numOuter; dim < num; ++dim)
    if (!domain.dim_min_val(dim).eq(domain.dim_max_val(dim)))
      members.push_back(dimOf(domain, dim));
  return makeBand(std::move(members), makeLeaf(isl::union_set(domain)));
}

void addBelow(llvm::ArrayRef<Tree *> ancestors, const isl::set &domain) {
  unsigned dim = 0;
  for (Tree *ancestor : ancestors) {
    ancestor->domain = ancestor->domain.unite(isl::union_set(domain));
    for (isl::union_pw_aff &member : ancestor->members)
      member = member.union_add(dimOf(domain, dim++));
  }
}

} // namespace autotune
