//===- TileCases.h - Complete tiles and the others --------------*- C++ -*-===//
//
// In most tiles the unrolled and vector loops are complete; where an extent is
// no multiple of the tile, they have one other length at the end. Such tiles
// get code of their own, without conditions and masks that vary, and so do
// tiles that are complete for one of their statements; what is left gets
// compact code.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_TILECASES_H
#define AUTOTUNE_SCHEDULE_TILECASES_H

#include "Coordinates.h"

namespace autotune {

/// tiles=N: tiles of the N-th list of cases begin here.
constexpr llvm::StringLiteral tilesMark = "tiles=";

/// The cases of the tiles below one `tilesMark`.
struct TileCases {
  /// How many members are around the mark.
  unsigned numOuter;
  /// The values of these where tiles are, and maybe more.
  isl::set outer;
  /// Sets of such values, complete tiles first; the first that holds
  /// counts.
  std::vector<isl::set> cases;
  /// Whether the cases are all tiles.
  bool isExhaustive;
};

/// Puts marks where the cases differ, outside of loops that do not decide.
/// Strides are marked already, and members count iterations.
std::vector<TileCases> markTiles(Tree &tree, const CoordinatesMap &coordinates);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TILECASES_H
