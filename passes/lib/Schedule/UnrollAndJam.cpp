//===- UnrollAndJam.cpp - Register tiles ----------------------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_UNROLLANDJAM
#include "autotune/SchedulePasses.h.inc"

Refusal unrollAndJam(Model &model, unsigned number,
                     llvm::ArrayRef<int64_t> factors) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (Refusal refusal = checkPlainBand(*location))
    return refusal;
  Tree &band = *location->node;
  if (containsMark(band, mark::unroll))
    return "a loop inside is unrolled already";
  if (factors.size() != band.members.size())
    return "the band has " + std::to_string(band.members.size()) + " members";
  ActiveDependences active(*model.dependences, *location);
  std::vector<isl::union_pw_aff> strips;
  for (auto [member, factor] : llvm::zip(band.members, factors)) {
    if (factor < 0)
      return "an unroll factor is negative";
    if (factor <= 1)
      continue;
    long stride = memberStride(member, band.domain);
    std::optional<Range> range = memberRange(member, band.domain);
    if (stride != 1 || !range)
      return "a loop of tiles, or one without bounds, cannot be unrolled";
    if (factor > range->extent())
      return "unroll factor " + std::to_string(factor) + " exceeds the loop";
    strips.push_back(pointMember(member, factor));
    member = tileMember(member, factor);
  }
  if (strips.empty())
    return "no member is unrolled";
  std::string label = (mark::unroll + llvm::Twine(strips.size())).str();
  sinkToLeaves(band.children.front(), strips, label, /*belowVector=*/false);
  if (Refusal violation = orderSequences(band, active))
    return violation;
  return findOverwrittenCopy(model);
}

bool isSinkable(Model &model, unsigned number,
                llvm::ArrayRef<unsigned> positions) {
  std::optional<TreePath> location = findBand(model.tree, number);
  Tree before = model.tree;
  ActiveDependences active(*model.dependences, *location);
  Tree &band = *location->node;
  std::vector<isl::union_pw_aff> sunk;
  for (unsigned position : positions) {
    isl::union_pw_aff &member = band.members[position];
    sunk.push_back(member);
    member = member.sub(member);
  }
  sinkToLeaves(band.children.front(), sunk,
               (mark::unroll + llvm::Twine(sunk.size())).str(),
               /*belowVector=*/false);
  bool isLegal = !orderSequences(band, active) && !findOverwrittenCopy(model);
  model.tree = std::move(before);
  return isLegal;
}

namespace {
struct UnrollAndJamPass : impl::UnrollAndJamBase<UnrollAndJamPass> {
  using UnrollAndJamBase::UnrollAndJamBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return unrollAndJam(model, band, factors);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
