//===- Reschedule.cpp - A schedule from isl's scheduler -------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/options.h>
#include <isl/schedule.h>
#include <isl/set.h>

#include <sstream>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_RESCHEDULE
#include "autotune/SchedulePasses.h.inc"

/// The scheduler's linear programs grow with each convex dependence; with a
/// hundred they take many seconds, which isl's own quota does not see.
static constexpr size_t maxDependences = 64;

static unsigned statementNumber(const Tree &leaf) {
  unsigned number = 0;
  leaf.domain.foreach_set([&](isl::set set) {
    llvm::StringRef(isl_set_get_tuple_name(set.get()))
        .drop_front()
        .getAsInteger(10, number);
  });
  return number;
}

/// Takes the first leaf that depends on no other one, again and again; of a
/// cycle, which the oracle refuses, the first.
static std::vector<Tree> inDependenceOrder(std::vector<Tree> leaves,
                                           const isl::union_map &pairs) {
  std::vector<Tree> ordered;
  while (!leaves.empty()) {
    auto isReady = [&](const Tree &leaf) {
      isl::union_map into = pairs.intersect_range(leaf.domain);
      return llvm::all_of(leaves, [&](const Tree &other) {
        return &other == &leaf ||
               into.intersect_domain(other.domain).is_empty();
      });
    };
    auto ready = llvm::find_if(leaves, isReady);
    auto taken = ready == leaves.end() ? leaves.begin() : ready;
    ordered.push_back(std::move(*taken));
    leaves.erase(taken);
  }
  return ordered;
}

/// Instances of several statements at one point of the schedule have no order
/// yet; makes it a sequence.
static void splitLeaves(Tree &tree, const ActiveDependences &active) {
  if (tree.isBand())
    return splitLeaves(tree.children.front(), active.equalAt(tree.members));
  for (Tree &child : tree.children)
    splitLeaves(child, active.within(child.domain));
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
  llvm::SmallVector<unsigned> numbers;
  for (const OpenDependence &open : active.open())
    numbers.push_back(open.number);
  tree =
      makeSequence(inDependenceOrder(std::move(leaves), active.pairs(numbers)));
}

/// The scheduler's answer; it takes seconds for a dozen statements.
static Tree computeTree(const Model &model, bool maximizeFusion,
                        bool outerCoincidence) {
  isl_ctx *ctx = model.tree.domain.ctx().get();
  isl_options_set_schedule_serialize_sccs(ctx, !maximizeFusion);
  isl_options_set_schedule_outer_coincidence(ctx, outerCoincidence);
  isl_options_set_schedule_maximize_band_depth(ctx, 1);
  isl::schedule_constraints constraints =
      isl::schedule_constraints::on_domain(model.tree.domain)
          .set_validity(model.dependences->all())
          .set_coincidence(model.dependences->all())
          .set_proximity(model.dependences->all());
  return treeFromSchedule(constraints.compute_schedule());
}

Refusal reschedule(Model &model, bool maximizeFusion, bool outerCoincidence) {
  if (isMarked(model.tree))
    return "loops are parallel, unrolled, vectors or packed already";
  if (size_t count = model.dependences->parts().size(); count > maxDependences)
    return "there are " + std::to_string(count) +
           " convex dependences, more than the scheduler can take";
  std::ostringstream question;
  question << model.tree.domain << model.dependences->all() << maximizeFusion
           << outerCoincidence;
  model.tree = remembered(question.str(), [&] {
    return computeTree(model, maximizeFusion, outerCoincidence);
  });
  ActiveDependences all(*model.dependences);
  splitLeaves(model.tree, all);
  return findViolation(model.tree, all);
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
