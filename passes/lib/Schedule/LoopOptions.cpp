//===- LoopOptions.cpp - How isl divides loops ----------------------------===//

#include "LoopOptions.h"

#include <isl/constraint.h>
#include <isl/schedule.h>
#include <isl/schedule_node.h>
#include <isl/set.h>

#include <optional>

namespace autotune {

/// Separating more statements would make many loops.
static constexpr unsigned maxStatements = 3;

/// The values of the band's `num` members, behind `depth` others, in one
/// statement; nothing where they depend on the loops outside.
static std::optional<isl::set> independentValues(const isl::set &places,
                                                 unsigned depth, unsigned num) {
  unsigned end = depth + num, all = isl_set_dim(places.get(), isl_dim_set);
  isl::set values = isl::manage(isl_set_reset_tuple_id(
      isl_set_project_out(places.copy(), isl_dim_set, end, all - end)));
  bool isIndependent = isl_set_n_basic_set(values.get()) == 1;
  values.foreach_basic_set([&](isl::basic_set piece) {
    isIndependent &= isl_basic_set_dim(piece.get(), isl_dim_div) == 0;
    isl_constraint_list *list = isl_basic_set_get_constraint_list(piece.get());
    for (int i = 0; i < isl_constraint_list_n_constraint(list); ++i) {
      isl_constraint *each = isl_constraint_list_get_constraint(list, i);
      isIndependent &=
          !isl_constraint_involves_dims(each, isl_dim_set, depth, num) ||
          (!isl_constraint_involves_dims(each, isl_dim_set, 0, depth) &&
           !isl_constraint_involves_dims(
               each, isl_dim_param, 0,
               isl_constraint_dim(each, isl_dim_param)));
      isl_constraint_free(each);
    }
    isl_constraint_list_free(list);
  });
  if (!isIndependent)
    return std::nullopt;
  return isl::manage(
      isl_set_project_out(values.release(), isl_dim_set, 0, depth));
}

/// Whether the loops of the band differ between the statements of the sequence
/// below, at ends that are the same in every iteration outside.
static bool hasEnds(const isl::schedule_node &band) {
  isl::schedule_node below = band.child(0);
  while (below.isa<isl::schedule_node_mark>())
    below = below.child(0);
  if (!below.isa<isl::schedule_node_sequence>())
    return false;
  unsigned depth = isl_schedule_node_get_schedule_depth(band.get());
  unsigned num = isl_schedule_node_band_n_member(band.get());
  isl::union_set domain = isl::manage(isl_schedule_node_get_domain(band.get()));
  if (isl_union_set_n_set(domain.get()) > maxStatements)
    return false;
  std::optional<isl::set> first;
  bool areIndependent = true, areEqual = true;
  domain.foreach_set([&](isl::set places) {
    std::optional<isl::set> values = independentValues(places, depth, num);
    areIndependent &= values.has_value();
    if (!areIndependent)
      return;
    if (!first)
      first = values;
    areEqual &= first->is_equal(*values);
  });
  return areIndependent && !areEqual;
}

static bool containsMark(const isl::schedule_node &node,
                         const std::set<std::string> &labels) {
  if (node.isa<isl::schedule_node_mark>()) {
    isl::id id = isl::manage(isl_schedule_node_mark_get_id(node.get()));
    if (labels.count(id.name()))
      return true;
  }
  for (unsigned i = 0; i < node.n_children(); ++i)
    if (containsMark(node.child(i), labels))
      return true;
  return false;
}

static isl_schedule_node *setOption(isl_schedule_node *owned, void *user) {
  const auto &whole = *static_cast<const std::set<std::string> *>(user);
  isl::schedule_node node = isl::manage(owned);
  if (!node.isa<isl::schedule_node_band>())
    return node.release();
  const char *option = hasEnds(node)               ? "{ separate[x] }"
                       : containsMark(node, whole) ? "{ atomic[x] }"
                                                   : nullptr;
  if (!option)
    return node.release();
  return node.as<isl::schedule_node_band>()
      .set_ast_build_options(isl::union_set(node.ctx(), option))
      .release();
}

isl::schedule withLoopOptions(const isl::schedule &schedule,
                              const std::set<std::string> &whole) {
  return isl::manage(isl_schedule_map_schedule_node_bottom_up(
      schedule.copy(), setOption, const_cast<std::set<std::string> *>(&whole)));
}

} // namespace autotune
