//===- MemoryMenus.cpp - Menus of what changes where values are kept ------===//

#include "Enumerate.h"
#include "Reductions.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace autotune {

static constexpr int64_t panelWidths[] = {4, 6, 8, 12, 16, 24, 32, 48, 64};

void Enumerator::addPacks(const BandFacts &band) {
  for (int64_t array = 0; array < int64_t(model.scop.arrays.size()); ++array) {
    auto type = cast<MemRefType>(model.scop.arrays[array].getType());
    if (type.getRank() < 2 ||
        !isLegal([&](Model &m) { return pack(m, band.number, array, 0, 1); }))
      continue;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      addPanels(band, array, dim, type.getDimSize(dim));
  }
}

void Enumerator::addPanels(const BandFacts &band, int64_t array, int64_t dim,
                           int64_t size) {
  Values widths;
  for (int64_t width : panelWidths)
    if (width <= size)
      widths.push_back(width);
  if (!widths.empty())
    add("autotune-pack",
        {{"band", {int64_t(band.number)}},
         {"array", {array}},
         {"panel-dim", {dim}}},
        {{"panel", {widths}}});
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
  if (isMarked(model.tree))
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
  if (isMarked(model.tree))
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
  for (int64_t array : privateArrays())
    if (isLegalChange([&](Model &m, MemoryChange &change) {
          return contract(m, array, change);
        }))
      add("autotune-contract", {{"array", {array}}}, {});
}

} // namespace autotune
