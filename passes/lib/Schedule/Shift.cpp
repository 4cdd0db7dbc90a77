//===- Shift.cpp - Move a loop's iterations along its counter ----------- ===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_SHIFT
#include "autotune/SchedulePasses.h.inc"

Refusal shift(Model &model, unsigned number, unsigned position,
              int64_t offset) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return refusal;
  Tree &band = *location->node;
  ActiveDependences active(*model.dependences, *location);
  isl::union_pw_aff &member = band.members[position];
  isl_val *steps = isl_val_int_from_si(
      member.ctx().get(), offset * memberStride(member, band.domain));
  isl::union_pw_aff constant = isl::manage(
      isl_union_pw_aff_val_on_domain(member.domain().release(), steps));
  member = member.add(constant);
  return findViolation(band, active);
}

namespace {
struct ShiftPass : impl::ShiftBase<ShiftPass> {
  using ShiftBase::ShiftBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return shift(model, band, member, offset);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
