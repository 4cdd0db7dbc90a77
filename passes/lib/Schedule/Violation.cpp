//===- Violation.cpp - Pairs of instances that a tree does not respect ----===//

#include "Violation.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <isl/aff.h>
#include <isl/ctx.h>
#include <isl/point.h>
#include <isl/union_map.h>
#include <isl/union_set.h>

#include <set>

namespace autotune {

isl::map unshared(const isl::map &pairs) {
  isl::map own = isl::map::empty(pairs.space());
  pairs.foreach_basic_map(
      [&](isl::basic_map part) { own = own.unite(isl::map(part)); });
  return own;
}

//===--- pairs of instances -----------------------------------------------===//

static isl::space spaceOf(const isl::point &instance) {
  return isl::manage(isl_point_get_space(instance.get()));
}

bool contains(const isl::union_set &domain, const isl::point &instance) {
  isl::set part = isl::manage(
      isl_union_set_extract_set(domain.get(), spaceOf(instance).release()));
  return isl::set(instance).is_subset(part);
}

isl::val valueAt(const isl::union_pw_aff &member, const isl::point &instance) {
  isl::pw_aff part = isl::manage(isl_union_pw_aff_extract_pw_aff(
      member.get(), spaceOf(instance).add_unnamed_tuple(1).release()));
  return isl::manage(isl_pw_aff_eval(part.release(), instance.copy()));
}

namespace {

/// A pair of instances that a tree does not order as it has to.
struct BrokenPair {
  /// Where in the tree, as the relations are looked at: less is earlier.
  std::vector<unsigned> place;
  llvm::StringRef reason;
};

/// The way to a sequence, and which of its children has to come before which.
using SequenceOrder = std::tuple<std::vector<unsigned>, unsigned, unsigned>;

/// Walks down a tree with one pair.
class PairWalk {
public:
  PairWalk(const InstancePair &pair, bool commutes)
      : pair(pair), commutes(commutes) {}

  std::optional<BrokenPair> visit(const Tree &tree) {
    switch (tree.kind) {
    case Tree::Kind::Leaf:
      return broken(0, reason::unordered);
    case Tree::Kind::Sequence:
      return visitSequence(tree);
    case Tree::Kind::Mark:
      return visitMark(tree);
    case Tree::Kind::Band:
      return visitBand(tree);
    }
    return std::nullopt;
  }

  /// What the pair asks of the sequence that orders it, if one does.
  std::optional<SequenceOrder> order;

private:
  std::optional<BrokenPair> broken(unsigned here, llvm::StringRef reason) {
    place.push_back(here);
    return BrokenPair{place, reason};
  }

  std::optional<BrokenPair> visitBelow(unsigned step, const Tree &tree) {
    place.push_back(step);
    return visit(tree);
  }

  std::optional<BrokenPair> visitBand(const Tree &band) {
    for (const isl::union_pw_aff &member : band.members) {
      isl::val before = valueAt(member, pair.source);
      isl::val after = valueAt(member, pair.sink);
      if (!commutes && after.lt(before))
        return broken(0, reason::reversedByLoops);
      if (!after.eq(before))
        return std::nullopt;
    }
    return visitBelow(1, band.children.front());
  }

  std::optional<BrokenPair> visitMark(const Tree &tree) {
    const Tree &child = tree.children.front();
    if (tree.isMark(mark::parallel) || tree.isMark(mark::vectorize)) {
      const isl::union_pw_aff &member = child.members.front();
      if (!valueAt(member, pair.source).eq(valueAt(member, pair.sink)))
        return broken(0, reason::carried);
    }
    return visitBelow(1, child);
  }

  std::optional<BrokenPair> visitSequence(const Tree &sequence) {
    unsigned source = childWith(sequence, pair.source);
    unsigned sink = childWith(sequence, pair.sink);
    if (!commutes && source != sink)
      order = {place, source, sink};
    if (!commutes && sink < source)
      return broken(2 * source, reason::reversedBySequence);
    if (source != sink)
      return std::nullopt;
    return visitBelow(2 * source + 1, sequence.children[source]);
  }

  static unsigned childWith(const Tree &sequence, const isl::point &instance) {
    auto found = llvm::find_if(sequence.children, [&](const Tree &child) {
      return contains(child.domain, instance);
    });
    return found - sequence.children.begin();
  }

  const InstancePair &pair;
  bool commutes;
  std::vector<unsigned> place;
};

} // namespace

/// Whether the pair is for the tree to order.
static bool isLeftTo(const Tree &tree, const ActiveDependences &active,
                     const InstancePair &pair) {
  return contains(tree.domain, pair.source) &&
         contains(tree.domain, pair.sink) && active.has(pair);
}

std::optional<Violation> violationOfExample(const Tree &tree,
                                            const ActiveDependences &active,
                                            llvm::ArrayRef<unsigned> numbers) {
  std::optional<std::tuple<std::vector<unsigned>, std::string, std::string>>
      first;
  llvm::StringRef reason;
  for (unsigned number : numbers) {
    const auto &ends = active.dependences().parts()[number];
    for (const InstancePair &pair : active.dependences().examples(number)) {
      if (!isLeftTo(tree, active, pair))
        continue;
      auto broken = PairWalk(pair, ends.commutes).visit(tree);
      if (!broken)
        continue;
      std::tuple found{broken->place, ends.sourceName, ends.sinkName};
      if (first && *first <= found)
        continue;
      first = std::move(found);
      reason = broken->reason;
    }
  }
  if (!first)
    return std::nullopt;
  return Violation{reason, std::get<1>(*first), std::get<2>(*first),
                   std::nullopt};
}

/// Visits what the tree does to pairs of `numbers` that other trees violated,
/// until one is the visitor's answer.
static std::optional<Violation> findAmongRemembered(
    const Tree &tree, const ActiveDependences &active,
    llvm::ArrayRef<unsigned> numbers,
    llvm::function_ref<llvm::StringRef(const PairWalk &, llvm::StringRef)>
        answer) {
  const Dependences &all = active.dependences();
  for (unsigned number : numbers)
    for (const InstancePair &pair : llvm::reverse(all.violated(number))) {
      if (!isLeftTo(tree, active, pair))
        continue;
      const auto &ends = all.parts()[number];
      PairWalk walk(pair, ends.commutes);
      std::optional<BrokenPair> broken = walk.visit(tree);
      llvm::StringRef reason = answer(walk, broken ? broken->reason : "");
      if (!reason.empty())
        return Violation{reason, ends.sourceName, ends.sinkName, std::nullopt};
    }
  return std::nullopt;
}

std::optional<Violation>
violationOfRemembered(const Tree &tree, const ActiveDependences &active,
                      llvm::ArrayRef<unsigned> numbers) {
  auto answer = [](const PairWalk &, llvm::StringRef broken) { return broken; };
  return findAmongRemembered(tree, active, numbers, answer);
}

std::optional<Violation> violationInAnyOrder(const Tree &tree,
                                             const ActiveDependences &active) {
  std::set<SequenceOrder> wanted;
  auto answer = [&](const PairWalk &walk, llvm::StringRef broken) {
    if (!walk.order)
      return broken;
    auto [sequence, first, second] = *walk.order;
    wanted.insert(*walk.order);
    bool isContradiction = wanted.count({sequence, second, first}) > 0;
    return llvm::StringRef(isContradiction ? reason::inNoOrder : "");
  };
  llvm::SmallVector<unsigned> numbers;
  for (const OpenDependence &open : active.open())
    numbers.push_back(open.number);
  return findAmongRemembered(tree, active, numbers, answer);
}

void rememberViolation(const Violation &violation,
                       const ActiveDependences &active,
                       llvm::ArrayRef<unsigned> numbers) {
  const Dependences &all = active.dependences();
  try {
    isl::map one(isl::manage(isl_union_map_sample(violation.pairs->copy())));
    isl::space space = one.space();
    for (unsigned number : numbers) {
      const Dependences::Dependence &part = all.parts()[number];
      if (!space.domain().is_equal(part.source) ||
          !space.range().is_equal(part.sink) ||
          !one.is_subset(unshared(part.pairs)))
        continue;
      all.noteViolated(
          number, {one.domain().sample_point(), one.range().sample_point()});
      return;
    }
  } catch (const isl::exception &) { // More than the quota: not remembered.
    isl_ctx_reset_error(violation.pairs->ctx().get());
  }
}

//===--- relations --------------------------------------------------------===//

isl::union_map lexGreater(const isl::union_map &pairs,
                          const isl::multi_union_pw_aff &at) {
  return isl::manage(
      isl_union_map_lex_gt_at_multi_union_pw_aff(pairs.copy(), at.copy()));
}

/// One of the violated dependences: isl's order of them says nothing.
static Violation violationOf(llvm::StringRef reason,
                             const isl::union_map &pairs) {
  std::vector<std::pair<std::string, std::string>> ends;
  pairs.foreach_map([&](isl::map map) {
    ends.emplace_back(map.domain_tuple_id().name(),
                      map.range_tuple_id().name());
  });
  const auto &[source, sink] = *llvm::min_element(ends);
  return {reason, source, sink, pairs};
}

static std::optional<Violation>
violationInSequence(const Tree &tree, const DependentPairs &active) {
  isl::union_set earlier;
  for (const Tree &child : tree.children) {
    if (!earlier.is_null()) {
      isl::union_map reversed = active.ordered.intersect_domain(child.domain)
                                    .intersect_range(earlier);
      if (!reversed.is_empty())
        return violationOf(reason::reversedBySequence, reversed);
    }
    if (auto reason = violationIn(child, active.between(child.domain)))
      return reason;
    earlier = earlier.is_null() ? child.domain : earlier.unite(child.domain);
  }
  return std::nullopt;
}

std::optional<Violation> violationIn(const Tree &tree,
                                     const DependentPairs &active) {
  if (active.ordered.is_empty() && active.commuting.is_empty())
    return std::nullopt;
  switch (tree.kind) {
  case Tree::Kind::Leaf:
    return violationOf(reason::unordered,
                       active.ordered.unite(active.commuting));
  case Tree::Kind::Sequence:
    return violationInSequence(tree, active);
  case Tree::Kind::Mark: {
    const Tree &child = tree.children.front();
    if (tree.isMark(mark::parallel) || tree.isMark(mark::vectorize)) {
      isl::multi_union_pw_aff member(child.members.front());
      isl::union_map pairs = active.ordered.unite(active.commuting);
      isl::union_map unequal = pairs.subtract(pairs.eq_at(member));
      if (!unequal.is_empty())
        return violationOf(reason::carried, unequal);
    }
    return violationIn(child, active);
  }
  case Tree::Kind::Band: {
    isl::multi_union_pw_aff partial = bandSchedule(tree.members);
    isl::union_map reversed = lexGreater(active.ordered, partial);
    if (!reversed.is_empty())
      return violationOf(reason::reversedByLoops, reversed);
    return violationIn(tree.children.front(), active.equalAt(partial));
  }
  }
  return std::nullopt;
}

} // namespace autotune
