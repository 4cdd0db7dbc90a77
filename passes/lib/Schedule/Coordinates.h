//===- Coordinates.h - Statements by their place in a schedule --*- C++ -*-===//
//
// Tiles make loop counters expressions with integer divisions, for which isl's
// AST generator pays dearly. The places of instances, one number a band member,
// mostly form a polyhedron without divisions. Code is therefore generated for
// the places, and the loop counters are computed from them.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_COORDINATES_H
#define AUTOTUNE_SCHEDULE_COORDINATES_H

#include "ScheduleTree.h"

#include <map>

namespace autotune {

/// Where the schedule puts the instances of one statement.
struct Coordinates {
  /// Values of the members around the statement, outermost first; named like
  /// the statement.
  isl::set places;
  /// Statement instance -> place.
  isl::map placement;
  /// Place -> loop counters.
  isl::multi_aff counters;
};
using CoordinatesMap = std::map<std::string, Coordinates>;

/// The coordinates of every statement of the tree; nothing where some counter
/// is no single expression.
std::optional<CoordinatesMap> coordinatesOf(const Tree &tree);

/// The tree over places instead of instances. The values of the outermost
/// `numFixed` members are parameters, called by their depth; `tree` has
/// `numFixed` members around it.
Tree overPlaces(const Tree &tree, const CoordinatesMap &coordinates,
                unsigned numFixed);

/// The function that the map is; nothing where it takes more than one
/// expression.
std::optional<isl::multi_aff> singleExpression(const isl::map &map);

/// The name of the statement that a leaf is about.
std::string statementOf(const Tree &leaf);

/// Calls the dimensions of the set that come first by their depth, as
/// parameters.
isl::set fixOutermost(const isl::set &set, unsigned numFixed);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_COORDINATES_H
