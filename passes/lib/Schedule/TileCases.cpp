//===- TileCases.cpp - Complete tiles and the others ----------------------===//

#include "TileCases.h"
#include "GeneratedAst.h"

#include <isl/aff.h>
#include <isl/constraint.h>
#include <isl/local_space.h>
#include <isl/set.h>

#include <functional>

namespace autotune {

/// Tiles that end in more ways than this all get the compact code.
static constexpr size_t maxBoundaries = 2;

/// Every case is a copy of the tile's code.
static constexpr size_t maxCases = 4;

/// Tiles that lack fewer iterations than this are few beside the complete ones.
static constexpr long maxRim = 32;

/// Whether everything below is unrolled or a vector, and something is.
static bool isTile(const Tree &node, bool &hasStrips) {
  if (node.isBand())
    return false;
  if (node.isMark(mark::unroll) || node.isMark(mark::vectorize)) {
    hasStrips = true;
    return true;
  }
  for (const Tree &child : node.children)
    if (!isTile(child, hasStrips))
      return false;
  return true;
}

static void collectStatements(const Tree &node,
                              std::vector<std::string> &statements) {
  if (node.kind == Tree::Kind::Leaf && !node.domain.is_empty())
    statements.push_back(statementOf(node));
  for (const Tree &child : node.children)
    collectStatements(child, statements);
}

static isl::val coefficient(isl_constraint *constraint, unsigned dim) {
  return isl::manage(
      isl_constraint_get_coefficient_val(constraint, isl_dim_set, dim));
}

namespace {

/// How one statement lies in tiles.
struct StatementTiles {
  /// The tiles it is in, and maybe more.
  isl::set around;
  /// How far, at least, a tile's points are within a constraint.
  std::vector<isl::aff> boundaries;
  /// Whether the boundaries are all there is to a complete tile.
  bool isRegular;
};

/// Finds the cases of a tile with `numOuter` members around it.
class CaseFinder {
public:
  CaseFinder(unsigned numOuter, const CoordinatesMap &coordinates)
      : numOuter(numOuter), coordinates(coordinates) {}

  TileCases find(const std::vector<std::string> &names) {
    for (const std::string &name : names)
      statements.push_back(tilesOf(coordinates.at(name).places));
    for (const StatementTiles &statement : statements)
      outer = outer.is_null() ? statement.around
                              : hullOf(outer.unite(statement.around));
    for (const StatementTiles &statement : statements)
      for (const isl::aff &distance : statement.boundaries)
        if (!outer.is_subset(within(distance)))
          addOnce(boundaries, distance);
    TileCases result{numOuter, outer, {}, false};
    if (boundaries.empty())
      return result;
    add(result, without(crossing(0), [](const StatementTiles &statement) {
          return !statement.isRegular;
        }));
    if (boundaries.size() <= maxBoundaries &&
        llvm::all_of(statements, std::mem_fn(&StatementTiles::isRegular)))
      addUniform(result);
    addSingleStatements(result);
    return result;
  }

private:
  /// The constraints that cut tiles, where the places are all integer points of
  /// one polyhedron.
  StatementTiles tilesOf(const isl::set &places) const {
    unsigned num = isl_set_dim(places.get(), isl_dim_set);
    isl::set around = isl::manage(isl_set_reset_tuple_id(isl_set_project_out(
        places.copy(), isl_dim_set, numOuter, num - numOuter)));
    around = isl::manage(isl_set_remove_divs(around.release()));
    StatementTiles result{hullOf(around), {}, false};
    if (isl_set_n_basic_set(places.get()) != 1)
      return result;
    isl_basic_set_list *list = isl_set_get_basic_set_list(places.get());
    isl::basic_set polyhedron =
        isl::manage(isl_basic_set_list_get_basic_set(list, 0));
    isl_basic_set_list_free(list);
    if (isl_basic_set_dim(polyhedron.get(), isl_dim_div) > 0)
      return result;
    isl_constraint_list *constraints =
        isl_basic_set_get_constraint_list(polyhedron.get());
    result.isRegular = true;
    for (int i = 0; i < isl_constraint_list_n_constraint(constraints); ++i) {
      isl_constraint *each = isl_constraint_list_get_constraint(constraints, i);
      result.isRegular &= addBoundary(each, places, result);
      isl_constraint_free(each);
    }
    isl_constraint_list_free(constraints);
    if (!result.isRegular)
      result.boundaries.clear();
    return result;
  }

  static isl::set hullOf(const isl::set &set) {
    return isl::set(isl::manage(isl_set_simple_hull(set.copy())));
  }

  static void addOnce(std::vector<isl::aff> &boundaries,
                      const isl::aff &distance) {
    auto isSame = [&](const isl::aff &other) {
      return isl_aff_plain_is_equal(distance.get(), other.get());
    };
    if (llvm::none_of(boundaries, isSame))
      boundaries.push_back(distance);
  }

  bool addBoundary(isl_constraint *constraint, const isl::set &places,
                   StatementTiles &result) const {
    unsigned num = isl_set_dim(places.get(), isl_dim_set);
    bool isBoundary =
        isl_constraint_involves_dims(constraint, isl_dim_set, 0, numOuter) &&
        isl_constraint_involves_dims(constraint, isl_dim_set, numOuter,
                                     num - numOuter);
    if (!isBoundary)
      return true;
    if (isl_constraint_is_equality(constraint))
      return false;
    isl::val least = isl::manage(isl_constraint_get_constant_val(constraint));
    for (unsigned dim = numOuter; dim < num; ++dim) {
      isl::val factor = coefficient(constraint, dim);
      if (factor.is_zero())
        continue;
      isl::val value =
          factor.is_pos() ? places.dim_min_val(dim) : places.dim_max_val(dim);
      if (!value.is_int())
        return false;
      least = least.add(factor.mul(value));
    }
    isl_aff *distance = isl_aff_zero_on_domain(
        isl_local_space_from_space(isl_set_get_space(result.around.get())));
    for (unsigned dim = 0; dim < numOuter; ++dim)
      distance = isl_aff_set_coefficient_val(
          distance, isl_dim_in, dim, coefficient(constraint, dim).release());
    addOnce(result.boundaries,
            isl::manage(isl_aff_set_constant_val(distance, least.release())));
    return true;
  }

  /// The tiles that lie within the boundary.
  static isl::set within(const isl::aff &distance) {
    isl::aff zero = distance.sub(distance);
    return isl::set(distance.ge_set(zero));
  }

  /// The tiles that cross just these boundaries.
  isl::set crossing(unsigned crossed) const {
    isl::set tiles = outer;
    for (auto [number, distance] : llvm::enumerate(boundaries)) {
      isl::set inside = within(distance);
      tiles =
          tiles.intersect(crossed >> number & 1 ? inside.complement() : inside);
    }
    return tiles;
  }

  /// Whether the tiles are all cut at the same place.
  bool isUniform(const isl::set &tiles, unsigned crossed) const {
    for (auto [number, distance] : llvm::enumerate(boundaries)) {
      if (!(crossed >> number & 1))
        continue;
      isl::val least =
          isl::manage(isl_set_min_val(tiles.get(), distance.get()));
      isl::val most = isl::manage(isl_set_max_val(tiles.get(), distance.get()));
      if (!least.is_int() || !least.eq(most))
        return false;
    }
    return true;
  }

  void add(TileCases &result, const isl::set &tiles) {
    if (tiles.is_empty() || (!known.is_null() && tiles.is_subset(known)))
      return;
    known = known.is_null() ? tiles : known.unite(tiles);
    result.cases.push_back(tiles.gist(outer));
  }

  /// Adds the tiles that all end at the same places.
  void addUniform(TileCases &result) {
    result.isExhaustive = true;
    for (unsigned crossed = 1; crossed < 1u << boundaries.size(); ++crossed) {
      isl::set tiles = crossing(crossed);
      if (isUniform(tiles, crossed))
        add(result, tiles);
      else
        result.isExhaustive = false;
    }
  }

  /// Whether all tiles are close to complete ones: too few for a case.
  bool isRim(const isl::set &tiles, const TileCases &result) const {
    if (result.cases.empty())
      return false;
    return llvm::all_of(boundaries, [&](const isl::aff &distance) {
      isl::val least =
          isl::manage(isl_set_min_val(tiles.get(), distance.get()));
      return !least.is_int() ||
             least.ge(isl::val(least.ctx(), -maxRim)) == true;
    });
  }

  /// The tiles without some statements, where these are one polyhedron: what is
  /// left has straight code. Else all of them.
  isl::set
  without(const isl::set &tiles,
          llvm::function_ref<bool(const StatementTiles &)> isOther) const {
    isl::set alone = tiles;
    for (const StatementTiles &other : statements)
      if (isOther(other))
        alone = alone.subtract(other.around);
    alone = alone.coalesce();
    return isl_set_n_basic_set(alone.get()) == 1 ? alone : tiles;
  }

  /// Adds the tiles in which at least one statement is complete.
  void addSingleStatements(TileCases &result) {
    for (const StatementTiles &statement : statements) {
      isl::set tiles = statement.around;
      for (const isl::aff &distance : statement.boundaries)
        tiles = tiles.intersect(within(distance));
      if (!statement.boundaries.empty() && result.cases.size() < maxCases &&
          !isRim(tiles, result))
        add(result, without(tiles, [&](const StatementTiles &other) {
              return &other != &statement;
            }));
    }
  }

  unsigned numOuter;
  const CoordinatesMap &coordinates;
  std::vector<StatementTiles> statements;
  /// The places of tiles, and maybe more.
  isl::set outer;
  /// Those of all statements, where some tile crosses them.
  std::vector<isl::aff> boundaries;
  /// All cases up to now.
  isl::set known;
};

/// Marks the tiles of a tree.
class TileMarker {
public:
  explicit TileMarker(const CoordinatesMap &coordinates)
      : coordinates(coordinates) {}

  void visit(Tree &node, unsigned depth) {
    bool hasStrips = false;
    if (isTile(node, hasStrips))
      return hasStrips ? mark(node, depth) : void();
    bool isStrided = node.isMark(stridesMark);
    Tree &band = isStrided ? node.children.front() : node;
    for (Tree &child : band.children)
      visit(child, depth + band.members.size());
    if (band.isBand() && band.children.front().isMark(tilesMark))
      lift(node, band, depth);
  }

  std::vector<TileCases> found;

private:
  void mark(Tree &node, unsigned depth) {
    std::vector<std::string> statements;
    collectStatements(node, statements);
    TileCases cases = CaseFinder(depth, coordinates).find(statements);
    if (cases.cases.empty())
      return;
    node = makeMark((tilesMark + llvm::Twine(found.size())).str(),
                    Tree(std::move(node)));
    found.push_back(std::move(cases));
  }

  /// Moves the mark below a band outside of the members that do not decide.
  void lift(Tree &node, Tree &band, unsigned depth) {
    unsigned number = 0;
    std::string label = band.children.front().label;
    llvm::StringRef(label)
        .drop_front(tilesMark.size())
        .getAsInteger(10, number);
    TileCases &cases = found[number];
    unsigned numKept = 0, num = band.members.size();
    for (const isl::set &each : cases.cases)
      for (unsigned i = numKept; i < num; ++i)
        if (isl_set_involves_dims(each.get(), isl_dim_set, depth + i, 1))
          numKept = i + 1;
    if (numKept == num)
      return;
    auto project = [&](isl::set &set) {
      set = isl::manage(isl_set_project_out(set.release(), isl_dim_set,
                                            depth + numKept, num - numKept));
    };
    llvm::for_each(cases.cases, project);
    project(cases.outer);
    cases.numOuter = depth + numKept;
    std::vector<long> strides = stridesOf(node, num);
    Tree body = std::move(band.children.front().children.front());
    auto begin = band.members.begin();
    std::vector<isl::union_pw_aff> kept(begin, begin + numKept),
        passed(begin + numKept, band.members.end());
    Tree inner =
        stridedBand(passed, llvm::ArrayRef(strides).drop_front(numKept),
                    depth + numKept, std::move(body));
    Tree marked = makeMark(label, std::move(inner));
    node = stridedBand(kept, llvm::ArrayRef(strides).take_front(numKept), depth,
                       std::move(marked));
  }

  const CoordinatesMap &coordinates;
};

} // namespace

std::vector<TileCases> markTiles(Tree &tree,
                                 const CoordinatesMap &coordinates) {
  TileMarker marker(coordinates);
  marker.visit(tree, 0);
  return std::move(marker.found);
}

} // namespace autotune
