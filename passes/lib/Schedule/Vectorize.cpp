//===- Vectorize.cpp - Run a strip of a loop as one vector ----------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_VECTORIZE
#include "autotune/SchedulePasses.h.inc"

/// Whether a loop around the node is a vector, or one below it.
static bool isVectorNest(const TreePath &location) {
  for (const Tree *ancestor : location.ancestors)
    if (ancestor->isMark(mark::vectorize))
      return true;
  return containsMark(*location.node, mark::vectorize);
}

static Refusal findScalarStatement(const Scop &scop,
                                   const isl::union_set &domain) {
  Refusal refusal;
  domain.foreach_set([&](isl::set set) {
    const Statement &statement =
        scop.statement(isl_set_get_tuple_name(set.get()));
    if (!statement.isVectorizable)
      refusal = statement.name + " has an operation without a vector form";
  });
  return refusal;
}

Refusal vectorize(Model &model, unsigned number, unsigned position,
                  int64_t width) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (isVectorNest(*location))
    return "the nest has a vector loop already";
  Tree &band = *location->node;
  if (position >= band.members.size())
    return "the band has no member " + std::to_string(position);
  if (width < 2 || width > 64)
    return "the vector width is not between 2 and 64";
  if (Refusal refusal = findScalarStatement(model.scop, band.domain))
    return refusal;
  isl::union_pw_aff &member = band.members[position];
  std::optional<Range> range = memberRange(member, band.domain);
  if (!range || memberStride(member, band.domain) != 1)
    return "a loop of tiles, or one without bounds, cannot be a vector";
  ActiveDependences active(*model.dependences, *location);
  isl::union_pw_aff strip = pointMember(member, width);
  member = tileMember(member, width);
  std::string label = (mark::vectorize + llvm::Twine(width)).str();
  sinkToLeaves(band.children.front(), strip, label, /*belowVector=*/true);
  if (Refusal violation = orderSequences(band, active))
    return violation;
  return findOverwrittenCopy(model);
}

namespace {
struct VectorizePass : impl::VectorizeBase<VectorizePass> {
  using VectorizeBase::VectorizeBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return vectorize(model, band, member, width);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
