//===- Coordinates.cpp - Statements by their place in a schedule ----------===//

#include "Coordinates.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <isl/aff.h>
#include <isl/constraint.h>
#include <isl/id.h>
#include <isl/local_space.h>
#include <isl/map.h>
#include <isl/set.h>

namespace autotune {

std::string statementOf(const Tree &leaf) {
  std::string name;
  leaf.domain.foreach_set(
      [&](isl::set set) { name = isl_set_get_tuple_name(set.get()); });
  return name;
}

namespace {

/// coefficients * variables + constant
struct Linear {
  llvm::SmallVector<long> coefficients;
  long constant = 0;

  bool operator==(const Linear &other) const {
    return coefficients == other.coefficients && constant == other.constant;
  }
  void add(const Linear &other, long factor) {
    coefficients.resize(
        std::max(coefficients.size(), other.coefficients.size()));
    for (auto [i, coefficient] : llvm::enumerate(other.coefficients))
      coefficients[i] += factor * coefficient;
    constant += factor * other.constant;
  }
};

/// Writes the members around one statement with a variable for each division,
/// after those for the loop counters. Equal divisions get one variable, so that
/// isl can eliminate it by equalities alone.
class Lifting {
public:
  explicit Lifting(const isl::set &instances) : instances(instances) {
    numVariables = isl_set_dim(instances.get(), isl_dim_set);
  }

  /// False where the member is no single expression.
  bool add(const isl::union_pw_aff &member) {
    isl::pw_aff part =
        isl::manage(isl_pw_aff_coalesce(isl_union_pw_aff_extract_pw_aff(
            member.get(), instances.space().add_unnamed_tuple(1).release())));
    if (isl_pw_aff_n_piece(part.get()) != 1)
      return false;
    std::optional<isl::aff> value;
    part.foreach_piece(
        [&](isl::set, isl::multi_aff piece) { value = piece.at(0); });
    std::optional<Linear> linear = linearOf(*value);
    if (linear)
      members.push_back(*linear);
    return linear.has_value();
  }

  /// Instances -> the values of the members.
  isl::map placement() const {
    isl_space *space = isl_set_get_space(instances.get());
    unsigned numCounters = isl_set_dim(instances.get(), isl_dim_set);
    isl_set *lifted = liftedInstances().release();
    for (const Division &division : divisions) {
      Linear rest = division.argument; // argument - size * quotient
      rest.coefficients.resize(numVariables);
      rest.coefficients[division.variable] -= division.size;
      Linear missing;
      missing.add(rest, -1);
      missing.constant += division.size - 1;
      lifted = constrained(constrained(lifted, rest), missing);
    }
    isl_map *result = isl_map_from_domain(lifted);
    result = isl_map_add_dims(result, isl_dim_out, members.size());
    isl_local_space *local =
        isl_local_space_from_space(isl_map_get_space(result));
    for (auto [place, member] : llvm::enumerate(members)) {
      isl_constraint *equal =
          isl_constraint_alloc_equality(isl_local_space_copy(local));
      for (auto [i, coefficient] : llvm::enumerate(member.coefficients))
        equal = isl_constraint_set_coefficient_si(equal, isl_dim_in, i,
                                                  coefficient);
      equal = isl_constraint_set_coefficient_si(equal, isl_dim_out, place, -1);
      equal = isl_constraint_set_constant_si(equal, member.constant);
      result = isl_map_add_constraint(result, equal);
    }
    isl_local_space_free(local);
    result = isl_map_project_out(result, isl_dim_in, numCounters,
                                 numVariables - numCounters);
    const char *name = isl_space_get_tuple_name(space, isl_dim_set);
    result = isl_map_set_tuple_name(result, isl_dim_in, name);
    result = isl_map_set_tuple_name(result, isl_dim_out, name);
    isl_space_free(space);
    return isl::manage(result);
  }

private:
  /// variable = floor(argument / size)
  struct Division {
    Linear argument;
    long size;
    unsigned variable;
  };

  /// The instances over all variables. Divisions that members have too are
  /// their variables: isl would not see that these are equal.
  isl::set liftedInstances() const {
    unsigned numAdded =
        numVariables - isl_set_dim(instances.get(), isl_dim_set);
    auto extended = [&](isl_set *set) {
      return isl_set_add_dims(set, isl_dim_set, numAdded);
    };
    isl::set known = isl::manage(isl_set_compute_divs(instances.copy()));
    isl::set result = isl::manage(isl_set_empty(
        isl_space_add_dims(known.space().release(), isl_dim_set, numAdded)));
    bool areMembers = true;
    known.foreach_basic_set([&](isl::basic_set piece) {
      isl_set *universe = isl_set_universe(piece.space().release());
      isl_set *lifted = extended(universe);
      isl_constraint_list *constraints =
          isl_basic_set_get_constraint_list(piece.get());
      for (int i = 0; i < isl_constraint_list_n_constraint(constraints); ++i) {
        isl_constraint *each =
            isl_constraint_list_get_constraint(constraints, i);
        std::optional<Linear> value = linearOf(each);
        areMembers &= value.has_value();
        if (value)
          lifted = constrained(lifted, *value);
        if (value && isl_constraint_is_equality(each)) {
          Linear negative;
          negative.add(*value, -1);
          lifted = constrained(lifted, negative);
        }
        isl_constraint_free(each);
      }
      isl_constraint_list_free(constraints);
      result = result.unite(isl::manage(lifted));
    });
    return areMembers ? result : isl::manage(extended(instances.copy()));
  }

  /// The value that a constraint is about; nothing where it has divisions of
  /// its own.
  std::optional<Linear> linearOf(isl_constraint *constraint) const {
    auto integer = [](isl_val *value) { return isl::manage(value).num_si(); };
    Linear result;
    for (int i = 0; i < isl_constraint_dim(constraint, isl_dim_set); ++i)
      result.coefficients.push_back(integer(
          isl_constraint_get_coefficient_val(constraint, isl_dim_set, i)));
    result.constant = integer(isl_constraint_get_constant_val(constraint));
    for (int i = 0; i < isl_constraint_dim(constraint, isl_dim_div); ++i) {
      long factor = integer(
          isl_constraint_get_coefficient_val(constraint, isl_dim_div, i));
      if (factor == 0)
        continue;
      isl::aff argument = isl::manage(isl_constraint_get_div(constraint, i));
      long divisor = denominatorOf(argument);
      unsigned numKnown = divisions.size();
      Lifting copy(*this);
      result.add(copy.quotient(copy.scaled(argument, divisor), divisor),
                 factor);
      if (copy.divisions.size() > numKnown)
        return std::nullopt;
    }
    return result;
  }

  static isl_set *constrained(isl_set *set, const Linear &notNegative) {
    isl_constraint *constraint = isl_constraint_alloc_inequality(
        isl_local_space_from_space(isl_set_get_space(set)));
    for (auto [i, coefficient] : llvm::enumerate(notNegative.coefficients))
      constraint = isl_constraint_set_coefficient_si(constraint, isl_dim_set, i,
                                                     coefficient);
    constraint =
        isl_constraint_set_constant_si(constraint, notNegative.constant);
    return isl_set_add_constraint(set, constraint);
  }

  /// `size` times the expression, without its outermost division.
  Linear scaled(const isl::aff &aff, long size) {
    auto integer = [&](isl_val *value) {
      return isl::manage(value).mul(isl::val(aff.ctx(), size)).num_si();
    };
    Linear result;
    for (int i = 0; i < isl_aff_dim(aff.get(), isl_dim_in); ++i)
      result.coefficients.push_back(
          integer(isl_aff_get_coefficient_val(aff.get(), isl_dim_in, i)));
    result.constant = integer(isl_aff_get_constant_val(aff.get()));
    for (int i = 0; i < isl_aff_dim(aff.get(), isl_dim_div); ++i) {
      long factor =
          integer(isl_aff_get_coefficient_val(aff.get(), isl_dim_div, i));
      if (factor == 0)
        continue;
      isl::aff argument = isl::manage(isl_aff_get_div(aff.get(), i));
      long divisor = denominatorOf(argument);
      result.add(quotient(scaled(argument, divisor), divisor), factor);
    }
    return result;
  }

  static long denominatorOf(const isl::aff &aff) {
    return isl::manage(isl_aff_get_denominator_val(aff.get())).num_si();
  }

  /// floor(argument / size); whole multiples stay outside of the division.
  Linear quotient(Linear argument, long size) {
    Linear whole;
    for (auto [i, coefficient] : llvm::enumerate(argument.coefficients)) {
      whole.coefficients.push_back(llvm::divideFloorSigned(coefficient, size));
      coefficient -= whole.coefficients.back() * size;
    }
    whole.constant = llvm::divideFloorSigned(argument.constant, size);
    argument.constant -= whole.constant * size;
    while (!argument.coefficients.empty() && argument.coefficients.back() == 0)
      argument.coefficients.pop_back();
    if (argument.coefficients.empty())
      return whole;
    auto known = llvm::find_if(divisions, [&](const Division &division) {
      return division.size == size && division.argument == argument;
    });
    if (known == divisions.end()) {
      divisions.push_back({argument, size, numVariables++});
      known = std::prev(divisions.end());
    }
    Linear variable;
    variable.coefficients.resize(known->variable + 1);
    variable.coefficients.back() = 1;
    whole.add(variable, 1);
    return whole;
  }

  /// The value where it is an integer combination of the variables.
  std::optional<Linear> linearOf(const isl::aff &aff) {
    long size = denominatorOf(aff);
    Linear result = scaled(aff, size);
    for (long &coefficient : result.coefficients) {
      if (coefficient % size != 0)
        return std::nullopt;
      coefficient /= size;
    }
    if (result.constant % size != 0)
      return std::nullopt;
    result.constant /= size;
    return result;
  }

  isl::set instances;
  unsigned numVariables;
  std::vector<Division> divisions;
  std::vector<Linear> members;
};

} // namespace

static isl::map namedLikeDomain(isl_map *map) {
  std::string name = isl_map_get_tuple_name(map, isl_dim_in);
  return isl::manage(isl_map_set_tuple_name(map, isl_dim_out, name.c_str()));
}

/// Instances of one statement -> the values of the members.
static isl::map placementOf(const isl::union_set &domain,
                            const std::vector<isl::union_pw_aff> &members) {
  Lifting lifting(domain.as_set());
  auto add = [&](const isl::union_pw_aff &member) {
    return lifting.add(member);
  };
  if (llvm::all_of(members, add))
    return lifting.placement().coalesce();
  isl_map *map = isl_map_from_domain(domain.as_set().release());
  for (const isl::union_pw_aff &member : members)
    map = isl_map_flat_range_product(
        map, isl_map_from_union_map(isl_union_map_from_union_pw_aff(
                 member.intersect_domain(domain).release())));
  return namedLikeDomain(map);
}

/// Adds the loop counters to the places, for instances that the members do not
/// tell apart.
static isl::map withCounters(const isl::map &placement) {
  isl_map *counters = isl_set_identity(placement.domain().release());
  return namedLikeDomain(
      isl_map_flat_range_product(placement.copy(), counters));
}

std::optional<isl::multi_aff> singleExpression(const isl::map &map) {
  if (isl_map_is_single_valued(map.get()) != isl_bool_true)
    return std::nullopt;
  isl::pw_multi_aff pieces = isl::manage(
      isl_pw_multi_aff_coalesce(isl_pw_multi_aff_from_map(map.copy())));
  if (isl_pw_multi_aff_n_piece(pieces.get()) != 1) {
    isl_map *hull = isl_map_from_basic_map(isl_map_affine_hull(map.copy()));
    if (isl_map_is_single_valued(hull) != isl_bool_true) {
      isl_map_free(hull);
      return std::nullopt;
    }
    pieces = isl::manage(isl_pw_multi_aff_from_map(hull));
  }
  if (isl_pw_multi_aff_n_piece(pieces.get()) != 1)
    return std::nullopt;
  std::optional<isl::multi_aff> result;
  pieces.foreach_piece([&](isl::set, isl::multi_aff expression) {
    result = std::move(expression);
  });
  return result;
}

/// The same places, with the ranges of all members in plain sight; what only
/// follows from them in integers is then seen to be redundant.
static isl::set withRanges(const isl::set &places) {
  isl::set result = places;
  for (unsigned dim = 0; dim < isl_set_dim(places.get(), isl_dim_set); ++dim) {
    isl::val least = places.dim_min_val(dim), most = places.dim_max_val(dim);
    if (!least.is_int() || !most.is_int())
      continue;
    result = isl::manage(isl_set_lower_bound_val(result.release(), isl_dim_set,
                                                 dim, least.release()));
    result = isl::manage(isl_set_upper_bound_val(result.release(), isl_dim_set,
                                                 dim, most.release()));
  }
  return isl::manage(isl_set_remove_redundancies(result.release())).coalesce();
}

static bool collect(const Tree &node, std::vector<isl::union_pw_aff> members,
                    CoordinatesMap &result) {
  if (node.isBand())
    members.insert(members.end(), node.members.begin(), node.members.end());
  if (node.domain.is_empty())
    return true;
  if (node.kind == Tree::Kind::Leaf) {
    isl::map placement = placementOf(node.domain, members);
    std::optional<isl::multi_aff> counters =
        singleExpression(placement.reverse());
    if (!counters) {
      placement = withCounters(placement);
      counters = singleExpression(placement.reverse());
    }
    if (!counters)
      return false;
    auto [_, isNew] = result.insert(
        {statementOf(node),
         {withRanges(placement.range().coalesce()), placement, *counters}});
    return isNew;
  }
  for (const Tree &child : node.children)
    if (!collect(child, members, result))
      return false;
  return true;
}

std::optional<CoordinatesMap> coordinatesOf(const Tree &tree) {
  CoordinatesMap result;
  if (!collect(tree, {}, result))
    return std::nullopt;
  return result;
}

isl::set fixOutermost(const isl::set &set, unsigned numFixed) {
  std::string name = isl_set_has_tuple_name(set.get()) == isl_bool_true
                         ? isl_set_get_tuple_name(set.get())
                         : "";
  isl_set *fixed =
      isl_set_move_dims(set.copy(), isl_dim_param, 0, isl_dim_set, 0, numFixed);
  for (unsigned i = 0; i < numFixed; ++i)
    fixed = isl_set_set_dim_id(
        fixed, isl_dim_param, i,
        isl_id_alloc(set.ctx().get(), std::to_string(i).c_str(), nullptr));
  if (!name.empty())
    fixed = isl_set_set_tuple_name(fixed, name.c_str());
  return isl::manage(fixed);
}

/// The dimension at `position` of every set.
static isl::union_pw_aff dimension(const isl::union_set &domain,
                                   unsigned position) {
  isl::union_pw_aff result = isl::manage(
      isl_union_pw_aff_empty(isl_union_set_get_space(domain.get())));
  domain.foreach_set([&](isl::set set) {
    isl_local_space *space =
        isl_local_space_from_space(isl_set_get_space(set.get()));
    isl_aff *value = isl_aff_var_on_domain(space, isl_dim_set, position);
    result = result.union_add(isl::union_pw_aff(
        isl::manage(isl_pw_aff_from_aff(value)).intersect_domain(set)));
  });
  return result;
}

namespace {
class PlaceTree {
public:
  PlaceTree(const CoordinatesMap &coordinates, unsigned numFixed)
      : coordinates(coordinates), numFixed(numFixed) {}

  Tree convert(const Tree &node, unsigned depth) const {
    if (node.kind == Tree::Kind::Leaf) {
      if (node.domain.is_empty())
        return makeLeaf(node.domain);
      const isl::set &places = coordinates.at(statementOf(node)).places;
      return makeLeaf(isl::union_set(fixOutermost(places, numFixed)));
    }
    std::vector<Tree> children;
    for (const Tree &child : node.children)
      children.push_back(convert(child, depth + node.members.size()));
    if (node.kind == Tree::Kind::Sequence)
      return makeSequence(std::move(children));
    if (node.kind == Tree::Kind::Mark)
      return makeMark(node.label, std::move(children.front()));
    std::vector<isl::union_pw_aff> members;
    for (unsigned i = 0; i < node.members.size(); ++i)
      members.push_back(dimension(children.front().domain, depth + i));
    return makeBand(std::move(members), std::move(children.front()));
  }

private:
  const CoordinatesMap &coordinates;
  unsigned numFixed;
};
} // namespace

Tree overPlaces(const Tree &tree, const CoordinatesMap &coordinates,
                unsigned numFixed) {
  return PlaceTree(coordinates, numFixed).convert(tree, 0);
}

} // namespace autotune
