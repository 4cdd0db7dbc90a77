//===- Reverse.cpp - Run a loop backwards ------------------------------- ===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_REVERSE
#include "autotune/SchedulePasses.h.inc"

Refusal reverse(Model &model, unsigned number, unsigned position) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return refusal;
  Tree &band = *location->node;
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
