//===- Prefetch.cpp - Fetch what later iterations use ---------------------===//

#include "StreamStores.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_PREFETCH
#include "autotune/SchedulePasses.h.inc"

/// More lines than this take more time to ask for than to wait for.
static constexpr int64_t maxLines = 16;

static bool isRead(const Scop &scop, const Tree &node, unsigned array) {
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && !access.isWrite &&
          !isl::union_map(access.relation)
               .intersect_domain(node.domain)
               .is_empty())
        return true;
  return false;
}

/// Why what an iteration touches of the array cannot be asked for.
static Refusal findBadRegion(const Model &model, const TreePath &location,
                             unsigned position, unsigned array) {
  const Tree &band = *location.node;
  std::vector<isl::union_pw_aff> around = membersAround(location);
  auto begin = band.members.begin();
  around.insert(around.end(), begin, begin + position + 1);
  std::optional<PackRegion> region =
      packRegion(model.scop, placesOf(around, band.domain), array);
  if (!region)
    return "what an iteration touches of the array has no fixed size";
  if (isl_multi_aff_involves_dims(region->offset.get(), isl_dim_in,
                                  around.size() - 1, 1) != isl_bool_true)
    return "every iteration touches the same part of the array";
  int64_t elementBytes = std::max(1u, model.scop.elementBits(array) / 8);
  int64_t numLines = llvm::divideCeilSigned(region->sizes.back() * elementBytes,
                                            cacheLineBytes);
  for (int64_t size : llvm::ArrayRef(region->sizes).drop_back())
    numLines *= size;
  if (numLines > maxLines)
    return "an iteration touches " + std::to_string(numLines) +
           " cache lines of the array";
  return std::nullopt;
}

/// Whether the array is copied around the node or below it.
static bool isPacked(const TreePath &location, unsigned array) {
  std::string prefix = (mark::pack + llvm::Twine(array) + ",").str();
  return containsMark(*location.node, prefix) ||
         llvm::any_of(location.ancestors, [&](const Tree *ancestor) {
           return ancestor->isMark(prefix);
         });
}

Refusal prefetch(Model &model, unsigned number, unsigned position,
                 unsigned array, int64_t distance) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  std::string prefix = (mark::prefetch + llvm::Twine(array) + ",").str();
  TreePath top = *location;
  while (!top.ancestors.empty() && top.ancestors.back()->isMark(mark::prefetch))
    if (top.ancestors.pop_back_val()->isMark(prefix))
      return "the loop fetches the array already";
  if (Refusal refusal = checkPlainBand(top))
    return refusal;
  Tree &band = *location->node;
  if (position >= band.members.size())
    return "the band has no member " + std::to_string(position);
  if (!top.ancestors.empty() && top.ancestors.back()->isMark(mark::parallel))
    return "the loop is parallel";
  if (array >= model.scop.arrays.size())
    return "there is no array " + std::to_string(array);
  const isl::union_pw_aff member = band.members[position];
  std::optional<Range> range = memberRange(member, band.domain);
  long stride = memberStride(member, band.domain);
  if (distance < 1 || !range || stride < 1 ||
      distance > (range->extent() - 1) / stride)
    return "no iteration is " + std::to_string(distance) + " after another";
  if (!isRead(model.scop, band, array))
    return "the array is not read below the loop";
  if (isPacked(*location, array))
    return "the array is packed";
  if (Refusal refusal = findBadRegion(model, *location, position, array))
    return refusal;
  auto begin = band.members.begin();
  std::vector<isl::union_pw_aff> outer(begin, begin + position);
  std::vector<isl::union_pw_aff> inner(begin + position + 1,
                                       band.members.end());
  Tree loop = makeBand(
      {member}, makeBand(std::move(inner), std::move(band.children.front())));
  band = makeBand(std::move(outer),
                  makeMark(prefix + std::to_string(distance), std::move(loop)));
  return std::nullopt;
}

namespace {
struct PrefetchPass : impl::PrefetchBase<PrefetchPass> {
  using PrefetchBase::PrefetchBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return prefetch(model, band, member, array, distance);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
