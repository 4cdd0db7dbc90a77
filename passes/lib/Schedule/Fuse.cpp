//===- Fuse.cpp - Fuse neighbours of a sequence ---------------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_FUSE
#include "autotune/SchedulePasses.h.inc"

/// Takes the outer `depth` members off a band; what is left of it stays.
static std::vector<isl::union_pw_aff> takeOuter(Tree &band, unsigned depth) {
  std::vector<isl::union_pw_aff> outer(band.members.begin(),
                                       band.members.begin() + depth);
  band.members.erase(band.members.begin(), band.members.begin() + depth);
  if (band.members.empty()) {
    Tree child = std::move(band.children.front());
    band = std::move(child);
  }
  return outer;
}

Refusal fuse(Model &model, unsigned number, unsigned child, unsigned depth) {
  std::optional<TreePath> location = findSequence(model.tree, number);
  if (!location)
    return "there is no sequence " + std::to_string(number);
  Tree &sequence = *location->node;
  if (child + 1 >= sequence.children.size())
    return "the sequence has no two children from " + std::to_string(child);
  Tree &first = sequence.children[child],
       &second = sequence.children[child + 1];
  if (depth == 0 || !first.isBand() || !second.isBand() ||
      first.members.size() < depth || second.members.size() < depth)
    return "both children need a band of at least " + std::to_string(depth) +
           " members";
  ActiveDependences active(*model.dependences, *location);
  std::vector<isl::union_pw_aff> outer = takeOuter(first, depth);
  for (auto [member, other] : llvm::zip(outer, takeOuter(second, depth)))
    member = member.union_add(other);
  std::vector<Tree> bodies;
  bodies.push_back(std::move(first));
  bodies.push_back(std::move(second));
  sequence.children[child] =
      makeBand(std::move(outer), makeSequence(std::move(bodies)));
  sequence.children.erase(sequence.children.begin() + child + 1);
  sequence = makeSequence(std::move(sequence.children));
  return findViolation(sequence, active);
}

namespace {
struct FusePass : impl::FuseBase<FusePass> {
  using FuseBase::FuseBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return fuse(model, sequence, child, depth);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
