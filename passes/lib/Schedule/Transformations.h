//===- Transformations.h - Rewrites of schedule trees -----------*- C++ -*-===//
//
// Each function asks the legality oracle; it returns why it refuses, or
// rewrites `model.tree`. After a refusal the tree is unspecified.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_TRANSFORMATIONS_H
#define AUTOTUNE_SCHEDULE_TRANSFORMATIONS_H

#include "Legality.h"
#include "MemoryChange.h"
#include "Model.h"

namespace autotune {

Refusal tile(Model &model, unsigned band, llvm::ArrayRef<int64_t> sizes);
Refusal interchange(Model &model, unsigned band,
                    llvm::ArrayRef<int64_t> permutation);
Refusal fuse(Model &model, unsigned sequence, unsigned child, unsigned depth);
Refusal distribute(Model &model, unsigned band, unsigned depth, unsigned cut);
Refusal reorder(Model &model, unsigned sequence, unsigned child, unsigned to);
Refusal parallelize(Model &model, unsigned band, unsigned member);
Refusal unrollAndJam(Model &model, unsigned band,
                     llvm::ArrayRef<int64_t> factors);
/// Whether the members may run inside everything below the band: then they may
/// be unrolled and jammed by any factors.
bool isSinkable(Model &model, unsigned band,
                llvm::ArrayRef<unsigned> positions);
Refusal vectorize(Model &model, unsigned band, unsigned member, int64_t width);
Refusal pack(Model &model, unsigned band, unsigned array, unsigned panelDim,
             int64_t panel);
Refusal packRead(Model &model, unsigned band, unsigned statement,
                 unsigned access, unsigned panelDim, int64_t panel);
/// Why what is below a copy for one read may write what the copy holds: more
/// may be below it than when `packRead` asked.
Refusal findOverwrittenCopy(const Model &model);
/// The access that a tree's mark is about, where it is a copy for one read;
/// null for others.
const Access *packedRead(const Scop &scop, llvm::StringRef label);

Refusal reverse(Model &model, unsigned band, unsigned member);
Refusal shift(Model &model, unsigned band, unsigned member, int64_t offset);
Refusal skew(Model &model, unsigned band, unsigned member, unsigned outer,
             int64_t factor);
Refusal wavefront(Model &model, unsigned band);

Refusal unroll(Model &model, unsigned band, unsigned member, int64_t factor);

Refusal stream(Model &model, unsigned statement);
/// Whether stores to the array go past the caches: then its elements have to
/// stay where they are in vectors.
bool isStreamed(const Tree &tree, unsigned array);
Refusal prefetch(Model &model, unsigned band, unsigned member, unsigned array,
                 int64_t distance);

/// Whether `privatize` is accepted; leaves the model as it is.
Refusal checkPrivatize(const Model &model, unsigned band, unsigned member,
                       unsigned array, int64_t lanes);
/// The same for `split` and `snapshot`.
Refusal checkSplit(const Model &model, unsigned band, unsigned member,
                   unsigned outer, int64_t size);
/// `context` is `bandContext` of the function.
bool mayTakeSnapshot(const Model &model, unsigned band, unsigned array,
                     llvm::StringRef context);
Refusal checkSeparate(Model &model, unsigned band, unsigned statement);
/// These two change the model only; `change` is what the body needs.
Refusal contract(Model &model, unsigned array, MemoryChange &change);
Refusal expand(Model &model, unsigned band, unsigned member, unsigned array,
               MemoryChange &change);

/// Replaces the whole tree by one that isl's scheduler finds.
Refusal reschedule(Model &model, bool maximizeFusion, bool outerCoincidence);

/// Buffers beyond this size leave every cache.
constexpr int64_t maxBufferBytes = int64_t(1) << 26;

/// The members of the bands above a node, outermost first.
std::vector<isl::union_pw_aff> membersAround(const TreePath &location);
/// Instances -> their values in `members`; an empty tuple where there are none.
isl::union_map placesOf(llvm::ArrayRef<isl::union_pw_aff> members,
                        const isl::union_set &domain);

/// Merges a band with the bands directly below as long as the whole stays
/// permutable, here and further down.
void mergeBands(Tree &tree, const ActiveDependences &active);

/// Why a band is none with nothing between it and the loops that it becomes:
/// it is unrolled, a vector, below such a band, or fetches for later
/// iterations.
Refusal checkPlainBand(const TreePath &location);

/// A member of a plain band, or why there is none.
struct PlainMember {
  std::optional<TreePath> location;
  std::string refusal;
};
PlainMember findPlainMember(Model &model, unsigned band, unsigned member);

/// How many loops around and below the band are made of the same function as
/// `member`, those that are unrolled or vectors apart.
unsigned countTileLevels(const TreePath &path, const isl::union_pw_aff &member);

/// What `autotune-pack` copies: an array region as a function of the loops
/// outside the band.
struct PackRegion {
  /// Loops outside the band -> first element; one result a dimension.
  isl::multi_aff offset;
  llvm::SmallVector<int64_t> sizes;
};
/// What the instances of `place` touch of the array, by one access or by all;
/// `place` maps them to the loops outside. Nothing where that has no box of
/// fixed size.
std::optional<PackRegion> packRegion(const Scop &scop,
                                     const isl::union_map &place,
                                     unsigned array,
                                     const Access *only = nullptr);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TRANSFORMATIONS_H
