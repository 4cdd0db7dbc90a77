//===- Dependences.h - Dependences and how far they reach -------*- C++ -*-===//
//
// The dependences of a workload, one by one, with the signs of their distances
// in affine functions: the direction vectors of the literature, for any affine
// member and found exactly. Signs are remembered, as a search asks for the same
// few again and again.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_DEPENDENCES_H
#define AUTOTUNE_SCHEDULE_DEPENDENCES_H

#include "Scop.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <string>
#include <vector>

namespace autotune {

/// The sign of sink - source, over all pairs of a dependence; those with
/// negative distances last.
enum class Distance { Zero, Positive, NonNegative, Negative, Other };

/// Two instances, the second of which has to come later.
struct InstancePair {
  isl::point source, sink;
};

class Dependences {
public:
  /// `remembersViolations` where only whether a tree is legal is asked for, not
  /// why: that would depend on what was asked before.
  explicit Dependences(DependentPairs all, bool remembersViolations = false);

  /// A convex set of pairs: statement instance -> the later one.
  struct Dependence {
    isl::map pairs;
    bool commutes; ///< Either may run first.
    std::string sourceName, sinkName;
    isl::space source, sink;
  };

  const DependentPairs &all() const { return whole; }
  const std::vector<Dependence> &parts() const { return dependences; }

  /// The sign of `atSink` - `atSource` over part `number`.
  Distance distance(unsigned number, const isl::aff &atSource,
                    const isl::aff &atSink) const;

  /// Values at both ends.
  struct Ends {
    isl::aff atSource, atSink;
  };
  /// Whether no pair of part `number` has equal values in all of these.
  bool isEmptyAt(unsigned number, llvm::ArrayRef<Ends> equal) const;

  /// Some pairs of part `number`: the first, the last, one in between. None
  /// where they are hard to find.
  const std::vector<InstancePair> &examples(unsigned number) const;

  /// Pairs of part `number` that trees were not legal for, the latest ones.
  const std::vector<InstancePair> &violated(unsigned number) const {
    return broken[number];
  }
  void noteViolated(unsigned number, InstancePair pair) const;
  bool remembersViolations() const { return remembers; }

private:
  /// Numbers of functions, equal for equal texts.
  class FunctionNumbers {
  public:
    unsigned of(const isl::aff &function);

  private:
    /// A function, which keeps the address that it is found by.
    struct Numbered {
      isl::aff function;
      unsigned number;
    };
    llvm::DenseMap<const isl_aff *, Numbered> byAddress;
    llvm::StringMap<unsigned> byText;
  };
  /// By the numbers of the functions at source and sink.
  using KnownDistances =
      llvm::DenseMap<std::pair<unsigned, unsigned>, Distance>;
  struct KnownEmptiness {
    std::vector<Ends> equal;
    bool isEmpty;
  };

  void addParts(const isl::union_map &pairs, bool commute);

  DependentPairs whole;
  std::vector<Dependence> dependences;
  mutable FunctionNumbers numbers;
  mutable std::vector<KnownDistances> known; ///< Of each dependence.
  mutable std::vector<std::vector<KnownEmptiness>> emptiness;
  mutable std::vector<std::optional<std::vector<InstancePair>>> found;
  mutable std::vector<std::vector<InstancePair>> broken;
  bool remembers;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_DEPENDENCES_H
