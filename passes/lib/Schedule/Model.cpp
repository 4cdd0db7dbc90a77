//===- Model.cpp - What a transformation works on -------------------------===//

#include "Model.h"

#include <isl/ast_build.h>
#include <isl/options.h>

using namespace mlir;

namespace autotune {

static constexpr llvm::StringLiteral scheduleName = "autotune.schedule";
static constexpr llvm::StringLiteral dependencesName = "autotune.dependences";
/// Bounds the work of one pass; beyond it the answer is unknown, so refused.
static constexpr unsigned long maxOperations = 200'000'000;

IslContext::IslContext() : ctx(isl_ctx_alloc()) {
  isl_options_set_on_error(ctx, ISL_ON_ERROR_CONTINUE);
  isl_ctx_set_max_operations(ctx, maxOperations);
  isl_options_set_ast_build_detect_min_max(ctx, 1);
  isl_options_set_ast_build_scale_strides(ctx, 0);
  isl_options_set_ast_build_atomic_upper_bound(ctx, 1);
}

IslContext::~IslContext() { isl_ctx_free(ctx); }

static isl::schedule readSchedule(isl::ctx ctx, llvm::StringRef text) {
  return isl::manage(isl_schedule_read_from_str(ctx.get(), text.str().c_str()));
}

FailureOr<Model> loadModel(func::FuncOp function, isl::ctx ctx) {
  auto schedule = function->getAttrOfType<StringAttr>(scheduleName);
  auto dependences = function->getAttrOfType<StringAttr>(dependencesName);
  if (!schedule || !dependences)
    return function.emitError("has no schedule; run autotune-extract first"),
           failure();
  FailureOr<Scop> scop = buildScop(function, ctx);
  if (failed(scop))
    return failure();
  return Model{std::move(*scop),
               isl::union_map(ctx, dependences.getValue().str()),
               treeFromSchedule(readSchedule(ctx, schedule.getValue()))};
}

static StringAttr treeText(func::FuncOp function, const Tree &tree) {
  isl::schedule schedule = scheduleFromTree(tree);
  char *text = isl_schedule_to_str(schedule.get());
  auto attribute = StringAttr::get(function.getContext(), text);
  free(text);
  return attribute;
}

void storeTree(func::FuncOp function, const Tree &tree) {
  function->setAttr(scheduleName, treeText(function, tree));
}

void storeDependences(func::FuncOp function,
                      const isl::union_map &dependences) {
  char *text = isl_union_map_to_str(dependences.get());
  function->setAttr(dependencesName,
                    StringAttr::get(function.getContext(), text));
  free(text);
}

void clearModel(func::FuncOp function) {
  function->removeAttr(scheduleName);
  function->removeAttr(dependencesName);
}

LogicalResult guardIsl(func::FuncOp function,
                       llvm::function_ref<LogicalResult(isl::ctx)> body) {
  IslContext context;
  try {
    return body(context.get());
  } catch (const isl::exception &error) {
    return function.emitError("unknown, so illegal: ") << error.what();
  }
}

Refusal guarded(Model &model, llvm::function_ref<Refusal(Model &)> transform) {
  try {
    return transform(model);
  } catch (const isl::exception &error) {
    isl_ctx *ctx = model.dependences.ctx().get();
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

} // namespace autotune
