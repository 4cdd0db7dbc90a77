//===- Wavefront.cpp - Count diagonals ---------------------------------- ===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_WAVEFRONT
#include "autotune/SchedulePasses.h.inc"

/// The member in iterations.
static isl::union_pw_aff counted(const isl::union_pw_aff &member,
                                 const isl::union_set &domain) {
  long stride = std::max(1l, memberStride(member, domain));
  isl_val *step = isl_val_int_from_si(member.ctx().get(), stride);
  return isl::manage(isl_union_pw_aff_floor(
      isl_union_pw_aff_scale_down_val(member.copy(), step)));
}

Refusal wavefront(Model &model, unsigned number) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (Refusal refusal = checkPlainBand(*location))
    return refusal;
  Tree &band = *location->node;
  if (band.members.size() < 2)
    return "the band has a single member";
  ActiveDependences active(*model.dependences, *location);
  band.members[0] = counted(band.members[0], band.domain)
                        .add(counted(band.members[1], band.domain));
  return findViolation(band, active);
}

namespace {
struct WavefrontPass : impl::WavefrontBase<WavefrontPass> {
  using WavefrontBase::WavefrontBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return wavefront(model, band);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
