//===- Legality.h - Whether a schedule tree respects dependences *- C++ -*-===//
//
// The one legality oracle. Exact: direction vectors alone show that most
// dependences are respected, or are not; what they leave open is decided on the
// relations themselves.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_LEGALITY_H
#define AUTOTUNE_SCHEDULE_LEGALITY_H

#include "Dependences.h"
#include "MemberForm.h"
#include "ScheduleTree.h"

#include <variant>

namespace autotune {

/// A dependence of which the loops outside may not have ordered every pair.
struct OpenDependence {
  unsigned number;
  /// Values that are known to be equal at source and sink of what is left.
  struct EqualForms {
    MemberFormRef atSource, atSink;
  };
  std::vector<EqualForms> equal;
  /// Whether the loops outside order none of the pairs.
  bool isWhole = true;
};

/// The pairs that a place in a tree has to order: those that the bands and
/// sequences above it leave unordered. `all` outlives this.
class ActiveDependences {
public:
  /// Every dependence, as at the root.
  explicit ActiveDependences(const Dependences &all);
  /// At a node of the tree.
  ActiveDependences(const Dependences &all, const TreePath &location);

  /// Those between instances of `domain`.
  ActiveDependences within(const isl::union_set &domain) const;
  /// Those of equal values in all members.
  ActiveDependences equalAt(llvm::ArrayRef<isl::union_pw_aff> members) const;

  const Dependences &dependences() const { return *all; }
  const std::vector<OpenDependence> &open() const { return remaining; }

  /// Whether the domains given to `within` have every pair of a dependence.
  bool isInside(unsigned number) const;

  /// The pairs themselves, of some of `open`.
  DependentPairs pairs(llvm::ArrayRef<unsigned> numbers) const;

private:
  /// What reduces the pairs: a domain, or values that are equal.
  using Step = std::variant<isl::union_set, isl::multi_union_pw_aff>;

  const Dependences *all;
  std::vector<OpenDependence> remaining;
  std::vector<Step> steps;
};

/// Why `tree` does not respect the active dependences, or nothing when it
/// does. Every pair must be ordered strictly by the tree, those that commute in
/// either way, and loops marked parallel or vectorize must carry none.
std::optional<std::string> findViolation(const Tree &tree,
                                         const ActiveDependences &active);

/// Puts the children of sequences in another order where `tree` respects the
/// active dependences only then; why there is none, or nothing.
std::optional<std::string> orderSequences(Tree &tree,
                                          const ActiveDependences &active);

/// Whether no active dependence has a negative distance in any member, but
/// those that commute.
bool isPermutable(llvm::ArrayRef<isl::union_pw_aff> members,
                  const ActiveDependences &active);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_LEGALITY_H
