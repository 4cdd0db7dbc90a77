//===- Model.h - What a transformation works on -----------------*- C++ -*-===//
//
// The model of a function as the passes share it: statements, dependences and
// the current schedule tree, carried between passes as attributes.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_MODEL_H
#define AUTOTUNE_SCHEDULE_MODEL_H

#include "Dependences.h"
#include "Scop.h"

namespace autotune {

struct Model {
  Scop scop;
  std::shared_ptr<const Dependences> dependences;
  Tree tree;
};

/// Why a transformation is refused; nothing where it was applied.
using Refusal = std::optional<std::string>;

/// Reads the attributes that `autotune-extract` and the transformations wrote.
/// With `remembersViolations` see `Dependences`.
mlir::FailureOr<Model> loadModel(mlir::func::FuncOp function, isl::ctx ctx,
                                 bool remembersViolations = false);
void storeTree(mlir::func::FuncOp function, const Tree &tree);
void storeDependences(mlir::func::FuncOp function, const DependentPairs &pairs);
void clearModel(mlir::func::FuncOp function);

/// The tree that answers a question, computed unless that was asked recently.
Tree remembered(llvm::StringRef question, llvm::function_ref<Tree()> compute);

/// The transformation's refusal; one that isl cannot decide is refused.
Refusal guarded(Model &model, llvm::function_ref<Refusal(Model &)> transform);

/// Runs one transformation of the function's tree; emits its refusal as an
/// error. A transformation that changes nothing is refused.
mlir::LogicalResult
transformTree(mlir::func::FuncOp function,
              llvm::function_ref<Refusal(Model &model)> transform);

/// Runs one transformation that moves values in memory: it rewrites the body
/// along with the model once it is sure to accept. The order that the tree has
/// then is where dependences count from.
mlir::LogicalResult
transformMemory(mlir::func::FuncOp function,
                llvm::function_ref<Refusal(Model &model)> transform);

/// Runs one transformation that adds statements to the body along with the
/// model, and says itself what depends on what then.
mlir::LogicalResult
transformStatements(mlir::func::FuncOp function,
                    llvm::function_ref<Refusal(Model &model)> transform);

/// Runs `body` in the thread's isl context and turns isl's exceptions (quota,
/// overflow) into errors.
mlir::LogicalResult
guardIsl(mlir::func::FuncOp function,
         llvm::function_ref<mlir::LogicalResult(isl::ctx)> body);

/// What isl says of its last failure, which it forgets.
std::string takeIslError(isl_ctx *ctx);

/// Whether isl can show, within its quota, that the claim holds.
bool isProven(mlir::func::FuncOp function,
              llvm::function_ref<bool(const Scop &)> claim);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_MODEL_H
