//===- CacheMenus.cpp - Menus of what goes past or ahead of the caches ----===//

#include "Enumerate.h"

using namespace mlir;

namespace autotune {

/// Smaller arrays stay in some cache; nothing of theirs is worth fetching
/// ahead.
static constexpr int64_t minFetchedBytes = 256 << 10;
static constexpr int64_t distances[] = {1, 2, 4, 8, 16, 32, 64};

void Enumerator::addStreams() {
  Values legal;
  for (int64_t number = 0; number < int64_t(model.scop.statements.size());
       ++number)
    if (isLegal([&](Model &m) { return stream(m, number); }))
      legal.push_back(number);
  if (!legal.empty())
    add("autotune-stream", {}, {{"statement", {legal}}});
}

static int64_t numBytes(const Scop &scop, int64_t array) {
  auto type = cast<MemRefType>(scop.arrays[array].getType());
  return type.getNumElements() * scop.elementBits(array) / 8;
}

void Enumerator::addPrefetches(const BandFacts &band) {
  const Tree &node = *findBand(model.tree, band.number)->node;
  if (containsLoops(node.children.front()))
    return;
  int64_t last = band.extents.size() - 1;
  int64_t count =
      (band.extents[last] - 1) / std::max<int64_t>(band.strides[last], 1) + 1;
  Values fitting;
  for (int64_t distance : distances)
    if (distance < count)
      fitting.push_back(distance);
  for (int64_t array = 0;
       !fitting.empty() && array < int64_t(model.scop.arrays.size()); ++array)
    if (numBytes(model.scop, array) >= minFetchedBytes &&
        isLegal(
            [&](Model &m) { return prefetch(m, band.number, last, array, 1); }))
      add("autotune-prefetch",
          {{"band", {int64_t(band.number)}},
           {"member", {last}},
           {"array", {array}}},
          {{"distance", {fitting}}});
}

} // namespace autotune
