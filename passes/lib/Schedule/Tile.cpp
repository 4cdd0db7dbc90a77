//===- Tile.cpp - Strip-mine the members of a band ------------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_TILE
#include "autotune/SchedulePasses.h.inc"

Refusal checkPlainBand(const TreePath &location) {
  for (const Tree *ancestor : location.ancestors)
    if (ancestor->isMark(mark::unroll) || ancestor->isMark(mark::vectorize))
      return "the band is unrolled or a vector already";
  if (!location.ancestors.empty() &&
      location.ancestors.back()->isMark(mark::prefetch))
    return "the band fetches for later iterations already";
  return std::nullopt;
}

PlainMember findPlainMember(Model &model, unsigned number, unsigned position) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return {std::nullopt, "there is no band " + std::to_string(number)};
  if (Refusal refusal = checkPlainBand(*location))
    return {std::nullopt, *refusal};
  if (position >= location->node->members.size())
    return {std::nullopt, "the band has no member " + std::to_string(position)};
  return {std::move(location), ""};
}

Refusal tile(Model &model, unsigned number, llvm::ArrayRef<int64_t> sizes) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (Refusal refusal = checkPlainBand(*location))
    return refusal;
  Tree &band = *location->node;
  if (sizes.size() != band.members.size())
    return "the band has " + std::to_string(band.members.size()) + " members";
  ActiveDependences active(*model.dependences, *location);
  std::vector<isl::union_pw_aff> tiles, points;
  for (auto [member, size] : llvm::zip(band.members, sizes)) {
    if (size < 0)
      return "a tile size is negative";
    if (size == 0) {
      points.push_back(member);
      continue;
    }
    std::optional<Range> range = memberRange(member, band.domain);
    if (range && size >= range->extent())
      return "tile size " + std::to_string(size) + " covers the whole loop";
    if (size <= memberStride(member, band.domain))
      return "tile size " + std::to_string(size) +
             " is no more than one iteration";
    tiles.push_back(tileMember(member, size));
    points.push_back(pointMember(member, size));
  }
  if (tiles.empty())
    return "no member is tiled";
  band = makeBand(std::move(tiles), makeBand(std::move(points),
                                             std::move(band.children.front())));
  return findViolation(band, active);
}

namespace {
struct TilePass : impl::TileBase<TilePass> {
  using TileBase::TileBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return tile(model, band, sizes);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
