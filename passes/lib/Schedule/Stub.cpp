#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "Transformations.h"
#include "autotune/Passes.h"
namespace autotune {
#define GEN_PASS_DEF_ENUMERATE
#define GEN_PASS_DEF_CODEGEN
#include "autotune/SchedulePasses.h.inc"
namespace {
struct EnumeratePass : impl::EnumerateBase<EnumeratePass> {using EnumerateBase::EnumerateBase; void runOnOperation() override {}};
struct CodegenPass : impl::CodegenBase<CodegenPass> {using CodegenBase::CodegenBase; void runOnOperation() override {}};
}}
