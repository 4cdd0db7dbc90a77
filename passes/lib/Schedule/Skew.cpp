//===- Skew.cpp - Add a multiple of an enclosing loop ------------------- ===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_SKEW
#include "autotune/SchedulePasses.h.inc"

namespace {
/// A loop around another one.
struct Enclosing {
  Tree *band;
  unsigned position;
};
} // namespace

/// The loop that is `outer` loops outside of the member.
static std::optional<Enclosing>
findEnclosing(const TreePath &location, unsigned position, unsigned outer) {
  std::vector<Enclosing> loops;
  auto addLoops = [&](Tree &band, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      loops.push_back({&band, i});
  };
  for (Tree *ancestor : location.ancestors)
    if (ancestor->isBand())
      addLoops(*ancestor, ancestor->members.size());
  addLoops(*location.node, position);
  if (outer == 0 || outer > loops.size())
    return std::nullopt;
  return loops[loops.size() - outer];
}

/// The path to a node of `location` or above it.
static TreePath pathTo(Tree &node, const TreePath &location) {
  auto end = llvm::find(location.ancestors, &node);
  return {&node, {location.ancestors.begin(), end}};
}

Refusal skew(Model &model, unsigned number, unsigned position, unsigned outer,
             int64_t factor) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return refusal;
  Tree &band = *location->node;
  std::optional<Enclosing> enclosing =
      findEnclosing(*location, position, outer);
  if (!enclosing)
    return "there is no loop that far outside";
  if (isMarked(model.tree))
    return "loops are parallel, unrolled, vectors or packed already";
  Tree &top = *enclosing->band;
  isl::union_pw_aff added =
      top.members[enclosing->position].intersect_domain(band.domain);
  isl_val *multiple = isl_val_int_from_si(added.ctx().get(), factor);
  added = isl::manage(isl_union_pw_aff_scale_val(added.release(), multiple));
  band.members[position] = band.members[position].add(added);
  ActiveDependences active(*model.dependences, pathTo(top, *location));
  if (Refusal violation = findViolation(top, active))
    return violation;
  mergeBands(top, active);
  return std::nullopt;
}

namespace {
struct SkewPass : impl::SkewBase<SkewPass> {
  using SkewBase::SkewBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return skew(model, band, member, outer, factor);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
