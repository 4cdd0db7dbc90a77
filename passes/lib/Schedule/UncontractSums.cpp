//===- UncontractSums.cpp - Sums that only wait for themselves ------------===//

#include "Model.h"
#include "autotune/ContractedFma.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Affine/Analysis/AffineAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_UNCONTRACTSUMS
#include "autotune/SchedulePasses.h.inc"

/// Statements between the end of a sum and the start of the next, at most.
static constexpr unsigned maxSteps = 16;

/// Whether it is the whole of `A[e] = a * b + A[e]` in a loop that keeps `e`.
static bool addsUp(math::FmaOp fma) {
  if (!fma->hasOneUse())
    return false;
  auto store = dyn_cast<affine::AffineStoreOp>(*fma->user_begin());
  auto load = fma.getC().getDefiningOp<affine::AffineLoadOp>();
  if (!store || !load ||
      !(affine::MemRefAccess(store) == affine::MemRefAccess(load)))
    return false;
  auto loop = dyn_cast<affine::AffineForOp>(store->getParentOp());
  return loop &&
         !llvm::is_contained(store.getMapOperands(), loop.getInductionVar());
}

static isl::union_map flowOf(const Scop &scop) {
  isl::union_map flow(scop.originalOrder.domain.ctx(), "{ }");
  for (unsigned array = 0; array < scop.arrays.size(); ++array)
    flow = flow.unite(computeFlow(scop, scop.originalOrder, array));
  return flow;
}

/// The terms of one of the sums along the innermost loop: not at the edge of
/// triangles, where few others are left.
static isl::set someSum(const Statement &statement) {
  isl::set terms = statement.domain;
  for (unsigned dim = 0; dim + 1 < statement.ivs.size(); ++dim) {
    long middle =
        (terms.dim_min_val(dim).num_si() + terms.dim_max_val(dim).num_si()) / 2;
    isl::set rest = isl::manage(
        isl_set_upper_bound_si(terms.copy(), isl_dim_set, dim, middle));
    terms = isl::manage(isl_set_fix_val(terms.release(), isl_dim_set, dim,
                                        rest.dim_max_val(dim).release()));
  }
  return terms;
}

/// Whether a sum along the innermost loop needs, from its first term on, what
/// the one before it ends with: nothing is left to compute beside a sum then,
/// whatever the schedule. Looks at one sum in the middle.
static bool isOneAfterAnother(const Scop &scop, const isl::union_map &flow,
                              math::FmaOp fma) {
  auto found = llvm::find_if(scop.statements, [&](const Statement &statement) {
    return llvm::is_contained(statement.slice, fma.getOperation());
  });
  if (found == scop.statements.end() || found->ivs.empty())
    return false;
  isl::set start = someSum(*found).lexmin();
  isl::set before =
      isl::manage(isl_set_lex_lt_set(found->domain.copy(), start.copy()))
          .domain();
  if (before.is_empty())
    return true;
  isl::union_set reached(before.lexmax());
  for (unsigned step = 0; step < maxSteps; ++step) {
    isl::union_set next = reached.apply(flow);
    if (isl::union_set(start).is_subset(next))
      return true;
    if (next.is_subset(reached))
      return false;
    reached = reached.unite(next).coalesce();
  }
  return false;
}

static void separate(math::FmaOp fma) {
  OpBuilder builder(fma);
  Location loc = fma.getLoc();
  arith::FastMathFlagsAttr flags = fma.getFastmathAttr();
  Value product =
      arith::MulFOp::create(builder, loc, fma.getA(), fma.getB(), flags);
  fma.replaceAllUsesWith(
      arith::AddFOp::create(builder, loc, product, fma.getC(), flags)
          .getResult());
  fma.erase();
}

namespace {
class UncontractSumsPass : public impl::UncontractSumsBase<UncontractSumsPass> {
  void runOnOperation() override {
    llvm::SmallVector<math::FmaOp> sums;
    getOperation().walk([&](math::FmaOp fma) {
      if (!fma->removeAttr(contractedName))
        return;
      bool isReorderable = arith::bitEnumContainsAll(
          fma.getFastmath(), arith::FastMathFlags::reassoc);
      if (!isReorderable && addsUp(fma))
        sums.push_back(fma);
    });
    if (sums.empty())
      return;
    llvm::SmallVector<math::FmaOp> waiting;
    bool areKnown = isProven(getOperation(), [&](const Scop &scop) {
      isl::union_map flow = flowOf(scop);
      llvm::copy_if(sums, std::back_inserter(waiting), [&](math::FmaOp fma) {
        return isOneAfterAnother(scop, flow, fma);
      });
      return true;
    });
    if (areKnown)
      llvm::for_each(waiting, separate);
  }
};
} // namespace
} // namespace autotune
