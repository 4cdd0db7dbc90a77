//===- Codegen.cpp - Generate loops from the schedule tree ----------------===//

#include "Codegen.h"
#include "AstEmitter.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <isl/ast_build.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_CODEGEN
#include "autotune/SchedulePasses.h.inc"

/// Numbers the pack marks and finds their regions.
static Refusal collectPacks(Tree &root, const Scop &scop, TreePath &location,
                            Tree &node, std::vector<PackRegion> &packs) {
  if (node.isMark(mark::pack)) {
    unsigned array = 0;
    llvm::StringRef(node.label)
        .drop_front(mark::pack.size())
        .split(',')
        .first.getAsInteger(10, array);
    location.node = &node;
    std::optional<PackRegion> region = packRegion(scop, location, array);
    if (!region)
      return "a packed array is no longer read in a region of fixed size";
    node.label += "#" + std::to_string(packs.size());
    packs.push_back(*region);
  }
  location.ancestors.push_back(&node);
  for (Tree &child : node.children)
    if (Refusal refusal = collectPacks(root, scop, location, child, packs))
      return refusal;
  location.ancestors.pop_back();
  return std::nullopt;
}

/// The members of the bands outside each band, in pre-order.
static void
collectOuterMembers(const Tree &node, std::vector<isl::union_pw_aff> outer,
                    std::vector<std::vector<isl::union_pw_aff>> &all) {
  if (node.isBand()) {
    all.push_back(outer);
    outer.insert(outer.end(), node.members.begin(), node.members.end());
  }
  for (const Tree &child : node.children)
    collectOuterMembers(child, outer, all);
}

static isl::schedule scheduleWithOptions(const Tree &tree) {
  std::vector<std::vector<isl::union_pw_aff>> outer;
  collectOuterMembers(tree, {}, outer);
  return scheduleFromTree(tree, [&](const Tree &band, unsigned number) {
    return fullTileOption(band, outer[number]);
  });
}

static isl::ast_node generateAst(const isl::schedule &schedule) {
  isl_ast_build *build = isl_ast_build_alloc(schedule.ctx().get());
  isl::ast_node ast =
      isl::manage(isl_ast_build_node_from_schedule(build, schedule.copy()));
  isl_ast_build_free(build);
  return ast;
}

/// Erases everything but buffers and the terminator.
static void eraseOldBody(llvm::ArrayRef<Operation *> operations) {
  for (Operation *op : llvm::reverse(operations))
    if (!isa<memref::AllocOp, memref::AllocaOp, memref::GetGlobalOp,
             memref::DeallocOp>(op))
      op->erase();
}

static Refusal generate(func::FuncOp function, Model &model) {
  std::vector<PackRegion> packs;
  TreePath location{nullptr, {}};
  if (Refusal refusal =
          collectPacks(model.tree, model.scop, location, model.tree, packs))
    return refusal;
  isl::ast_node ast = generateAst(scheduleWithOptions(model.tree));
  Block &body = function.getBody().front();
  llvm::SmallVector<Operation *> old;
  for (Operation &op : body.without_terminator())
    old.push_back(&op);
  // New code goes after the buffers and before they are freed.
  Operation *end = body.getTerminator();
  while (Operation *previous = end->getPrevNode()) {
    if (!isa<memref::DeallocOp>(previous))
      break;
    end = previous;
  }
  OpBuilder builder(end);
  if (Refusal refusal = AstEmitter(builder, model.scop, packs).emit(ast))
    return refusal;
  eraseOldBody(old);
  return std::nullopt;
}

namespace {
class CodegenPass : public impl::CodegenBase<CodegenPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto body = [&](isl::ctx ctx) -> LogicalResult {
      FailureOr<Model> model = loadModel(function, ctx);
      if (failed(model))
        return failure();
      if (Refusal refusal = generate(function, *model))
        return function.emitError("cannot generate loops: ") << *refusal;
      return success();
    };
    if (failed(guardIsl(function, body)))
      return signalPassFailure();
    clearModel(function);
    promoteToRegisters(function);
  }
};
} // namespace
} // namespace autotune
