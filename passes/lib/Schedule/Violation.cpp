//===- Violation.cpp - Pairs of instances that a tree does not respect ----===//

#include "Violation.h"

#include "llvm/ADT/STLExtras.h"

#include <isl/aff.h>
#include <isl/point.h>
#include <isl/union_set.h>

namespace autotune {

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

std::optional<Violation> violationOfExample(const Tree &tree,
                                            const ActiveDependences &active,
                                            llvm::ArrayRef<unsigned> numbers) {
  std::optional<std::tuple<std::vector<unsigned>, std::string, std::string>>
      first;
  llvm::StringRef reason;
  for (unsigned number : numbers) {
    const auto &ends = active.dependences().parts()[number];
    for (const InstancePair &pair : active.dependences().examples(number)) {
      if (!active.has(pair) || !contains(tree.domain, pair.source) ||
          !contains(tree.domain, pair.sink))
        continue;
      std::optional<BrokenPair> broken = PairWalk(pair, ends.commutes).visit(tree);
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
  return Violation{reason, std::get<1>(*first), std::get<2>(*first)};
}

} // namespace autotune
