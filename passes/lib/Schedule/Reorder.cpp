//===- Reorder.cpp - Another order of what follows one another ------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_REORDER
#include "autotune/SchedulePasses.h.inc"

Refusal reorder(Model &model, unsigned number, unsigned child, unsigned to) {
  std::optional<TreePath> location = findSequence(model.tree, number);
  if (!location)
    return "there is no sequence " + std::to_string(number);
  std::vector<Tree> &children = location->node->children;
  if (child >= children.size() || to >= children.size())
    return "the sequence has only " + std::to_string(children.size()) +
           " children";
  auto begin = children.begin();
  if (child < to)
    std::rotate(begin + child, begin + child + 1, begin + to + 1);
  else
    std::rotate(begin + to, begin + child, begin + child + 1);
  return findViolation(*location->node,
                       ActiveDependences(*model.dependences, *location));
}

namespace {
struct ReorderPass : impl::ReorderBase<ReorderPass> {
  using ReorderBase::ReorderBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return reorder(model, sequence, child, to);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
