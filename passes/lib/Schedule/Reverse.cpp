//===- Reverse.cpp - Run a loop backwards ------------------------------- ===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_REVERSE
#include "autotune/SchedulePasses.h.inc"

Refusal reverse(Model &model, unsigned number, unsigned position) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (!isPlainBand(*location))
    return "the band is unrolled or a vector already";
  Tree &band = *location->node;
  if (position >= band.members.size())
    return "the band has no member " + std::to_string(position);
  ActiveDependences active(*model.dependences, *location);
  isl::union_pw_aff &member = band.members[position];
  member = member.sub(member).sub(member);
  return findViolation(band, active);
}

namespace {
struct ReversePass : impl::ReverseBase<ReversePass> {
  using ReverseBase::ReverseBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return reverse(model, band, member);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
