//===- Interchange.cpp - Reorder the members of a band --------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_INTERCHANGE
#include "autotune/SchedulePasses.h.inc"

static bool isPermutation(llvm::ArrayRef<int64_t> values, size_t size) {
  llvm::SmallVector<int64_t> sorted(values);
  llvm::sort(sorted);
  for (auto [index, value] : llvm::enumerate(sorted))
    if (value != int64_t(index))
      return false;
  return sorted.size() == size;
}

Refusal interchange(Model &model, unsigned number,
                    llvm::ArrayRef<int64_t> permutation) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  Tree &band = *location->node;
  if (!isPermutation(permutation, band.members.size()))
    return "the permutation does not name each of the band's " +
           std::to_string(band.members.size()) + " members once";
  ActiveDependences active(*model.dependences, *location);
  std::vector<isl::union_pw_aff> members;
  for (int64_t position : permutation)
    members.push_back(band.members[position]);
  band.members = std::move(members);
  return findViolation(band, active);
}

namespace {
struct InterchangePass : impl::InterchangeBase<InterchangePass> {
  using InterchangeBase::InterchangeBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return interchange(model, band, permutation);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
