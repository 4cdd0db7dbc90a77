//===- Legality.cpp - Whether a schedule tree respects dependences --------===//

#include "Legality.h"

#include "llvm/ADT/STLExtras.h"

#include <isl/map.h>
#include <isl/union_map.h>

namespace autotune {

using Kind = MemberForm::Kind;
using EqualForms = OpenDependence::EqualForms;

//===--- direction vectors ------------------------------------------------===//

/// The value as it is, whatever divisions it has.
static MemberFormRef opaque(const MemberFormRef &form) {
  return std::make_shared<MemberForm>(
      MemberForm{Kind::Affine, form->value, 0, nullptr});
}

/// The member at both ends of the dependence, if it has a form there. Values
/// that are not made alike are compared as they are.
static std::optional<EqualForms>
formsOf(const isl::union_pw_aff &member,
        const Dependences::Dependence &dependence) {
  EqualForms forms{formAt(member, dependence.source),
                   formAt(member, dependence.sink)};
  if (!forms.atSource || !forms.atSink)
    return std::nullopt;
  for (const MemberForm *a = forms.atSource.get(), *b = forms.atSink.get();
       a || b; a = a->base.get(), b = b->base.get())
    if (!a || !b || a->kind != b->kind || a->size != b->size)
      return EqualForms{opaque(forms.atSource), opaque(forms.atSink)};
  return forms;
}

static EqualForms baseOf(const EqualForms &forms) {
  return {forms.atSource->base, forms.atSink->base};
}

static EqualForms tileOf(const EqualForms &forms, long size) {
  return {tileForm(forms.atSource, size), tileForm(forms.atSink, size)};
}

static bool isListed(const OpenDependence &open, const EqualForms &wanted) {
  return llvm::any_of(open.equal, [&](const EqualForms &entry) {
    return isSameForm(entry.atSource, wanted.atSource) &&
           isSameForm(entry.atSink, wanted.atSink);
  });
}

/// Whether what is left of the dependence has equal values there.
static bool isKnownEqual(const OpenDependence &open, const EqualForms &forms) {
  return isListed(open, forms) ||
         (forms.atSource->base && isKnownEqual(open, baseOf(forms)));
}

/// Notes that only pairs of equal values are left, and what follows from it.
static void addEqual(OpenDependence &open, const EqualForms &forms) {
  open.equal.push_back(forms);
  if (forms.atSource->kind == Kind::Affine)
    return;
  EqualForms base = baseOf(forms);
  long size = forms.atSource->size;
  if (forms.atSource->kind == Kind::Point) {
    // f is the sum of floor(f / s) * s and f mod s.
    if (isListed(open, tileOf(base, size)))
      addEqual(open, base);
    return;
  }
  // floor((f mod S) / s) and floor(f / S) together fix floor(f / s).
  if (base.atSource->kind == Kind::Point && base.atSource->size % size == 0 &&
      isListed(open, tileOf(baseOf(base), base.atSource->size)))
    open.equal.push_back(tileOf(baseOf(base), size));
}

static Distance rootDistance(const Dependences &all, const OpenDependence &open,
                             const EqualForms &forms) {
  return all.distance(open.number, rootOf(forms.atSource),
                      rootOf(forms.atSink));
}

/// Whether every pair that is left has a distance of at least zero.
static bool isNonNegative(const Dependences &all, const OpenDependence &open,
                          const EqualForms &forms) {
  if (isKnownEqual(open, forms))
    return true;
  switch (forms.atSource->kind) {
  case Kind::Affine:
    return rootDistance(all, open, forms) < Distance::Negative;
  case Kind::Tile:
    return isNonNegative(all, open, baseOf(forms));
  case Kind::Point:
    return isKnownEqual(open, tileOf(baseOf(forms), forms.atSource->size)) &&
           isNonNegative(all, open, baseOf(forms));
  }
  return false;
}

static bool isZero(const Dependences &all, const OpenDependence &open,
                   const EqualForms &forms) {
  return rootDistance(all, open, forms) == Distance::Zero ||
         isKnownEqual(open, forms);
}

/// Whether no pair of equal values is left, as the distance is never zero.
static bool isEmptied(const Dependences &all, const OpenDependence &open,
                      EqualForms forms) {
  Distance distance = rootDistance(all, open, forms);
  if (distance != Distance::Positive && distance != Distance::Negative)
    return false;
  while (forms.atSource->base)
    forms = baseOf(forms);
  return isKnownEqual(open, forms);
}

/// Reduces what is left to the pairs of equal values.
static void restrictTo(const Dependences &all, OpenDependence &open,
                       const EqualForms &forms) {
  open.isWhole &= rootDistance(all, open, forms) == Distance::Zero;
  addEqual(open, forms);
}

namespace {

/// What a tree does to a dependence, as far as signs tell.
struct Verdict {
  enum class Kind { Respected, Violated, Open } kind;
  llvm::StringRef reason; ///< Violated: ends before the dependence's name.
};

constexpr Verdict respected{Verdict::Kind::Respected, ""};
constexpr Verdict undecided{Verdict::Kind::Open, ""};

constexpr llvm::StringLiteral reversedByLoops =
    "the loops would reverse the dependence ";
constexpr llvm::StringLiteral reversedBySequence =
    "the sequence would reverse the dependence ";
/// Sequences whose order takes more repairs than this are left alone.
constexpr unsigned maxMoves = 8;
constexpr llvm::StringLiteral carried = "the loop carries the dependence ";
constexpr llvm::StringLiteral unordered =
    "instances of one statement would be left unordered across the "
    "dependence ";

/// Walks down a tree with one dependence.
class SignWalk {
public:
  SignWalk(const Dependences &all, OpenDependence open)
      : all(all), open(std::move(open)) {}

  Verdict visit(const Tree &tree) {
    switch (tree.kind) {
    case Tree::Kind::Leaf:
      return violatedIf(open.isWhole, unordered);
    case Tree::Kind::Band:
      return visitBand(tree);
    case Tree::Kind::Mark:
      return visitMark(tree);
    case Tree::Kind::Sequence:
      return visitSequence(tree);
    }
    return undecided;
  }

private:
  static Verdict violatedIf(bool isSure, llvm::StringRef reason) {
    return isSure ? Verdict{Verdict::Kind::Violated, reason} : undecided;
  }

  Verdict visitBand(const Tree &band) {
    for (const isl::union_pw_aff &member : band.members) {
      auto forms = formsOf(member, all.parts()[open.number]);
      if (!forms)
        return undecided;
      if (!commutes() && !isNonNegative(all, open, *forms))
        return violatedIf(open.isWhole && isAffine(*forms), reversedByLoops);
      restrictTo(all, open, *forms);
      if (isEmptied(all, open, *forms))
        return respected;
    }
    return visit(band.children.front());
  }

  Verdict visitMark(const Tree &tree) {
    const Tree &child = tree.children.front();
    if (tree.isMark(mark::parallel) || tree.isMark(mark::vectorize)) {
      auto forms = formsOf(child.members.front(), all.parts()[open.number]);
      if (!forms)
        return undecided;
      if (!isZero(all, open, *forms))
        return violatedIf(open.isWhole && isAffine(*forms), carried);
    }
    return visit(child);
  }

  Verdict visitSequence(const Tree &sequence) {
    const Dependences::Dependence &ends = all.parts()[open.number];
    const Tree *source = onlyChildWith(sequence, ends.source);
    const Tree *sink = onlyChildWith(sequence, ends.sink);
    if (!source || !sink)
      return undecided;
    if (source == sink)
      return visit(*source);
    return source < sink || commutes()
               ? respected
               : violatedIf(open.isWhole, reversedBySequence);
  }

  bool commutes() const { return all.parts()[open.number].commutes; }

  static bool isAffine(const EqualForms &forms) {
    return forms.atSource->kind == Kind::Affine;
  }

  static const Tree *onlyChildWith(const Tree &sequence,
                                   const isl::space &name) {
    const Tree *found = nullptr;
    for (const Tree &child : sequence.children) {
      isl::set part = isl::manage(
          isl_union_set_extract_set(child.domain.get(), name.copy()));
      if (part.is_empty())
        continue;
      if (found)
        return nullptr;
      found = &child;
    }
    return found;
  }

  const Dependences &all;
  OpenDependence open;
};

} // namespace

//===--- active dependences -----------------------------------------------===//

static DependentPairs between(const DependentPairs &pairs,
                              const isl::union_set &domain) {
  auto restrict = [&](const isl::union_map &some) {
    return some.intersect_domain(domain).intersect_range(domain);
  };
  return {restrict(pairs.ordered), restrict(pairs.commuting)};
}

static DependentPairs equal(const DependentPairs &pairs,
                            const isl::multi_union_pw_aff &members) {
  return {pairs.ordered.eq_at(members), pairs.commuting.eq_at(members)};
}

ActiveDependences::ActiveDependences(const Dependences &all) : all(&all) {
  for (unsigned number = 0; number < all.parts().size(); ++number)
    remaining.push_back({number, {}, true});
}

ActiveDependences::ActiveDependences(const Dependences &all,
                                     const TreePath &location)
    : ActiveDependences(all) {
  *this = within(location.node->domain);
  for (const Tree *ancestor : location.ancestors)
    if (ancestor->isBand())
      *this = equalAt(ancestor->members);
}

ActiveDependences
ActiveDependences::within(const isl::union_set &domain) const {
  auto occurs = [&](const isl::space &statement) {
    return !isl::manage(
                isl_union_set_extract_set(domain.get(), statement.copy()))
                .is_empty();
  };
  ActiveDependences result(*this);
  llvm::erase_if(result.remaining, [&](const OpenDependence &open) {
    const Dependences::Dependence &ends = all->parts()[open.number];
    return !occurs(ends.source) || !occurs(ends.sink);
  });
  result.steps.push_back(domain);
  return result;
}

ActiveDependences
ActiveDependences::equalAt(llvm::ArrayRef<isl::union_pw_aff> members) const {
  ActiveDependences result(*this);
  if (members.empty())
    return result;
  llvm::erase_if(result.remaining, [&](OpenDependence &open) {
    for (const isl::union_pw_aff &member : members) {
      std::optional<EqualForms> forms =
          formsOf(member, all->parts()[open.number]);
      if (!forms) {
        open.isWhole = false;
        continue;
      }
      restrictTo(*all, open, *forms);
      if (isEmptied(*all, open, *forms))
        return true;
    }
    return false;
  });
  result.steps.push_back(bandSchedule(members));
  return result;
}

bool ActiveDependences::isInside(unsigned number) const {
  const isl::map &pairs = all->parts()[number].pairs;
  isl::union_set ends =
      isl::union_set(pairs.domain()).unite(isl::union_set(pairs.range()));
  return llvm::all_of(steps, [&](const Step &step) {
    const auto *domain = std::get_if<isl::union_set>(&step);
    return !domain || ends.is_subset(*domain);
  });
}

DependentPairs
ActiveDependences::pairs(llvm::ArrayRef<unsigned> numbers) const {
  isl::union_map none(all->all().ordered.ctx(), "{ }");
  DependentPairs result{none, none};
  for (unsigned number : numbers) {
    const Dependences::Dependence &dependence = all->parts()[number];
    isl::union_map &some =
        dependence.commutes ? result.commuting : result.ordered;
    some = some.unite(isl::union_map(dependence.pairs));
  }
  for (const Step &step : steps)
    if (const auto *domain = std::get_if<isl::union_set>(&step))
      result = between(result, *domain);
    else
      result = equal(result, std::get<isl::multi_union_pw_aff>(step));
  return result;
}

//===--- exact relations --------------------------------------------------===//

static isl::union_map lexGreater(const isl::union_map &pairs,
                                 const isl::multi_union_pw_aff &at) {
  return isl::manage(
      isl_union_map_lex_gt_at_multi_union_pw_aff(pairs.copy(), at.copy()));
}

namespace {
/// A dependence that a tree does not respect.
struct Violation {
  llvm::StringRef reason;
  std::string source, sink;

  std::string text() const { return (reason + source + " -> " + sink).str(); }
};
} // namespace

/// One of the violated dependences: isl's order of them says nothing.
static Violation violationOf(llvm::StringRef reason,
                             const isl::union_map &pairs) {
  std::vector<std::pair<std::string, std::string>> ends;
  pairs.foreach_map([&](isl::map map) {
    ends.emplace_back(map.domain_tuple_id().name(),
                      map.range_tuple_id().name());
  });
  const auto &[source, sink] = *llvm::min_element(ends);
  return {reason, source, sink};
}

static std::optional<Violation> violationIn(const Tree &tree,
                                            const DependentPairs &active);

static std::optional<Violation>
violationInSequence(const Tree &tree, const DependentPairs &active) {
  isl::union_set earlier;
  for (const Tree &child : tree.children) {
    if (!earlier.is_null()) {
      isl::union_map reversed = active.ordered.intersect_domain(child.domain)
                                    .intersect_range(earlier);
      if (!reversed.is_empty())
        return violationOf(reversedBySequence, reversed);
    }
    if (auto reason = violationIn(child, between(active, child.domain)))
      return reason;
    earlier = earlier.is_null() ? child.domain : earlier.unite(child.domain);
  }
  return std::nullopt;
}

static std::optional<Violation> violationIn(const Tree &tree,
                                            const DependentPairs &active) {
  if (active.ordered.is_empty() && active.commuting.is_empty())
    return std::nullopt;
  switch (tree.kind) {
  case Tree::Kind::Leaf:
    return violationOf(unordered, active.ordered.unite(active.commuting));
  case Tree::Kind::Sequence:
    return violationInSequence(tree, active);
  case Tree::Kind::Mark: {
    const Tree &child = tree.children.front();
    if (tree.isMark(mark::parallel) || tree.isMark(mark::vectorize)) {
      isl::multi_union_pw_aff member(child.members.front());
      isl::union_map pairs = active.ordered.unite(active.commuting);
      isl::union_map unequal = pairs.subtract(pairs.eq_at(member));
      if (!unequal.is_empty())
        return violationOf(carried, unequal);
    }
    return violationIn(child, active);
  }
  case Tree::Kind::Band: {
    isl::multi_union_pw_aff partial = bandSchedule(tree.members);
    isl::union_map reversed = lexGreater(active.ordered, partial);
    if (!reversed.is_empty())
      return violationOf(reversedByLoops, reversed);
    return violationIn(tree.children.front(), equal(active, partial));
  }
  }
  return std::nullopt;
}

static std::optional<Violation>
firstViolation(const Tree &tree, const ActiveDependences &active) {
  llvm::SmallVector<unsigned> undecided;
  for (const OpenDependence &open : active.open()) {
    Verdict verdict = SignWalk(active.dependences(), open).visit(tree);
    if (verdict.kind == Verdict::Kind::Respected)
      continue;
    const auto &ends = active.dependences().parts()[open.number];
    if (verdict.kind == Verdict::Kind::Violated && active.isInside(open.number))
      return Violation{verdict.reason, ends.sourceName, ends.sinkName};
    undecided.push_back(open.number);
  }
  if (undecided.empty())
    return std::nullopt;
  return violationIn(tree, active.pairs(undecided));
}

std::optional<std::string> findViolation(const Tree &tree,
                                         const ActiveDependences &active) {
  std::optional<Violation> violation = firstViolation(tree, active);
  return violation ? std::optional(violation->text()) : std::nullopt;
}

/// Moves the child of a sequence that has the one statement to right before the
/// child that has the other.
static bool moveBefore(Tree &node, llvm::StringRef moved,
                       llvm::StringRef other) {
  if (node.kind == Tree::Kind::Sequence) {
    auto has = [&](llvm::StringRef name) {
      return [name](const Tree &child) {
        bool found = false;
        child.domain.foreach_set([&](isl::set set) {
          found |= isl_set_get_tuple_name(set.get()) == name;
        });
        return found;
      };
    };
    auto from = llvm::find_if(node.children, has(moved));
    auto to = llvm::find_if(node.children, has(other));
    if (to < from) {
      std::rotate(to, from, std::next(from));
      return true;
    }
  }
  return llvm::any_of(node.children, [&](Tree &child) {
    return moveBefore(child, moved, other);
  });
}

std::optional<std::string> orderSequences(Tree &tree,
                                          const ActiveDependences &active) {
  std::optional<Violation> violation = firstViolation(tree, active);
  for (unsigned moves = 0;
       violation && violation->reason == reversedBySequence && moves < maxMoves;
       ++moves) {
    if (!moveBefore(tree, violation->source, violation->sink))
      break;
    violation = firstViolation(tree, active);
  }
  return violation ? std::optional(violation->text()) : std::nullopt;
}

bool isPermutable(llvm::ArrayRef<isl::union_pw_aff> members,
                  const ActiveDependences &active) {
  const Dependences &all = active.dependences();
  llvm::SmallVector<unsigned> undecided;
  for (const OpenDependence &open : active.open())
    for (const isl::union_pw_aff &member : members) {
      if (all.parts()[open.number].commutes)
        break;
      auto forms = formsOf(member, all.parts()[open.number]);
      if (!forms || !isNonNegative(all, open, *forms)) {
        undecided.push_back(open.number);
        break;
      }
    }
  if (undecided.empty())
    return true;
  isl::union_map pairs = active.pairs(undecided).ordered;
  return llvm::all_of(members, [&](const isl::union_pw_aff &member) {
    return lexGreater(pairs, isl::multi_union_pw_aff(member)).is_empty();
  });
}

} // namespace autotune
