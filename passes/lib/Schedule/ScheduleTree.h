//===- ScheduleTree.h - Schedule trees --------------------------*- C++ -*-===//
//
// A light, mutable form of isl's schedule trees. Trees are carried between
// passes as isl's own text; transformations rewrite the nodes below.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_SCHEDULETREE_H
#define AUTOTUNE_SCHEDULE_SCHEDULETREE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <isl/cpp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace autotune {

/// Marks that realise a loop in another form than a sequential one. A mark sits
/// directly above its band.
namespace mark {
constexpr llvm::StringLiteral parallel = "parallel"; ///< One-member band.
constexpr llvm::StringLiteral unroll =
    "unroll="; ///< unroll=members of the band.
constexpr llvm::StringLiteral vectorize =
    "vectorize=";                             ///< vectorize=width, one member.
constexpr llvm::StringLiteral pack = "pack="; ///< pack=array,dim,panel.
constexpr llvm::StringLiteral stream =
    "stream="; ///< stream=array,statement; above a vectorize mark.
constexpr llvm::StringLiteral prefetch =
    "prefetch="; ///< prefetch=array,distance, one member.
} // namespace mark

struct Tree {
  enum class Kind { Band, Sequence, Mark, Leaf };

  Kind kind = Kind::Leaf;
  /// The statement instances below this node.
  isl::union_set domain;
  /// Band: the partial schedule, outermost member first.
  std::vector<isl::union_pw_aff> members;
  /// Mark: one of `mark`.
  std::string label;
  /// One child for bands and marks, any number for sequences, none for leaves.
  std::vector<Tree> children;

  bool isBand() const { return kind == Kind::Band; }
  bool isMark(llvm::StringRef name) const {
    return kind == Kind::Mark && llvm::StringRef(label).starts_with(name);
  }
};

Tree makeLeaf(isl::union_set domain);
Tree makeBand(std::vector<isl::union_pw_aff> members, Tree child);
Tree makeMark(llvm::StringRef label, Tree child);
/// Nested sequences are flattened; a sequence of one is its child.
Tree makeSequence(std::vector<Tree> children);

Tree treeFromSchedule(const isl::schedule &schedule);

isl::schedule scheduleFromTree(const Tree &tree);

/// A node found by its pre-order number, with what lies above it.
struct TreePath {
  Tree *node;
  /// From the root to the parent of `node`.
  llvm::SmallVector<Tree *> ancestors;
};
std::optional<TreePath> findBand(Tree &root, unsigned number);
std::optional<TreePath> findSequence(Tree &root, unsigned number);

/// Joins a sequence that was put at the node with one right above.
void flattenSequence(TreePath &location);

/// Smallest and largest value of a member; nothing where unbounded.
struct Range {
  long min, max;
  long extent() const { return max - min + 1; }
};
std::optional<Range> memberRange(const isl::union_pw_aff &member,
                                 const isl::union_set &domain);

/// The smallest distance between two values of the member; 0 for a constant.
long memberStride(const isl::union_pw_aff &member,
                  const isl::union_set &domain);

/// floor(member / size) * size and member mod size.
isl::union_pw_aff tileMember(const isl::union_pw_aff &member, long size);
isl::union_pw_aff pointMember(const isl::union_pw_aff &member, long size);

isl::multi_union_pw_aff bandSchedule(llvm::ArrayRef<isl::union_pw_aff> members);

/// Inserts a band (under `label`, if not empty) at the innermost place above
/// every leaf of `tree`; stays above loops marked vectorize, and what is said
/// of them, unless `belowVector`.
void sinkToLeaves(Tree &tree, llvm::ArrayRef<isl::union_pw_aff> members,
                  llvm::StringRef label, bool belowVector);

/// Whether both trees are the same text.
bool isSameTree(const Tree &a, const Tree &b);

/// Whether a mark with this prefix occurs in the tree.
bool containsMark(const Tree &tree, llvm::StringRef prefix);
/// Whether any mark does.
bool isMarked(const Tree &tree);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_SCHEDULETREE_H
