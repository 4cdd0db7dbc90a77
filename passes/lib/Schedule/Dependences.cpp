//===- Dependences.cpp - Dependences and how far they reach ---------------===//

#include "Dependences.h"
#include "MemberForm.h"

#include <isl/aff.h>
#include <isl/map.h>
#include <isl/set.h>
#include <isl/space.h>

#include "llvm/ADT/ScopeExit.h"

namespace autotune {

Dependences::Dependences(DependentPairs all) : whole(std::move(all)) {
  addParts(whole.ordered, false);
  addParts(whole.commuting, true);
  known.resize(dependences.size());
}

void Dependences::addParts(const isl::union_map &pairs, bool commute) {
  pairs.foreach_map([&](isl::map map) {
    map.foreach_basic_map([&](isl::basic_map part) {
      if (part.is_empty())
        return;
      isl::map pairs(part);
      isl::space space = pairs.space();
      dependences.push_back({pairs, commute, map.domain_tuple_id().name(),
                             map.range_tuple_id().name(), space.domain(),
                             space.range()});
    });
  });
}

static Distance computeDistance(const isl::map &pairs, const isl::aff &atSource,
                                const isl::aff &atSink) {
  isl::multi_aff toSource = isl::multi_aff::domain_map(pairs.space());
  isl::multi_aff toSink = isl::multi_aff::range_map(pairs.space());
  isl::aff distance = atSink.pullback(toSink).sub(atSource.pullback(toSource));
  isl::set all = pairs.wrap();
  isl::aff zero = distance.sub(distance);
  auto occurs = [&](const isl::set &sign) {
    return !all.intersect(sign).is_empty();
  };
  if (occurs(isl::set(distance.lt_set(zero))))
    return occurs(isl::set(distance.ge_set(zero))) ? Distance::Other
                                                   : Distance::Negative;
  if (!occurs(isl::set(distance.gt_set(zero))))
    return Distance::Zero;
  return occurs(isl::set(distance.eq_set(zero))) ? Distance::NonNegative
                                                 : Distance::Positive;
}

Distance Dependences::distance(unsigned number, const isl::aff &atSource,
                               const isl::aff &atSink) const {
  // What isl's quota leaves must not depend on what is known already.
  auto refill = llvm::scope_exit(
      [&] { isl_ctx_reset_operations(whole.ordered.ctx().get()); });
  for (const Known &entry : known[number])
    if (isEqual(entry.atSource, atSource) && isEqual(entry.atSink, atSink))
      return entry.distance;
  isl_ctx_reset_operations(whole.ordered.ctx().get());
  Distance distance =
      computeDistance(dependences[number].pairs, atSource, atSink);
  known[number].push_back({atSource, atSink, distance});
  return distance;
}

} // namespace autotune
