//===- Codegen.cpp - Generate loops from the schedule tree ----------------===//

#include "Codegen.h"
#include "AstEmitter.h"
#include "Quota.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_CODEGEN
#define GEN_PASS_DEF_PROMOTE
#include "autotune/SchedulePasses.h.inc"

/// Of isl; beyond these, loops take seconds to generate.
static constexpr unsigned long maxIslOperations = 1'000'000;

/// Erases everything but buffers and the terminator.
static void eraseOldBody(llvm::ArrayRef<Operation *> operations) {
  for (Operation *op : llvm::reverse(operations))
    if (!isa<memref::AllocOp, memref::AllocaOp, memref::GetGlobalOp,
             memref::DeallocOp>(op))
      op->erase();
}

static Refusal generate(func::FuncOp function, Model &model, bool hasMasks) {
  GeneratedAst ast = generateAst(model.tree, model.scop);
  if (ast.refusal)
    return ast.refusal;
  Block &body = function.getBody().front();
  llvm::SmallVector<Operation *> old;
  for (Operation &op : body.without_terminator())
    old.push_back(&op);
  // New code goes after the buffers and before they are freed, wherever that
  // was among the old statements.
  Operation *end = body.getTerminator();
  for (Operation *op : old)
    if (isa<memref::DeallocOp>(op)) {
      op->moveBefore(body.getTerminator());
      if (end == body.getTerminator())
        end = op;
    }
  OpBuilder builder(end);
  if (Refusal refusal = AstEmitter(builder, model.scop, ast, hasMasks).emit())
    return refusal;
  eraseOldBody(old);
  return std::nullopt;
}

static Refusal generateInTime(func::FuncOp function, Model &model,
                              bool hasMasks) {
  isl_ctx *ctx = model.tree.domain.ctx().get();
  try {
    return withinQuota(ctx, maxIslOperations,
                       [&] { return generate(function, model, hasMasks); });
  } catch (const isl::exception_quota &) {
    return "finding the bounds of these loops takes too long";
  } catch (const isl::exception &) {
    return "isl fails on these loops: " + takeIslError(ctx);
  }
}

static int64_t countOperations(func::FuncOp function) {
  int64_t count = 0;
  function.walk([&](Operation *) { ++count; });
  return count;
}

namespace {
class CodegenPass : public impl::CodegenBase<CodegenPass> {
  using CodegenBase::CodegenBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto body = [&](isl::ctx ctx) -> LogicalResult {
      FailureOr<Model> model = loadModel(function, ctx);
      if (failed(model))
        return failure();
      if (Refusal refusal = generateInTime(function, *model, masks))
        return function.emitError("cannot generate loops: ") << *refusal;
      int64_t count = countOperations(function), most = maxOperations;
      if (most > 0 && count > most)
        return function.emitError("unrolling makes ")
               << count << " operations, more than the " << most
               << " that compile in time";
      return success();
    };
    if (failed(guardIsl(function, body)))
      return signalPassFailure();
    clearModel(function);
    promoteToRegisters(function);
  }
};

struct PromotePass : impl::PromoteBase<PromotePass> {
  void runOnOperation() override { promoteToRegisters(getOperation()); }
};
} // namespace
} // namespace autotune
