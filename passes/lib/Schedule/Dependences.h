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

#include <string>
#include <vector>

namespace autotune {

/// The sign of sink - source, over all pairs of a dependence; those with
/// negative distances last.
enum class Distance { Zero, Positive, NonNegative, Negative, Other };

class Dependences {
public:
  explicit Dependences(DependentPairs all);

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

private:
  struct Known {
    isl::aff atSource, atSink;
    Distance distance;
  };

  void addParts(const isl::union_map &pairs, bool commute);

  DependentPairs whole;
  std::vector<Dependence> dependences;
  mutable std::vector<std::vector<Known>> known; ///< Of each dependence.
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_DEPENDENCES_H
