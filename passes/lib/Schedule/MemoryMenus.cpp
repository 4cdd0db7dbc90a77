//===- MemoryMenus.cpp - Menus of what changes where values are kept ------===//

#include "Enumerate.h"
#include "NewStatements.h"
#include "Reductions.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace autotune {

static constexpr int64_t blockSizes[] = {1, 16, 32, 64, 128};
static constexpr int64_t panelWidths[] = {4, 6, 8, 12, 16, 24, 32, 48, 64};

static int64_t rankOf(const Scop &scop, unsigned array) {
  return cast<MemRefType>(scop.arrays[array].getType()).getRank();
}

void Enumerator::addPacks(const BandFacts &band) {
  for (int64_t array = 0; array < int64_t(model.scop.arrays.size()); ++array)
    if (rankOf(model.scop, array) > 1 &&
        isLegal([&](Model &m) { return pack(m, band.number, array, 0, 1); }))
      addPanels("autotune-pack",
                {{"band", {int64_t(band.number)}}, {"array", {array}}}, array);
  addPackedReads(band);
}

/// Numbers of the reads of the array that the statement writes, but for that of
/// the very element, which no copy may hold.
static llvm::SmallVector<int64_t> readsElsewhere(const Scop &scop,
                                                 const Statement &statement) {
  llvm::SmallVector<int64_t> reads;
  const Access &write = statement.accesses.back();
  if (rankOf(scop, write.array) < 2)
    return reads;
  std::optional<AffineMap> written = accessMap(write.op, statement);
  for (auto [index, access] : llvm::enumerate(statement.accesses))
    if (access.array == write.array && !access.isWrite &&
        accessMap(access.op, statement) != written)
      reads.push_back(index);
  return reads;
}

void Enumerator::addPackedReads(const BandFacts &band) {
  isl::union_set domain = findBand(model.tree, band.number)->node->domain;
  for (auto [position, statement] : llvm::enumerate(model.scop.statements)) {
    int64_t number = position;
    llvm::SmallVector<int64_t> reads = readsElsewhere(model.scop, statement);
    if (reads.empty() || !domain.is_equal(isl::union_set(statement.domain)))
      continue;
    for (int64_t read : reads)
      if (isLegal([&](Model &m) {
            return packRead(m, band.number, number, read, 0, 1);
          }))
        addPanels("autotune-pack-read",
                  {{"band", {int64_t(band.number)}},
                   {"statement", {number}},
                   {"access", {read}}},
                  statement.accesses.back().array);
  }
}

void Enumerator::addPanels(llvm::StringRef pass, const Fixed &fixed,
                           unsigned array) {
  auto type = cast<MemRefType>(model.scop.arrays[array].getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Values widths;
    for (int64_t width : panelWidths)
      if (width <= type.getDimSize(dim))
        widths.push_back(width);
    Fixed all = fixed;
    all.push_back({"panel-dim", {dim}});
    if (!widths.empty())
      add(pass, all, {{"panel", {widths}}});
  }
}

llvm::SmallVector<int64_t> Enumerator::privateArrays() const {
  llvm::SmallVector<int64_t> result;
  for (int64_t array = 0; array < int64_t(model.scop.arrays.size()); ++array)
    if (!findVisibleUse(model.scop, array))
      result.push_back(array);
  return result;
}

bool Enumerator::isLegalChange(
    llvm::function_ref<Refusal(Model &, MemoryChange &)> transform) const {
  Model trial(model);
  MemoryChange change;
  return !guarded(trial, [&](Model &m) { return transform(m, change); });
}

void Enumerator::addPrivatizations(const BandFacts &band) {
  if (isMarked(model.tree) || function->hasAttr(blocksName))
    return;
  llvm::SmallSetVector<int64_t, 4> arrays;
  for (const Statement &statement : model.scop.statements)
    if (findReduction(statement).reduction)
      for (const Access &access : statement.accesses)
        if (access.isWrite)
          arrays.insert(access.array);
  int64_t width = arrays.empty() ? 0 : vectorWidth(band.number);
  for (int64_t member = 0; member < int64_t(band.extents.size()); ++member) {
    int64_t stride = std::max<int64_t>(band.strides[member], 1);
    int64_t count = llvm::divideCeil(band.extents[member], stride);
    Values lanes;
    if (stride > 1 && threads > 1)
      lanes.push_back(count);
    if (stride == 1)
      for (int64_t vectors : {1, 2, 4, 8})
        lanes.push_back(width * vectors);
    llvm::erase_if(lanes, [&](int64_t n) { return n < 2 || n > count; });
    for (int64_t array : arrays)
      addPrivatization(band, member, array, lanes);
  }
}

void Enumerator::addPrivatization(const BandFacts &band, int64_t member,
                                  int64_t array, const Values &lanes) {
  Values legal;
  for (int64_t num : lanes)
    if (!guarded(model, [&](Model &m) {
          return checkPrivatize(m, band.number, member, array, num);
        }))
      legal.push_back(num);
    else if (legal.empty())
      return;
  if (!legal.empty())
    add("autotune-privatize",
        {{"band", {int64_t(band.number)}},
         {"member", {member}},
         {"array", {array}}},
        {{"lanes", {legal}}});
}

void Enumerator::addSeparations(const BandFacts &band) {
  if (isMarked(model.tree) || function->hasAttr(blocksName))
    return;
  Values legal;
  for (auto [number, statement] : llvm::enumerate(model.scop.statements))
    if (findReduction(statement).reduction &&
        isLegal([&, number = number](Model &m) {
          return checkSeparate(m, band.number, number);
        }))
      legal.push_back(number);
  if (!legal.empty())
    add("autotune-separate", {{"band", {int64_t(band.number)}}},
        {{"statement", {legal}}});
}

void Enumerator::addExpansions(const BandFacts &band) {
  if (function->hasAttr(blocksName))
    return;
  for (int64_t array : privateArrays())
    for (int64_t member = 0; member < int64_t(band.extents.size()); ++member)
      if (band.extents[member] > 1 &&
          isLegalChange([&](Model &m, MemoryChange &change) {
            return expand(m, band.number, member, array, change);
          }))
        add("autotune-expand",
            {{"band", {int64_t(band.number)}},
             {"member", {member}},
             {"array", {array}}},
            {});
}

void Enumerator::addContractions() {
  if (function->hasAttr(blocksName))
    return;
  for (int64_t array : privateArrays())
    if (isLegalChange([&](Model &m, MemoryChange &change) {
          return contract(m, array, change);
        }))
      add("autotune-contract", {{"array", {array}}}, {});
}

void Enumerator::addSnapshots(const BandFacts &band) {
  if (isMarked(model.tree) || function->hasAttr(blocksName))
    return;
  for (int64_t array = 0; array < int64_t(model.scop.arrays.size()); ++array)
    if (mayTakeSnapshot(model, band.number, array, context))
      add("autotune-snapshot",
          {{"band", {int64_t(band.number)}}, {"array", {array}}}, {});
}

/// Whether a statement below the band reads, at the value of `outer`, a row of
/// an array that it writes at the value of `member`.
static bool readsOtherRow(const Statement &statement,
                          const isl::union_pw_aff &member,
                          const isl::union_pw_aff &outer) {
  AffineExpr row = memberExpr(member, statement);
  AffineExpr other = memberExpr(outer, statement);
  if (!row || !other)
    return false;
  for (const Access &write : statement.accesses)
    for (const Access &read : statement.accesses) {
      bool isPair = write.isWrite && !read.isWrite &&
                    write.array == read.array && write.isExact && read.isExact;
      if (!isPair)
        continue;
      auto written = accessMap(write.op, statement)->getResults();
      auto used = accessMap(read.op, statement)->getResults();
      for (auto [to, from] : llvm::zip(written, used))
        if (to == row && from == other)
          return true;
    }
  return false;
}

void Enumerator::addSplits(const BandFacts &band) {
  if (isMarked(model.tree))
    return;
  TreePath path = *findBand(model.tree, band.number);
  std::vector<isl::union_pw_aff> around = membersAround(path);
  for (unsigned position = 0; position < band.extents.size(); ++position) {
    const isl::union_pw_aff &member = path.node->members[position];
    for (unsigned outer = 1; outer <= around.size(); ++outer)
      if (llvm::any_of(model.scop.statements, [&](const Statement &statement) {
            return isl::union_set(statement.domain)
                       .is_subset(path.node->domain) &&
                   readsOtherRow(statement, member,
                                 around[around.size() - outer]);
          }))
        addSplit(band, position, outer);
    around.push_back(member);
  }
}

void Enumerator::addSplit(const BandFacts &band, int64_t member,
                          int64_t outer) {
  Values sizes;
  for (int64_t size : blockSizes)
    if (size < band.extents[member] &&
        !guarded(
            model,
            [&](Model &m) {
              return checkSplit(m, band.number, member, outer, size);
            }))
      sizes.push_back(size);
  if (!sizes.empty())
    add("autotune-split",
        {{"band", {int64_t(band.number)}},
         {"member", {member}},
         {"outer", {outer}}},
        {{"size", {sizes}}});
}

} // namespace autotune
