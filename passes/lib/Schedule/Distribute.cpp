//===- Distribute.cpp - Split a loop over a sequence ----------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_DISTRIBUTE
#include "autotune/SchedulePasses.h.inc"

/// `members` over `children`, merged with the band below where that stays
/// permutable.
static Tree bandOver(llvm::ArrayRef<isl::union_pw_aff> members,
                     std::vector<Tree> children) {
  Tree body = makeSequence(std::move(children));
  std::vector<isl::union_pw_aff> restricted;
  for (const isl::union_pw_aff &member : members)
    restricted.push_back(member.intersect_domain(body.domain));
  return makeBand(std::move(restricted), std::move(body));
}

static void mergeTop(Tree &band, const ActiveDependences &active) {
  Tree &child = band.children.front();
  if (!child.isBand())
    return;
  std::vector<isl::union_pw_aff> merged = band.members;
  merged.insert(merged.end(), child.members.begin(), child.members.end());
  if (!isPermutable(merged, active))
    return;
  Tree body = std::move(child.children.front());
  band = makeBand(std::move(merged), std::move(body));
}

Refusal distribute(Model &model, unsigned number, unsigned depth,
                   unsigned cut) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (Refusal refusal = checkPlainBand(*location))
    return refusal;
  Tree &band = *location->node;
  bool isParallel = !location->ancestors.empty() &&
                    location->ancestors.back()->isMark(mark::parallel);
  if (isParallel && depth == 0)
    return "the band is a parallel loop";
  if (depth >= band.members.size())
    return "no member is left to distribute";
  Tree &body = band.children.front();
  if (body.kind != Tree::Kind::Sequence || cut == 0 ||
      cut >= body.children.size())
    return "the band has no sequence below that could be cut there";
  ActiveDependences active(*model.dependences, *location);
  llvm::ArrayRef<isl::union_pw_aff> members(band.members);
  std::vector<Tree> groups;
  auto middle = std::make_move_iterator(body.children.begin() + cut);
  auto begin = std::make_move_iterator(body.children.begin());
  auto end = std::make_move_iterator(body.children.end());
  groups.push_back(
      bandOver(members.drop_front(depth), std::vector<Tree>(begin, middle)));
  groups.push_back(
      bandOver(members.drop_front(depth), std::vector<Tree>(middle, end)));
  ActiveDependences inner = active.equalAt(members.take_front(depth));
  for (Tree &group : groups)
    mergeTop(group, inner.within(group.domain));
  std::vector<isl::union_pw_aff> shared(members.begin(),
                                        members.begin() + depth);
  Tree sequence = makeSequence(std::move(groups));
  band = makeBand(std::move(shared), std::move(sequence));
  return findViolation(band, active);
}

namespace {
struct DistributePass : impl::DistributeBase<DistributePass> {
  using DistributeBase::DistributeBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return distribute(model, band, depth, cut);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
