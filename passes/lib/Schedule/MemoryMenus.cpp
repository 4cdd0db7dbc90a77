//===- MemoryMenus.cpp - Menus of what changes where values are kept ------===//

#include "Enumerate.h"

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

} // namespace autotune
