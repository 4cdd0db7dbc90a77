//===- Parallelize.cpp - Run a loop on all threads ------------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_PARALLELIZE
#include "autotune/SchedulePasses.h.inc"

Refusal parallelize(Model &model, unsigned number, unsigned position) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return refusal;
  for (const Tree *ancestor : location->ancestors)
    if (ancestor->isMark(mark::parallel))
      return "a loop outside is parallel already";
  Tree &band = *location->node;
  if (containsMark(band, mark::parallel))
    return "a loop inside is parallel already";
  ActiveDependences active(*model.dependences, *location);
  auto begin = band.members.begin();
  std::vector<isl::union_pw_aff> outer(begin, begin + position);
  std::vector<isl::union_pw_aff> inner(begin + position + 1,
                                       band.members.end());
  Tree loop =
      makeBand({band.members[position]},
               makeBand(std::move(inner), std::move(band.children.front())));
  band = makeBand(std::move(outer), makeMark(mark::parallel, std::move(loop)));
  return findViolation(band, active);
}

namespace {
struct ParallelizePass : impl::ParallelizeBase<ParallelizePass> {
  using ParallelizeBase::ParallelizeBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return parallelize(model, band, member);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
