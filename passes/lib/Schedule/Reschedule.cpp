//===- Reschedule.cpp - A schedule from isl's scheduler -------------------===//

#include "Quota.h"
#include "Recent.h"
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

/// Steps of the scheduler's linear programs. Three products in a row take more
/// than 50,000; for some systems of dependences it cuts away rational solutions
/// for half an hour and more, slower with every step.
static constexpr unsigned long maxSteps = 100'000;
static constexpr const char *tooHard =
    "the scheduler would take too many steps";

static unsigned statementNumber(const Tree &leaf) {
  unsigned number = 0;
  leaf.domain.foreach_set([&](isl::set set) {
    llvm::StringRef(isl_set_get_tuple_name(set.get()))
        .drop_front()
        .getAsInteger(10, number);
  });
  return number;
}

/// Whether instances of the leaf depend on none of the other leaves'.
static bool isReady(const Tree &leaf, llvm::ArrayRef<Tree> leaves,
                    const isl::union_map &pairs) {
  isl::union_map into = pairs.intersect_range(leaf.domain);
  return llvm::all_of(leaves, [&](const Tree &other) {
    return &other == &leaf || into.intersect_domain(other.domain).is_empty();
  });
}

/// Takes the first leaf that depends on no other one, again and again, also in
/// what is only wished for where possible; of a cycle, which the oracle
/// refuses, the first.
static std::vector<Tree> inDependenceOrder(std::vector<Tree> leaves,
                                           const isl::union_map &pairs,
                                           const isl::union_map &wished) {
  std::vector<Tree> ordered;
  while (!leaves.empty()) {
    auto isDue = [&](const Tree &leaf) { return isReady(leaf, leaves, pairs); };
    auto taken = llvm::find_if(leaves, [&](const Tree &leaf) {
      return isDue(leaf) && isReady(leaf, leaves, wished);
    });
    if (taken == leaves.end())
      taken = llvm::find_if(leaves, isDue);
    if (taken == leaves.end())
      taken = leaves.begin();
    ordered.push_back(std::move(*taken));
    leaves.erase(taken);
  }
  return ordered;
}

static isl::union_map openPairs(const ActiveDependences &active) {
  llvm::SmallVector<unsigned> numbers;
  for (const OpenDependence &open : active.open())
    numbers.push_back(open.number);
  return active.pairs(numbers).ordered;
}

/// The statements at one point of the schedule, one leaf each: in the
/// scheduler's order where it has one, else in the program's.
static std::vector<Tree> leavesOf(const Tree &tree) {
  if (tree.kind == Tree::Kind::Sequence)
    return tree.children;
  std::vector<Tree> leaves;
  tree.domain.foreach_set(
      [&](isl::set set) { leaves.push_back(makeLeaf(isl::union_set(set))); });
  llvm::sort(leaves, [](const Tree &a, const Tree &b) {
    return statementNumber(a) < statementNumber(b);
  });
  return leaves;
}

/// Puts the statements at one point of the schedule in a sequence. It follows
/// what depends in one iteration of the innermost loop, too, so that strips of
/// the other loops can be jammed there.
static void orderLeaves(Tree &tree, const ActiveDependences &active,
                        const ActiveDependences &atInnermost) {
  if (tree.isBand())
    return orderLeaves(tree.children.front(), active.equalAt(tree.members),
                       active.equalAt(tree.members.back()));
  for (Tree &child : tree.children)
    orderLeaves(child, active.within(child.domain),
                atInnermost.within(child.domain));
  auto isLeaf = [](const Tree &node) { return node.kind == Tree::Kind::Leaf; };
  if (!isLeaf(tree) && !llvm::all_of(tree.children, isLeaf))
    return;
  if (std::vector<Tree> leaves = leavesOf(tree); leaves.size() > 1)
    tree = makeSequence(inDependenceOrder(std::move(leaves), openPairs(active),
                                          openPairs(atInnermost)));
}

/// The scheduler knows no pairs of which either may run first.
static std::string inProgramOrder(const Model &model) {
  const DependentPairs &pairs = model.dependences->all();
  isl::union_map all = pairs.ordered.unite(pairs.commuting);
  return takeText(isl_union_map_to_str(all.get()));
}

/// The scheduler's answer; it takes seconds for a dozen statements.
static Tree computeTree(const Model &model, bool maximizeFusion,
                        bool outerCoincidence) {
  isl_ctx *ctx = model.tree.domain.ctx().get();
  isl_options_set_schedule_serialize_sccs(ctx, !maximizeFusion);
  isl_options_set_schedule_outer_coincidence(ctx, outerCoincidence);
  isl_options_set_schedule_maximize_band_depth(ctx, 1);
  // Read afresh: which of several good schedules isl finds, and in how many
  // steps, depends on what it has noted about sets on earlier questions.
  isl::union_map pairs(model.tree.domain.ctx(), inProgramOrder(model));
  isl::union_set domain(model.tree.domain.ctx(), takeText(isl_union_set_to_str(
                                                     model.tree.domain.get())));
  isl::schedule_constraints constraints =
      isl::schedule_constraints::on_domain(domain)
          .set_validity(pairs)
          .set_coincidence(pairs)
          .set_proximity(pairs);
  return treeFromSchedule(constraints.compute_schedule());
}

/// The member without what it adds to the counters of one statement; nothing
/// where that is nothing, or not the same everywhere.
static std::optional<isl::union_pw_aff>
withoutOffset(const isl::union_pw_aff &member, const isl::set &statement) {
  MemberFormRef form = formAt(member, statement.space());
  if (!form || form->kind != MemberForm::Kind::Affine)
    return std::nullopt;
  isl::val offset = form->value.constant_val();
  if (offset.is_zero())
    return std::nullopt;
  isl::aff moved = isl::manage(isl_aff_set_constant_si(form->value.copy(), 0));
  isl::pw_aff there = isl::pw_aff(moved).intersect_domain(statement);
  return member.subtract_domain(isl::union_set(statement))
      .union_add(isl::union_pw_aff(there));
}

/// Whether all pairs have equal values in the member: it may be parallel.
static bool isCoincident(const isl::union_pw_aff &member,
                         const isl::union_map &pairs) {
  return pairs.is_subset(pairs.eq_at(isl::multi_union_pw_aff(member)));
}

/// Whether an offset of some statement is gone.
static bool dropOneOffset(isl::union_pw_aff &member,
                          const isl::union_set &domain,
                          const ActiveDependences &active,
                          const isl::union_map &pairs) {
  bool isDropped = false;
  domain.foreach_set([&](isl::set statement) {
    std::optional<isl::union_pw_aff> moved;
    if (!isDropped)
      moved = withoutOffset(member, statement);
    if (!moved || !isPermutable(*moved, active) ||
        (isCoincident(member, pairs) && !isCoincident(*moved, pairs)))
      return;
    member = *moved;
    isDropped = true;
  });
  return isDropped;
}

/// Takes out offsets between statements that no dependence asks for: with them
/// tiles begin at other places in every statement, and what one tile needs of
/// another has no simple form.
static void dropOffsets(Tree &tree, const ActiveDependences &active) {
  if (!tree.isBand()) {
    for (Tree &child : tree.children)
      dropOffsets(child, active.within(child.domain));
    return;
  }
  isl::union_map pairs = openPairs(active);
  for (isl::union_pw_aff &member : tree.members)
    while (dropOneOffset(member, tree.domain, active, pairs)) {
    }
  dropOffsets(tree.children.front(), active.equalAt(tree.members));
}

Refusal reschedule(Model &model, bool maximizeFusion, bool outerCoincidence) {
  if (isMarked(model.tree))
    return "loops are parallel, unrolled, vectors or packed already";
  if (size_t count = model.dependences->parts().size(); count > maxDependences)
    return "there are " + std::to_string(count) +
           " convex dependences, more than the scheduler can take";
  std::ostringstream question;
  question << model.tree.domain << inProgramOrder(model) << maximizeFusion
           << outerCoincidence;
  thread_local Recent<bool> hard{64};
  if (hard.find(question.str()))
    return tooHard;
  try {
    model.tree = remembered(question.str(), [&] {
      return withinQuota(model.tree.domain.ctx().get(), maxSteps, [&] {
        return computeTree(model, maximizeFusion, outerCoincidence);
      });
    });
  } catch (const isl::exception_quota &) {
    hard.add(question.str(), true);
    return tooHard;
  }
  ActiveDependences all(*model.dependences);
  Tree aligned = model.tree;
  dropOffsets(aligned, all);
  orderLeaves(aligned, all, all);
  if (!orderSequences(aligned, all)) {
    model.tree = std::move(aligned);
    return std::nullopt;
  }
  orderLeaves(model.tree, all, all);
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
