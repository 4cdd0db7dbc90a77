//===- TileLevels.cpp - Into how many loops tiling made one ---------------===//

#include "MemberForm.h"
#include "Transformations.h"

#include <isl/set.h>

namespace autotune {

/// The nodes from the root through `path` down to the first leaf.
static llvm::SmallVector<const Tree *> lineThrough(const TreePath &path) {
  llvm::SmallVector<const Tree *> line(path.ancestors.begin(),
                                       path.ancestors.end());
  line.push_back(path.node);
  while (!line.back()->children.empty())
    line.push_back(&line.back()->children.front());
  return line;
}

unsigned countTileLevels(const TreePath &path,
                         const isl::union_pw_aff &member) {
  llvm::SmallVector<const Tree *> line = lineThrough(path);
  isl::space statement;
  line.back()->domain.foreach_set(
      [&](isl::set set) { statement = set.space(); });
  MemberFormRef form = formAt(member, statement);
  if (!form)
    return 0;
  auto isMadeAlike = [&](const isl::union_pw_aff &other) {
    MemberFormRef made = formAt(other, statement);
    return made && isEqual(rootOf(form), rootOf(made));
  };
  unsigned count = 0;
  const Tree *above = nullptr;
  for (const Tree *node : line) {
    bool isMarked = above && (above->isMark(mark::unroll) ||
                              above->isMark(mark::vectorize));
    count +=
        node->isBand() && !isMarked && llvm::any_of(node->members, isMadeAlike);
    above = node;
  }
  return count;
}

} // namespace autotune
