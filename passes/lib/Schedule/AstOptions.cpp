//===- AstOptions.cpp - Separate full tiles from partial ones -------------===//

#include "Codegen.h"
#include "GeneratedAst.h"

#include <isl/map.h>
#include <isl/set.h>

namespace autotune {

namespace {

/// Unrolled and vector bands below a plain band, down to the next plain one.
struct Strip {
  std::vector<isl::union_pw_aff> members;
  isl::union_set domain;
};

} // namespace

/// Appends a strip for every leaf or other plain loop that is reached first.
static void collectStrips(const Tree &tree,
                          std::vector<isl::union_pw_aff> members, bool isMarked,
                          std::vector<Strip> &strips) {
  if (tree.isBand()) {
    if (!isMarked && !members.empty())
      strips.push_back({members, tree.domain});
    if (!isMarked)
      return;
    members.insert(members.end(), tree.members.begin(), tree.members.end());
  }
  if (tree.kind == Tree::Kind::Leaf && !members.empty())
    strips.push_back({members, tree.domain});
  bool marksChild = tree.isMark(mark::unroll) || tree.isMark(mark::vectorize) ||
                    (isMarked && tree.isMark(stridesMark));
  for (const Tree &child : tree.children)
    collectStrips(child, members, marksChild, strips);
}

static isl::union_map
scheduleOrPoint(const std::vector<isl::union_pw_aff> &members,
                const isl::union_set &domain) {
  if (members.empty())
    return isl::manage(isl_union_map_from_domain_and_range(
        domain.copy(),
        isl_union_set_read_from_str(domain.ctx().get(), "{ [] }")));
  isl::multi_union_pw_aff schedule =
      bandSchedule(members).intersect_domain(domain);
  return isl::manage(isl_union_map_from_multi_union_pw_aff(schedule.release()));
}

/// The points at which all corners of the box of values occur, as one basic set
/// where each corner's points are one.
static isl::set pointsOfAllCorners(const isl::map &occurring) {
  isl::set points = occurring.domain(), values = occurring.range();
  unsigned dims = isl_set_dim(values.get(), isl_dim_set);
  for (unsigned corner = 0; corner < 1u << dims; ++corner) {
    isl::set value = values;
    for (unsigned dim = 0; dim < dims; ++dim) {
      isl::val end =
          corner >> dim & 1 ? values.dim_max_val(dim) : values.dim_min_val(dim);
      value = isl::manage(
          isl_set_fix_val(value.release(), isl_dim_set, dim, end.release()));
    }
    points = points.intersect(occurring.intersect_range(value).domain());
  }
  return points;
}

/// Whether the map is all integer points of one polyhedron.
static bool isConvex(const isl::map &map) {
  if (isl_map_n_basic_map(map.get()) != 1)
    return false;
  isl_basic_map_list *list = isl_map_get_basic_map_list(map.get());
  isl_basic_map *only = isl_basic_map_list_get_basic_map(list, 0);
  bool hasDivisions = isl_basic_map_dim(only, isl_dim_div) > 0;
  isl_basic_map_free(only);
  isl_basic_map_list_free(list);
  return !hasDivisions;
}

/// [outer -> band] points at which every value of the strip occurs, and those
/// at which some is missing.
static std::pair<isl::set, isl::set>
splitByFullness(const Strip &strip, const Tree &band,
                const std::vector<isl::union_pw_aff> &outer) {
  isl::union_map place =
      scheduleOrPoint(outer, strip.domain)
          .range_product(scheduleOrPoint(band.members, strip.domain));
  isl::union_map within = scheduleOrPoint(strip.members, strip.domain);
  isl::map occurring = place.reverse().apply_range(within).as_map();
  isl::set points = occurring.domain();
  isl::set corners = pointsOfAllCorners(occurring);
  // A convex set of values has what lies between its corners.
  if (isConvex(occurring))
    return {corners, points.subtract(corners)};
  isl::map all = isl::manage(isl_map_from_domain_and_range(
      points.copy(), occurring.range().release()));
  isl::set partial = all.subtract(occurring).domain();
  // isl isolates only what is one basic set, and may not see that a difference
  // is one.
  isl::set full = points.subtract(partial);
  return {corners.is_equal(full) ? corners : full, partial};
}

/// [outer -> band] points of the tiles that are complete; null where all or
/// none are.
static isl::set fullTiles(const Tree &band,
                          const std::vector<isl::union_pw_aff> &outer) {
  std::vector<Strip> strips;
  collectStrips(band.children.front(), {}, false, strips);
  isl::set full, partial;
  for (const Strip &strip : strips) {
    auto [someFull, somePartial] = splitByFullness(strip, band, outer);
    full = full.is_null() ? someFull : full.unite(someFull);
    partial = partial.is_null() ? somePartial : partial.unite(somePartial);
  }
  if (full.is_null() || partial.is_empty())
    return isl::set();
  if (!full.is_disjoint(partial))
    full = full.subtract(partial);
  isl::set isolated = full.coalesce();
  if (isolated.is_empty())
    return isl::set();
  return isolated;
}

/// How many of the outermost of `num` flat dimensions the set constrains more
/// than `context` does.
static unsigned numConstrained(const isl::set &set, const isl::set &context,
                               unsigned num) {
  isl::set gist = set.gist(context);
  while (num > 0 && !isl_set_involves_dims(gist.get(), isl_dim_set, num - 1, 1))
    --num;
  return num;
}

namespace {

/// Chooses at which band of each nest the full tiles are isolated: the
/// outermost one whose members decide, as conditions inside inner loops would
/// be left otherwise.
class TileIsolator {
public:
  explicit TileIsolator(const Tree &tree) { visit(tree, {}); }

  BandOptionMap options;

private:
  struct Outer {
    const Tree *band;
    unsigned number;
  };

  /// `chain` are the bands with nothing but this node below, outermost first.
  void visit(const Tree &node, std::vector<Outer> chain) {
    if (node.isBand()) {
      chain.push_back({&node, numBands++});
      isolate(chain);
      members.insert(members.end(), node.members.begin(), node.members.end());
    }
    bool isMarked = node.isMark(mark::unroll) || node.isMark(mark::vectorize);
    if (isMarked || node.children.size() > 1)
      chain.clear();
    for (const Tree &child : node.children)
      visit(child, chain);
    if (node.isBand())
      members.resize(members.size() - node.members.size());
  }

  void isolate(std::vector<Outer> chain) {
    const Tree *band = chain.back().band;
    isl::set full = fullTiles(*band, members);
    if (full.is_null())
      return;
    isl::set flat = isl::manage(isl_set_flatten(full.release()));
    unsigned numOuter = members.size(), num = numOuter + band->members.size();
    unsigned numDeciding = numConstrained(flat, placesOf(*band), num);
    while (chain.size() > 1 && numDeciding <= numOuter) {
      chain.pop_back();
      flat = isl::manage(isl_set_project_out(flat.release(), isl_dim_set,
                                             numOuter, num - numOuter));
      num = numOuter;
      numOuter -= chain.back().band->members.size();
    }
    options.emplace(chain.back().number, isolateOption(flat, numOuter));
  }

  /// The points of the flat space of `members` and the band.
  isl::set placesOf(const Tree &band) const {
    isl::union_map place =
        scheduleOrPoint(members, band.domain)
            .range_product(scheduleOrPoint(band.members, band.domain));
    isl::set points = place.range().as_set();
    return isl::manage(isl_set_flatten(points.release()));
  }

  /// isolate[[outer] -> [band]] of a flat set.
  static isl::union_set isolateOption(const isl::set &flat, unsigned numOuter) {
    isl_map *nested =
        isl_map_move_dims(isl_map_from_range(flat.copy()), isl_dim_in, 0,
                          isl_dim_out, 0, numOuter);
    return isl::union_set(
        isl::manage(isl_set_set_tuple_name(isl_map_wrap(nested), "isolate")));
  }

  unsigned numBands = 0;
  /// Of the bands outside the one visited.
  std::vector<isl::union_pw_aff> members;
};

} // namespace

BandOptionMap fullTileOptions(const Tree &tree) {
  return TileIsolator(tree).options;
}

} // namespace autotune
