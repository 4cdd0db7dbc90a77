//===- Reschedule.cpp - A schedule from isl's scheduler -------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/options.h>
#include <isl/schedule.h>
#include <isl/set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_RESCHEDULE
#include "autotune/SchedulePasses.h.inc"

static unsigned statementNumber(const Tree &leaf) {
  unsigned number = 0;
  leaf.domain.foreach_set([&](isl::set set) {
    llvm::StringRef(isl_set_get_tuple_name(set.get()))
        .drop_front()
        .getAsInteger(10, number);
  });
  return number;
}

static bool hasMarks(const Tree &tree) {
  return containsMark(tree, mark::parallel) ||
         containsMark(tree, mark::unroll) ||
         containsMark(tree, mark::vectorize) || containsMark(tree, mark::pack);
}

/// Instances of several statements at one point of the schedule run in any
/// order; makes it that of the statements' names, a sequence.
static void splitLeaves(Tree &tree) {
  for (Tree &child : tree.children)
    splitLeaves(child);
  if (tree.kind != Tree::Kind::Leaf)
    return;
  std::vector<Tree> leaves;
  tree.domain.foreach_set(
      [&](isl::set set) { leaves.push_back(makeLeaf(isl::union_set(set))); });
  if (leaves.size() < 2)
    return;
  llvm::sort(leaves, [](const Tree &a, const Tree &b) {
    return statementNumber(a) < statementNumber(b);
  });
  tree = makeSequence(std::move(leaves));
}

Refusal reschedule(Model &model, bool maximizeFusion, bool outerCoincidence) {
  if (hasMarks(model.tree))
    return "loops are parallel, unrolled, vectors or packed already";
  isl_ctx *ctx = model.tree.domain.ctx().get();
  isl_options_set_schedule_serialize_sccs(ctx, !maximizeFusion);
  isl_options_set_schedule_outer_coincidence(ctx, outerCoincidence);
  isl_options_set_schedule_maximize_band_depth(ctx, 1);
  isl::schedule_constraints constraints =
      isl::schedule_constraints::on_domain(model.tree.domain)
          .set_validity(model.dependences->all())
          .set_coincidence(model.dependences->all())
          .set_proximity(model.dependences->all());
  model.tree = treeFromSchedule(constraints.compute_schedule());
  splitLeaves(model.tree);
  return findViolation(model.tree, ActiveDependences(*model.dependences));
}

namespace {
struct ReschedulePass : impl::RescheduleBase<ReschedulePass> {
  using RescheduleBase::RescheduleBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return reschedule(model, fusion, outerCoincidence);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
