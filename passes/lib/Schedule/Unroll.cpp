//===- Unroll.cpp - Copies of a loop's body, one after the other ----------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_UNROLL
#include "autotune/SchedulePasses.h.inc"

/// Whether some loop below is neither unrolled nor a vector.
static bool hasPlainBand(const Tree &node) {
  if (node.isMark(mark::unroll) || node.isMark(mark::vectorize))
    return false;
  return node.isBand() || llvm::any_of(node.children, hasPlainBand);
}

Refusal unroll(Model &model, unsigned number, unsigned position,
               int64_t factor) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return refusal;
  Tree &band = *location->node;
  bool isInnermost = position + 1 == band.members.size() &&
                     !hasPlainBand(band.children.front());
  if (containsMark(band, mark::unroll) && !isInnermost)
    return "a loop inside is unrolled already";
  const isl::union_pw_aff member = band.members[position];
  std::optional<Range> range = memberRange(member, band.domain);
  if (!range)
    return "a loop without bounds cannot be unrolled";
  long stride = memberStride(member, band.domain);
  long count = stride == 0 ? 1 : (range->extent() - 1) / stride + 1;
  if (factor < 2 || factor > count)
    return "the loop of " + std::to_string(count) +
           " iterations cannot be unrolled by " + std::to_string(factor);
  bool isWhole = factor == count;
  bool isParallel = !location->ancestors.empty() &&
                    location->ancestors.back()->isMark(mark::parallel);
  if (isWhole && isParallel)
    return "the loop is parallel";
  auto begin = band.members.begin();
  std::vector<isl::union_pw_aff> outer(begin, begin + position);
  std::vector<isl::union_pw_aff> inner(begin + position + 1,
                                       band.members.end());
  long strip = factor * stride;
  if (!isWhole)
    outer.push_back(tileMember(member, strip));
  Tree copies =
      makeBand({isWhole ? member : pointMember(member, strip)},
               makeBand(std::move(inner), std::move(band.children.front())));
  std::string label = (mark::unroll + llvm::Twine(1)).str();
  band = makeBand(std::move(outer), makeMark(label, std::move(copies)));
  return std::nullopt;
}

namespace {
struct UnrollPass : impl::UnrollBase<UnrollPass> {
  using UnrollBase::UnrollBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return unroll(model, band, member, factor);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
