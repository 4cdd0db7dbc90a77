//===- Legality.cpp - Whether a schedule tree respects dependences --------===//

#include "Legality.h"
#include "Violation.h"

#include "llvm/ADT/STLExtras.h"

#include <isl/ctx.h>
#include <isl/map.h>
#include <isl/union_map.h>

namespace autotune {

using Kind = MemberForm::Kind;
using EqualForms = OpenDependence::EqualForms;

//===--- direction vectors ------------------------------------------------===//

/// The value as it is, whatever divisions it has.
static MemberFormRef opaque(const MemberFormRef &form) {
  return std::make_shared<MemberForm>(
      MemberForm{Kind::Affine, form->value, 0, nullptr, {}});
}

/// Whether both are the same operations on affine functions.
static bool isMadeAlike(const MemberForm *a, const MemberForm *b) {
  if (!a || !b)
    return a == b;
  return a->kind == b->kind && a->size == b->size &&
         isMadeAlike(a->base.get(), b->base.get()) &&
         llvm::equal(a->terms, b->terms,
                     [](const MemberFormRef &x, const MemberFormRef &y) {
                       return isMadeAlike(x.get(), y.get());
                     });
}

/// The member at both ends of the dependence, if it has a form there. Values
/// that are not made alike are compared as they are.
static std::optional<EqualForms>
formsOf(const isl::union_pw_aff &member,
        const Dependences::Dependence &dependence) {
  EqualForms forms{formOrSumAt(member, dependence.source),
                   formOrSumAt(member, dependence.sink)};
  if (!forms.atSource || !forms.atSink)
    return std::nullopt;
  if (isMadeAlike(forms.atSource.get(), forms.atSink.get()))
    return forms;
  return EqualForms{opaque(forms.atSource), opaque(forms.atSink)};
}

static EqualForms baseOf(const EqualForms &forms) {
  return {forms.atSource->base, forms.atSink->base};
}

/// What adds up, made alike at both ends.
static llvm::SmallVector<EqualForms> termsOf(const EqualForms &forms) {
  llvm::SmallVector<EqualForms> terms;
  for (auto [a, b] : llvm::zip(forms.atSource->terms, forms.atSink->terms))
    terms.push_back({a, b});
  return terms;
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
  if (!forms.atSource->base)
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

static Distance sumDistance(const Dependences &all, const OpenDependence &open,
                            const EqualForms &sum);

/// The sign of the distance in the affine function that everything is made of.
static Distance rootDistance(const Dependences &all, const OpenDependence &open,
                             EqualForms forms) {
  while (forms.atSource->base)
    forms = baseOf(forms);
  if (forms.atSource->kind == Kind::Sum)
    return sumDistance(all, open, forms);
  return all.distance(open.number, forms.atSource->value, forms.atSink->value);
}

/// The sign, as far as those of the terms tell.
static Distance sumDistance(const Dependences &all, const OpenDependence &open,
                            const EqualForms &sum) {
  Distance result = Distance::Zero;
  for (const EqualForms &term : termsOf(sum)) {
    Distance distance = rootDistance(all, open, term);
    if (distance >= Distance::Negative)
      return Distance::Other;
    bool isExact = term.atSource->kind == Kind::Affine;
    if (distance == Distance::Positive && isExact)
      result = Distance::Positive;
    else if (distance != Distance::Zero && result == Distance::Zero)
      result = Distance::NonNegative;
  }
  return result;
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
  case Kind::Sum:
    return llvm::all_of(termsOf(forms), [&](const EqualForms &term) {
      return isNonNegative(all, open, term);
    });
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

/// Whether no pair is left, as the values that are known to be equal never are
/// all at once.
static bool isEmptied(const Dependences &all, const OpenDependence &open) {
  llvm::SmallVector<Dependences::Ends> equal;
  for (const EqualForms &forms : open.equal)
    if (forms.atSource->kind == Kind::Affine &&
        rootDistance(all, open, forms) != Distance::Zero)
      equal.push_back({forms.atSource->value, forms.atSink->value});
  return equal.size() > 1 && all.isEmptyAt(open.number, equal);
}

/// Reduces what is left to the pairs of equal values.
static void restrictTo(const Dependences &all, OpenDependence &open,
                       const EqualForms &forms) {
  open.isWhole &= rootDistance(all, open, forms) == Distance::Zero;
  bool isPositiveSum =
      forms.atSource->kind == Kind::Sum && isNonNegative(all, open, forms);
  addEqual(open, forms);
  // None of them makes up for what another adds.
  if (isPositiveSum)
    for (const EqualForms &term : termsOf(forms))
      addEqual(open, term);
}

namespace {

/// What a tree does to a dependence, as far as signs tell.
struct Verdict {
  enum class Kind { Respected, Violated, Open } kind;
  llvm::StringRef reason; ///< Violated: ends before the dependence's name.
};

constexpr Verdict respected{Verdict::Kind::Respected, ""};
constexpr Verdict undecided{Verdict::Kind::Open, ""};

/// Sequences whose order takes more repairs than this are left alone.
constexpr unsigned maxMoves = 8;

/// Walks down a tree with one dependence.
class SignWalk {
public:
  SignWalk(const Dependences &all, OpenDependence open)
      : all(all), open(std::move(open)) {}

  Verdict visit(const Tree &tree) {
    switch (tree.kind) {
    case Tree::Kind::Leaf:
      return violatedIf(open.isWhole, reason::unordered);
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
        return violatedIf(open.isWhole && isAffine(*forms),
                          reason::reversedByLoops);
      restrictTo(all, open, *forms);
      if (isEmptied(all, open, *forms))
        return respected;
    }
    return isEmptied(all, open) ? respected : visit(band.children.front());
  }

  Verdict visitMark(const Tree &tree) {
    const Tree &child = tree.children.front();
    if (tree.isMark(mark::parallel) || tree.isMark(mark::vectorize)) {
      auto forms = formsOf(child.members.front(), all.parts()[open.number]);
      if (!forms)
        return undecided;
      if (!isZero(all, open, *forms))
        return violatedIf(open.isWhole && isAffine(*forms), reason::carried);
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
               : violatedIf(open.isWhole, reason::reversedBySequence);
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

bool ActiveDependences::has(const InstancePair &pair) const {
  auto isLeft = [&](const Step &step) {
    if (const auto *domain = std::get_if<isl::union_set>(&step))
      return contains(*domain, pair.source) && contains(*domain, pair.sink);
    const auto &members = std::get<isl::multi_union_pw_aff>(step);
    for (unsigned i = 0; i < members.size(); ++i)
      if (!valueAt(members.at(i), pair.source)
               .eq(valueAt(members.at(i), pair.sink)))
        return false;
    return true;
  };
  return llvm::all_of(steps, isLeft);
}

DependentPairs
ActiveDependences::pairs(llvm::ArrayRef<unsigned> numbers) const {
  isl::union_map none(all->all().ordered.ctx(), "{ }");
  DependentPairs result{none, none};
  for (unsigned number : numbers) {
    const Dependences::Dependence &dependence = all->parts()[number];
    isl::union_map &some =
        dependence.commutes ? result.commuting : result.ordered;
    some = some.unite(isl::union_map(unshared(dependence.pairs)));
  }
  for (const Step &step : steps)
    if (const auto *domain = std::get_if<isl::union_set>(&step))
      result = result.between(*domain);
    else
      result = result.equalAt(std::get<isl::multi_union_pw_aff>(step));
  return result;
}

//===--- exact relations --------------------------------------------------===//

/// The first violation in the tree. Where violations of other trees are
/// remembered it is any; where sequences may then be put in another order it is
/// the first, or one that stays.
static std::optional<Violation> firstViolation(const Tree &tree,
                                               const ActiveDependences &active,
                                               bool mayReorder) {
  const Dependences &all = active.dependences();
  llvm::SmallVector<unsigned> undecided;
  for (const OpenDependence &open : active.open()) {
    Verdict verdict = SignWalk(all, open).visit(tree);
    if (verdict.kind == Verdict::Kind::Respected)
      continue;
    const auto &ends = all.parts()[open.number];
    if (verdict.kind == Verdict::Kind::Violated && active.isInside(open.number))
      return Violation{verdict.reason, ends.sourceName, ends.sinkName,
                       std::nullopt};
    undecided.push_back(open.number);
  }
  if (undecided.empty())
    return std::nullopt;
  // Much faster than the relations, and it answers most questions.
  if (auto found = mayReorder ? violationInAnyOrder(tree, active)
                              : violationOfRemembered(tree, active, undecided))
    return found;
  if (auto found = violationOfExample(tree, active, undecided))
    return found;
  // What isl's quota leaves must not depend on what was remembered.
  isl_ctx_reset_operations(tree.domain.ctx().get());
  std::optional<Violation> found = violationIn(tree, active.pairs(undecided));
  if (found && all.remembersViolations())
    rememberViolation(*found, active, undecided);
  return found;
}

std::optional<std::string> findViolation(const Tree &tree,
                                         const ActiveDependences &active) {
  std::optional<Violation> violation =
      firstViolation(tree, active, /*mayReorder=*/false);
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
  std::optional<Violation> violation =
      firstViolation(tree, active, /*mayReorder=*/true);
  for (unsigned moves = 0;
       violation && violation->reason == reason::reversedBySequence &&
       moves < maxMoves;
       ++moves) {
    if (!moveBefore(tree, violation->source, violation->sink))
      break;
    violation = firstViolation(tree, active, /*mayReorder=*/true);
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
