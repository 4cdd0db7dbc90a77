//===- Pack.cpp - Copy a tile's operand into a contiguous buffer ----------===//

#include "Recent.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/fixed_box.h>
#include <isl/map.h>
#include <isl/union_map.h>

#include "llvm/ADT/ScopeExit.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_PACK
#include "autotune/SchedulePasses.h.inc"

std::vector<isl::union_pw_aff> membersAround(const TreePath &location) {
  std::vector<isl::union_pw_aff> outer;
  for (const Tree *ancestor : location.ancestors)
    if (ancestor->isBand())
      outer.insert(outer.end(), ancestor->members.begin(),
                   ancestor->members.end());
  return outer;
}

isl::union_map placesOf(llvm::ArrayRef<isl::union_pw_aff> members,
                        const isl::union_set &domain) {
  if (members.empty())
    return isl::union_map(isl::manage(isl_union_map_from_domain_and_range(
        domain.copy(),
        isl_union_set_read_from_str(domain.ctx().get(), "{ [] }"))));
  isl::multi_union_pw_aff prefix =
      bandSchedule(members).intersect_domain(domain);
  return isl::manage(isl_union_map_from_multi_union_pw_aff(prefix.release()));
}

std::optional<PackRegion>
packRegion(const Scop &scop, const isl::union_map &place, unsigned array) {
  isl::union_map touched(place.ctx(), "{ }");
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array)
        touched = touched.unite(
            place.reverse().apply_range(isl::union_map(access.relation)));
  if (touched.is_empty())
    return std::nullopt;
  isl::fixed_box box = isl::manage(
      isl_map_get_range_simple_fixed_box_hull(touched.as_map().get()));
  if (!box.is_valid())
    return std::nullopt;
  PackRegion result{box.offset(), {}};
  isl::multi_val sizes = box.size();
  for (unsigned i = 0; i < sizes.size(); ++i)
    result.sizes.push_back(sizes.at(i).num_si());
  return result;
}

static std::string textOf(const isl::union_map &relation) {
  return takeText(isl_union_map_to_str(relation.get()));
}

/// The sizes of a region, as they were for the same places and accesses before;
/// none for no region.
static llvm::SmallVector<int64_t>
regionSizes(const Scop &scop, const isl::union_map &place, unsigned array) {
  thread_local Recent<llvm::SmallVector<int64_t>> recent{4096};
  std::string question = textOf(place);
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array)
        question += textOf(isl::union_map(access.relation));
  // What isl's quota leaves must not depend on what is known already.
  isl_ctx *ctx = place.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  if (const auto *sizes = recent.find(question))
    return *sizes;
  isl_ctx_reset_operations(ctx);
  std::optional<PackRegion> region = packRegion(scop, place, array);
  return recent.add(question,
                    region ? region->sizes : llvm::SmallVector<int64_t>());
}

/// Why what is below the band cannot read a copy of the array.
static Refusal findBadUse(const Model &model, const Tree &node,
                          unsigned array) {
  bool isRead = false;
  for (const Statement &statement : model.scop.statements)
    for (const Access &access : statement.accesses) {
      if (access.array != array)
        continue;
      isl::union_map below =
          isl::union_map(access.relation).intersect_domain(node.domain);
      if (below.is_empty())
        continue;
      if (access.isWrite)
        return statement.name + " writes the array below the band";
      if (!isa<affine::AffineLoadOp>(access.op))
        return statement.name + " may read the array anywhere";
      isRead = true;
    }
  if (!isRead)
    return "the array is not read below the band";
  return std::nullopt;
}

/// Why a copy would be too large. Regions are as large as the array at most, so
/// that they need not be found for most arrays, which takes long inside tiles.
static Refusal findExcess(const Model &model, const TreePath &location,
                          unsigned array) {
  auto type = cast<MemRefType>(model.scop.arrays[array].getType());
  if (bufferBytes(model.scop, array, type.getShape()) <= maxBufferBytes)
    return std::nullopt;
  llvm::SmallVector<int64_t> sizes = regionSizes(
      model.scop, placesOf(membersAround(location), location.node->domain),
      array);
  if (sizes.empty())
    return "what is read of the array below the band has no fixed size";
  if (int64_t bytes = bufferBytes(model.scop, array, sizes);
      bytes > maxBufferBytes)
    return "the buffer would take " + std::to_string(bytes) + " bytes";
  return std::nullopt;
}

Refusal pack(Model &model, unsigned number, unsigned array, unsigned panelDim,
             int64_t panel) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (Refusal refusal = checkPlainBand(*location))
    return refusal;
  if (array >= model.scop.arrays.size())
    return "there is no array " + std::to_string(array);
  Tree &band = *location->node;
  bool isParallel = !location->ancestors.empty() &&
                    location->ancestors.back()->isMark(mark::parallel);
  std::string prefix = (mark::pack + llvm::Twine(array) + ",").str();
  bool isPacked = containsMark(band, prefix);
  for (const Tree *ancestor : location->ancestors)
    isPacked |= ancestor->isMark(prefix);
  if (isPacked)
    return "the array is packed already";
  if (containsMark(band, (mark::prefetch + llvm::Twine(array) + ",").str()))
    return "the array is prefetched below";
  if (Refusal refusal = findBadUse(model, band, array))
    return refusal;
  auto type = cast<MemRefType>(model.scop.arrays[array].getType());
  if (panelDim >= type.getRank() || panel < 1)
    return "the array has no such panel";
  if (Refusal refusal = findExcess(model, *location, array))
    return refusal;
  std::string label =
      prefix + std::to_string(panelDim) + "," + std::to_string(panel);
  // A parallel mark stays directly above its band; the threads share the copy.
  Tree &top = isParallel ? *location->ancestors.back() : band;
  Tree inner = std::move(top);
  top = makeMark(label, std::move(inner));
  return std::nullopt;
}

namespace {
struct PackPass : impl::PackBase<PackPass> {
  using PackBase::PackBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return pack(model, band, array, panelDim, panel);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
