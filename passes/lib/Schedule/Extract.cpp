//===- Extract.cpp - Model a workload's loops -----------------------------===//

#include "Transformations.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_EXTRACT
#include "autotune/SchedulePasses.h.inc"

void mergeBands(Tree &tree, const ActiveDependences &active) {
  if (!tree.isBand()) {
    for (Tree &child : tree.children)
      mergeBands(child, active.within(child.domain));
    return;
  }
  while (tree.children.front().isBand()) {
    Tree &child = tree.children.front();
    std::vector<isl::union_pw_aff> merged = tree.members;
    merged.insert(merged.end(), child.members.begin(), child.members.end());
    if (!isPermutable(merged, active))
      break;
    Tree body = std::move(child.children.front());
    tree = makeBand(std::move(merged), std::move(body));
  }
  mergeBands(tree.children.front(), active.equalAt(tree.members));
}

namespace {
class ExtractPass : public impl::ExtractBase<ExtractPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto extract = [&](isl::ctx ctx) -> LogicalResult {
      FailureOr<Scop> scop = buildScop(function, ctx);
      if (failed(scop))
        return failure();
      Dependences dependences(computeDependences(*scop, scop->originalOrder));
      mergeBands(scop->originalOrder, ActiveDependences(dependences));
      storeTree(function, scop->originalOrder);
      storeDependences(function, dependences.all());
      return success();
    };
    if (failed(guardIsl(function, extract)))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
