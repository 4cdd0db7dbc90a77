//===- Codegen.cpp - Generate loops from the schedule tree ----------------===//

#include "Codegen.h"
#include "AstEmitter.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_CODEGEN
#include "autotune/SchedulePasses.h.inc"

/// Erases everything but buffers and the terminator.
static void eraseOldBody(llvm::ArrayRef<Operation *> operations) {
  for (Operation *op : llvm::reverse(operations))
    if (!isa<memref::AllocOp, memref::AllocaOp, memref::GetGlobalOp,
             memref::DeallocOp>(op))
      op->erase();
}

static Refusal generate(func::FuncOp function, Model &model) {
  GeneratedAst ast = generateAst(model.tree, model.scop);
  if (ast.refusal)
    return ast.refusal;
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
  if (Refusal refusal = AstEmitter(builder, model.scop, ast).emit())
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
