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
#define GEN_PASS_DEF_PACKREAD
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

std::optional<PackRegion> packRegion(const Scop &scop,
                                     const isl::union_map &place,
                                     unsigned array, const Access *only) {
  isl::union_map touched(place.ctx(), "{ }");
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && (!only || only == &access))
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
static llvm::SmallVector<int64_t> regionSizes(const Scop &scop,
                                              const isl::union_map &place,
                                              unsigned array,
                                              const Access *only) {
  thread_local Recent<llvm::SmallVector<int64_t>> recent{4096};
  std::string question = textOf(place);
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && (!only || only == &access))
        question += textOf(isl::union_map(access.relation));
  // What isl's quota leaves must not depend on what is known already.
  isl_ctx *ctx = place.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  if (const auto *sizes = recent.find(question))
    return *sizes;
  isl_ctx_reset_operations(ctx);
  std::optional<PackRegion> region = packRegion(scop, place, array, only);
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
                          unsigned array, const Access *only = nullptr) {
  auto type = cast<MemRefType>(model.scop.arrays[array].getType());
  if (bufferBytes(model.scop, array, type.getShape()) <= maxBufferBytes)
    return std::nullopt;
  llvm::SmallVector<int64_t> sizes = regionSizes(
      model.scop, placesOf(membersAround(location), location.node->domain),
      array, only);
  if (sizes.empty())
    return "what is read of the array below the band has no fixed size";
  if (int64_t bytes = bufferBytes(model.scop, array, sizes);
      bytes > maxBufferBytes)
    return "the buffer would take " + std::to_string(bytes) + " bytes";
  return std::nullopt;
}

/// Whether a read is packed already, above or below the band: of one access,
/// or all reads of the array.
static bool isPacked(const TreePath &location, llvm::StringRef ofArray,
                     llvm::StringRef ofRead) {
  auto isOther = [&](llvm::StringRef label) {
    bool isOfOneRead = label.count(',') > 2;
    return label.starts_with(ofArray) &&
           (ofRead.empty() || !isOfOneRead || label.ends_with(ofRead));
  };
  std::function<bool(const Tree &)> contains = [&](const Tree &tree) {
    return (tree.kind == Tree::Kind::Mark && isOther(tree.label)) ||
           llvm::any_of(tree.children, contains);
  };
  return contains(*location.node) ||
         llvm::any_of(location.ancestors, [&](const Tree *ancestor) {
           return ancestor->kind == Tree::Kind::Mark &&
                  isOther(ancestor->label);
         });
}

/// What has to hold for every copy; `ofRead` is how the mark of a copy for one
/// read ends.
static Refusal checkPlace(const Model &model, const TreePath &location,
                          unsigned array, llvm::StringRef ofRead) {
  if (Refusal refusal = checkPlainBand(location))
    return refusal;
  if (array >= model.scop.arrays.size())
    return "there is no array " + std::to_string(array);
  std::string number = std::to_string(array) + ",";
  if (isPacked(location, mark::pack.str() + number, ofRead))
    return "the array is packed already";
  if (containsMark(*location.node, mark::prefetch.str() + number))
    return "the array is prefetched below";
  return std::nullopt;
}

static Refusal checkPanel(const Model &model, unsigned array, unsigned panelDim,
                          int64_t panel) {
  auto type = cast<MemRefType>(model.scop.arrays[array].getType());
  if (panelDim >= type.getRank() || panel < 1)
    return "the array has no such panel";
  return std::nullopt;
}

static void putMark(const TreePath &location, llvm::StringRef label) {
  bool isParallel = !location.ancestors.empty() &&
                    location.ancestors.back()->isMark(mark::parallel);
  // A parallel mark stays directly above its band; the threads share the copy.
  Tree &top = isParallel ? *location.ancestors.back() : *location.node;
  Tree inner = std::move(top);
  top = makeMark(label, std::move(inner));
}

static std::string labelOf(unsigned array, unsigned panelDim, int64_t panel) {
  return (mark::pack + llvm::Twine(array) + "," + llvm::Twine(panelDim) + "," +
          llvm::Twine(panel))
      .str();
}

Refusal pack(Model &model, unsigned number, unsigned array, unsigned panelDim,
             int64_t panel) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (Refusal refusal = checkPlace(model, *location, array, ""))
    return refusal;
  if (Refusal refusal = findBadUse(model, *location->node, array))
    return refusal;
  if (Refusal refusal = checkPanel(model, array, panelDim, panel))
    return refusal;
  if (Refusal refusal = findExcess(model, *location, array))
    return refusal;
  putMark(*location, labelOf(array, panelDim, panel));
  return std::nullopt;
}

/// Whether an instance writes, in one iteration of the loops outside, what the
/// access reads there.
static bool isWrittenBelow(const Model &model,
                           llvm::ArrayRef<isl::union_pw_aff> outside,
                           const isl::union_set &instances,
                           const Access &read) {
  isl::union_map elements(read.relation);
  isl::union_map writes = model.scop.accesses([&](const Access &access) {
    return access.isWrite && access.array == read.array;
  });
  isl::union_map place = placesOf(outside, instances).reverse();
  isl::union_map touched = place.apply_range(elements);
  return !touched.is_disjoint(place.apply_range(writes));
}

const Access *packedRead(const Scop &scop, llvm::StringRef label) {
  llvm::SmallVector<llvm::StringRef> numbers;
  label.split(numbers, ',');
  unsigned statement, access;
  if (!label.starts_with(mark::pack) || numbers.size() < 5 ||
      numbers[3].getAsInteger(10, statement) ||
      numbers[4].getAsInteger(10, access))
    return nullptr;
  return &scop.statements[statement].accesses[access];
}

static Refusal findOverwrittenCopy(const Model &model, const Tree &node,
                                   std::vector<isl::union_pw_aff> outside) {
  const Access *read = node.kind == Tree::Kind::Mark
                           ? packedRead(model.scop, node.label)
                           : nullptr;
  if (read && isWrittenBelow(model, outside, node.domain, *read))
    return "what a packed copy holds would be written below it";
  llvm::append_range(outside, node.members);
  for (const Tree &child : node.children)
    if (Refusal refusal = findOverwrittenCopy(model, child, outside))
      return refusal;
  return std::nullopt;
}

Refusal findOverwrittenCopy(const Model &model) {
  return findOverwrittenCopy(model, model.tree, {});
}

Refusal packRead(Model &model, unsigned number, unsigned statementNumber,
                 unsigned accessNumber, unsigned panelDim, int64_t panel) {
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (statementNumber >= model.scop.statements.size())
    return "there is no statement " + std::to_string(statementNumber);
  const Statement &statement = model.scop.statements[statementNumber];
  if (accessNumber >= statement.accesses.size())
    return statement.name + " has no access " + std::to_string(accessNumber);
  const Access &read = statement.accesses[accessNumber];
  if (read.isWrite || !isa<affine::AffineLoadOp>(read.op))
    return "the access is no read of one element";
  if (!isl::union_set(statement.domain).is_subset(location->node->domain))
    return statement.name + " is not below the band as a whole";
  std::string ofRead = "," + std::to_string(statementNumber) + "," +
                       std::to_string(accessNumber);
  if (Refusal refusal = checkPlace(model, *location, read.array, ofRead))
    return refusal;
  if (isWrittenBelow(model, membersAround(*location), location->node->domain,
                     read))
    return "what it reads is written below the band";
  if (Refusal refusal = checkPanel(model, read.array, panelDim, panel))
    return refusal;
  if (Refusal refusal = findExcess(model, *location, read.array, &read))
    return refusal;
  putMark(*location, labelOf(read.array, panelDim, panel) + ofRead);
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

struct PackReadPass : impl::PackReadBase<PackReadPass> {
  using PackReadBase::PackReadBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return packRead(model, band, statement, access, panelDim, panel);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
