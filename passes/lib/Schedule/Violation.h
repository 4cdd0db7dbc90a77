//===- Violation.h - Why a tree does not respect a dependence ---*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_VIOLATION_H
#define AUTOTUNE_SCHEDULE_VIOLATION_H

#include "Legality.h"

namespace autotune {

/// What happens to dependences; the name of one completes it.
namespace reason {
constexpr llvm::StringLiteral reversedByLoops =
    "the loops would reverse the dependence ";
constexpr llvm::StringLiteral reversedBySequence =
    "the sequence would reverse the dependence ";
constexpr llvm::StringLiteral inNoOrder =
    "no order of the sequence respects the dependence ";
constexpr llvm::StringLiteral carried = "the loop carries the dependence ";
constexpr llvm::StringLiteral unordered =
    "instances of one statement would be left unordered across the "
    "dependence ";
} // namespace reason

/// A dependence that a tree does not respect.
struct Violation {
  llvm::StringRef reason;
  std::string source, sink;
  /// Some that it does not respect, where relations were looked at.
  std::optional<isl::union_map> pairs;

  std::string text() const { return (reason + source + " -> " + sink).str(); }
};

/// A dependence, one of `numbers`, with an example that the tree does not
/// respect: the first in the tree, as the relations would be looked at. Nothing
/// says little.
std::optional<Violation> violationOfExample(const Tree &tree,
                                            const ActiveDependences &active,
                                            llvm::ArrayRef<unsigned> numbers);

/// A dependence, one of `numbers`, with a pair that another tree violated.
std::optional<Violation>
violationOfRemembered(const Tree &tree, const ActiveDependences &active,
                      llvm::ArrayRef<unsigned> numbers);

/// Such a pair, or two, that no order of the children of sequences respects.
std::optional<Violation> violationInAnyOrder(const Tree &tree,
                                             const ActiveDependences &active);

/// Remembers one of a violation's pairs, which are of `numbers`.
void rememberViolation(const Violation &violation,
                       const ActiveDependences &active,
                       llvm::ArrayRef<unsigned> numbers);

/// The first violation in the tree among these pairs.
std::optional<Violation> violationIn(const Tree &tree,
                                     const DependentPairs &active);

/// Pairs whose members are in the opposite order.
isl::union_map lexGreater(const isl::union_map &pairs,
                          const isl::multi_union_pw_aff &at);

/// The same pairs, for isl to note there what it finds out. It does so in what
/// all holders of a relation share, and the form of results follows from it:
/// answers would depend on what was asked before.
isl::map unshared(const isl::map &pairs);

/// Whether an instance is in a domain.
bool contains(const isl::union_set &domain, const isl::point &instance);

/// The value of a member at an instance.
isl::val valueAt(const isl::union_pw_aff &member, const isl::point &instance);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_VIOLATION_H
