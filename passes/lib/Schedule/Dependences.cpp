//===- Dependences.cpp - Dependences and how far they reach ---------------===//

#include "Dependences.h"
#include "MemberForm.h"
#include "Recent.h"
#include "Relations.h"

#include <isl/aff.h>
#include <isl/map.h>
#include <isl/point.h>
#include <isl/set.h>
#include <isl/space.h>

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"

namespace autotune {

DependentPairs DependentPairs::between(const isl::union_set &domain) const {
  auto restrict = [&](const isl::union_map &some) {
    return some.intersect_domain(domain).intersect_range(domain);
  };
  return {restrict(ordered), restrict(commuting)};
}

DependentPairs
DependentPairs::equalAt(const isl::multi_union_pw_aff &members) const {
  return {ordered.eq_at(members), commuting.eq_at(members)};
}

/// More take longer to try than they save.
static constexpr unsigned maxRemembered = 16;

/// More are found by their texts only.
static constexpr unsigned maxAddresses = 4096;

Dependences::Dependences(DependentPairs all, bool remembersViolations)
    : whole(std::move(all)), remembers(remembersViolations) {
  addParts(whole.ordered, false);
  addParts(whole.commuting, true);
  known.resize(dependences.size());
  emptiness.resize(dependences.size());
  found.resize(dependences.size());
  broken.resize(dependences.size());
}

void Dependences::addParts(const isl::union_map &pairs, bool commute) {
  pairs.foreach_map([&](isl::map map) {
    map.foreach_basic_map([&](isl::basic_map part) {
      std::string text = takeText(isl_basic_map_to_str(part.get()));
      if (isEmptyRelation(text, part.ctx()))
        return;
      isl::map pairs = readRelation(text, part.ctx());
      isl::space space = pairs.space();
      dependences.push_back({pairs, commute, map.domain_tuple_id().name(),
                             map.range_tuple_id().name(), space.domain(),
                             space.range()});
    });
  });
}

/// Pair -> difference of the values at its ends.
static isl::aff difference(const isl::map &pairs, const isl::aff &atSource,
                           const isl::aff &atSink) {
  isl::multi_aff toSource = isl::multi_aff::domain_map(pairs.space());
  isl::multi_aff toSink = isl::multi_aff::range_map(pairs.space());
  return atSink.pullback(toSink).sub(atSource.pullback(toSource));
}

static Distance computeDistance(const isl::map &pairs, const isl::aff &atSource,
                                const isl::aff &atSink) {
  isl::aff distance = difference(pairs, atSource, atSink);
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

unsigned Dependences::FunctionNumbers::of(const isl::aff &function) {
  auto found = byAddress.find(function.get());
  if (found != byAddress.end())
    return found->second.number;
  std::string text = takeText(isl_aff_to_str(function.get()));
  unsigned number = byText.try_emplace(text, byText.size()).first->second;
  if (byAddress.size() >= maxAddresses)
    byAddress.clear();
  byAddress.try_emplace(function.get(), Numbered{function, number});
  return number;
}

Distance Dependences::distance(unsigned number, const isl::aff &atSource,
                               const isl::aff &atSink) const {
  // What isl's quota leaves must not depend on what is known already.
  isl_ctx *ctx = whole.ordered.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  std::pair<unsigned, unsigned> ends{numbers.of(atSource), numbers.of(atSink)};
  auto entry = known[number].find(ends);
  if (entry != known[number].end())
    return entry->second;
  isl_ctx_reset_operations(ctx);
  Distance distance =
      computeDistance(dependences[number].pairs, atSource, atSink);
  known[number].try_emplace(ends, distance);
  return distance;
}

static bool computeEmptiness(const isl::map &pairs,
                             llvm::ArrayRef<Dependences::Ends> equal) {
  isl::set left = pairs.wrap();
  for (const Dependences::Ends &ends : equal) {
    isl::aff distance = difference(pairs, ends.atSource, ends.atSink);
    left = left.intersect(isl::set(distance.eq_set(distance.sub(distance))));
  }
  return left.is_empty();
}

static bool isSame(llvm::ArrayRef<Dependences::Ends> some,
                   llvm::ArrayRef<Dependences::Ends> others) {
  return llvm::equal(some, others, [](const auto &a, const auto &b) {
    return isEqual(a.atSource, b.atSource) && isEqual(a.atSink, b.atSink);
  });
}

bool Dependences::isEmptyAt(unsigned number, llvm::ArrayRef<Ends> equal) const {
  isl_ctx *ctx = whole.ordered.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  for (const KnownEmptiness &entry : emptiness[number])
    if (isSame(entry.equal, equal))
      return entry.isEmpty;
  isl_ctx_reset_operations(ctx);
  bool isEmpty = computeEmptiness(dependences[number].pairs, equal);
  emptiness[number].push_back({equal.vec(), isEmpty});
  return isEmpty;
}

static std::vector<InstancePair> findExamples(const isl::map &pairs) {
  isl::set all = pairs.wrap();
  std::vector<InstancePair> examples;
  for (const isl::set &some : {all.lexmin(), all, all.lexmax()}) {
    isl::set one =
        isl::manage(isl_set_from_point(some.sample_point().release()));
    isl::map pair = one.unwrap();
    examples.push_back(
        {pair.domain().sample_point(), pair.range().sample_point()});
  }
  return examples;
}

const std::vector<InstancePair> &Dependences::examples(unsigned number) const {
  std::optional<std::vector<InstancePair>> &entry = found[number];
  isl_ctx *ctx = whole.ordered.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  if (entry)
    return *entry;
  isl_ctx_reset_operations(ctx);
  try {
    entry = findExamples(dependences[number].pairs);
  } catch (const isl::exception &) {
    isl_ctx_reset_error(ctx);
    entry.emplace();
  }
  return *entry;
}

void Dependences::noteViolated(unsigned number, InstancePair pair) const {
  std::vector<InstancePair> &pairs = broken[number];
  if (pairs.size() == maxRemembered)
    pairs.erase(pairs.begin());
  pairs.push_back(std::move(pair));
}

} // namespace autotune
