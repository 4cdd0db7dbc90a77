//===- Model.cpp - What a transformation works on -------------------------===//

#include "Model.h"
#include "NewStatements.h"
#include "Recent.h"
#include "Relations.h"
#include "TreeReader.h"

#include <isl/ast_build.h>
#include <isl/ctx.h>
#include <isl/options.h>

using namespace mlir;

namespace autotune {

static constexpr llvm::StringLiteral scheduleName = "autotune.schedule";
static constexpr llvm::StringLiteral dependencesName = "autotune.dependences";
static constexpr llvm::StringLiteral commutingName = "autotune.commuting";
/// Bounds the work of one pass; beyond it the answer is unknown, so refused.
static constexpr unsigned long maxOperations = 200'000'000;

namespace {

/// Owns an isl context.
class IslContext {
public:
  IslContext() : ctx(isl_ctx_alloc()) {
    isl_options_set_on_error(ctx, ISL_ON_ERROR_CONTINUE);
    isl_ctx_set_max_operations(ctx, maxOperations);
    isl_options_set_ast_build_detect_min_max(ctx, 1);
    isl_options_set_ast_build_scale_strides(ctx, 0);
    isl_options_set_ast_build_atomic_upper_bound(ctx, 1);
  }
  ~IslContext() { isl_ctx_free(ctx); }
  IslContext(const IslContext &) = delete;
  IslContext &operator=(const IslContext &) = delete;
  isl::ctx get() const { return isl::ctx(ctx); }

private:
  isl_ctx *ctx;
};

/// A thread's isl context, with what lives in it from one pass to the next.
/// Passes hand trees and dependences on as text; reading them takes longer than
/// most transformations.
struct IslSession {
  IslContext context;
  Recent<std::shared_ptr<const Dependences>> dependences{8};
  Recent<Tree> trees{64};
  Recent<Tree> computed{64};
};

} // namespace

static IslSession &session() {
  thread_local IslSession session;
  return session;
}

/// Always what the text says, never the tree that it was written from: isl may
/// have other divisions in that, and answers would depend on what ran before.
static const Tree &treeOf(llvm::StringRef text, isl::ctx ctx) {
  if (const Tree *tree = session().trees.find(text))
    return *tree;
  if (std::optional<Tree> tree = readTree(text, ctx))
    return session().trees.add(text, *tree);
  isl::schedule schedule =
      isl::manage(isl_schedule_read_from_str(ctx.get(), text.str().c_str()));
  return session().trees.add(text, treeFromSchedule(schedule));
}

static std::shared_ptr<const Dependences>
dependencesOf(StringAttr ordered, StringAttr commuting, isl::ctx ctx,
              bool remembersViolations) {
  std::string text = ordered.str() + (commuting ? commuting.str() : "") +
                     (remembersViolations ? " remembers" : "");
  if (const auto *dependences = session().dependences.find(text))
    return *dependences;
  DependentPairs pairs{
      readRelations(ordered.getValue(), ctx),
      readRelations(commuting ? commuting.getValue() : "{ }", ctx)};
  return session().dependences.add(
      text, std::make_shared<Dependences>(pairs, remembersViolations));
}

FailureOr<Model> loadModel(func::FuncOp function, isl::ctx ctx,
                           bool remembersViolations) {
  auto schedule = function->getAttrOfType<StringAttr>(scheduleName);
  auto dependences = function->getAttrOfType<StringAttr>(dependencesName);
  if (!schedule || !dependences)
    return function.emitError("has no schedule; run autotune-extract first"),
           failure();
  FailureOr<Scop> scop = buildScop(function, ctx);
  if (failed(scop))
    return failure();
  auto commuting = function->getAttrOfType<StringAttr>(commutingName);
  Model model{std::move(*scop),
              dependencesOf(dependences, commuting, ctx, remembersViolations),
              treeOf(schedule.getValue(), ctx)};
  // What the quota leaves must not depend on what was remembered.
  isl_ctx_reset_operations(ctx.get());
  return model;
}

Tree remembered(llvm::StringRef question, llvm::function_ref<Tree()> compute) {
  const Tree *tree = session().computed.find(question);
  Tree result = tree ? *tree : session().computed.add(question, compute());
  isl_ctx_reset_operations(session().context.get().get());
  return result;
}

void storeTree(func::FuncOp function, const Tree &tree) {
  isl::schedule schedule = scheduleFromTree(tree);
  char *text = isl_schedule_to_str(schedule.get());
  function->setAttr(scheduleName, StringAttr::get(function.getContext(), text));
  free(text);
}

void storeDependences(func::FuncOp function, const DependentPairs &pairs) {
  auto store = [&](llvm::StringRef name, const isl::union_map &some) {
    char *text = isl_union_map_to_str(some.get());
    function->setAttr(name, StringAttr::get(function.getContext(), text));
    free(text);
  };
  function->removeAttr(commutingName);
  store(dependencesName, pairs.ordered);
  if (!pairs.commuting.is_empty())
    store(commutingName, pairs.commuting);
}

void clearModel(func::FuncOp function) {
  function->removeAttr(scheduleName);
  function->removeAttr(dependencesName);
  function->removeAttr(blocksName);
  function->removeAttr(commutingName);
}

std::string takeIslError(isl_ctx *ctx) {
  const char *message = isl_ctx_last_error_msg(ctx);
  std::string reason = message ? message : "isl fails";
  isl_ctx_reset_error(ctx);
  return reason;
}

LogicalResult guardIsl(func::FuncOp function,
                       llvm::function_ref<LogicalResult(isl::ctx)> body) {
  isl::ctx ctx = session().context.get();
  isl_ctx_reset_operations(ctx.get());
  try {
    return body(ctx);
  } catch (const isl::exception &) {
    return function.emitError("unknown, so illegal: ")
           << takeIslError(ctx.get());
  }
}

bool isProven(func::FuncOp function,
              llvm::function_ref<bool(const Scop &)> claim) {
  isl::ctx ctx = session().context.get();
  isl_ctx_reset_operations(ctx.get());
  ScopedDiagnosticHandler quiet(function.getContext(),
                                [](Diagnostic &) { return success(); });
  try {
    FailureOr<Scop> scop = buildScop(function, ctx);
    return succeeded(scop) && claim(*scop);
  } catch (const isl::exception &) { // More than the quota: not proven.
    isl_ctx_reset_error(ctx.get());
    return false;
  }
}

Refusal guarded(Model &model, llvm::function_ref<Refusal(Model &)> transform) {
  isl_ctx_reset_operations(model.tree.domain.ctx().get());
  try {
    return transform(model);
  } catch (const isl::exception &error) {
    isl_ctx *ctx = model.tree.domain.ctx().get();
    isl_ctx_reset_error(ctx);
    isl_ctx_reset_operations(ctx);
    return std::string("unknown: ") + error.what();
  }
}

LogicalResult
transformTree(func::FuncOp function,
              llvm::function_ref<Refusal(Model &model)> transform) {
  return guardIsl(function, [&](isl::ctx ctx) -> LogicalResult {
    FailureOr<Model> model = loadModel(function, ctx);
    if (failed(model))
      return failure();
    if (Refusal refusal = guarded(*model, transform))
      return function.emitError("illegal: ") << *refusal;
    StringAttr before = function->getAttrOfType<StringAttr>(scheduleName);
    storeTree(function, model->tree);
    if (function->getAttr(scheduleName) == before)
      return function.emitError("illegal: the transformation changes nothing");
    return success();
  });
}

LogicalResult
transformMemory(func::FuncOp function,
                llvm::function_ref<Refusal(Model &model)> transform) {
  return guardIsl(function, [&](isl::ctx ctx) -> LogicalResult {
    FailureOr<Model> model = loadModel(function, ctx);
    if (failed(model))
      return failure();
    if (function->hasAttr(blocksName))
      return function.emitError("illegal: a loop is split into blocks already");
    if (Refusal refusal = guarded(*model, transform))
      return function.emitError("illegal: ") << *refusal;
    FailureOr<Scop> scop = buildScop(function, ctx);
    if (failed(scop))
      return failure();
    storeTree(function, model->tree);
    storeDependences(function, computeDependences(*scop, model->tree));
    return success();
  });
}

LogicalResult
transformStatements(func::FuncOp function,
                    llvm::function_ref<Refusal(Model &model)> transform) {
  return guardIsl(function, [&](isl::ctx ctx) -> LogicalResult {
    FailureOr<Model> model = loadModel(function, ctx);
    if (failed(model))
      return failure();
    if (Refusal refusal = guarded(*model, transform))
      return function.emitError("illegal: ") << *refusal;
    storeTree(function, model->tree);
    storeDependences(function, model->dependences->all());
    return success();
  });
}

} // namespace autotune
