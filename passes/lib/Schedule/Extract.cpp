#include "autotune/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <isl/cpp.h>
namespace autotune {
#define GEN_PASS_DEF_EXTRACT
#include "autotune/SchedulePasses.h.inc"
namespace {
class ExtractPass : public impl::ExtractBase<ExtractPass> {
  void runOnOperation() override {}
};
} // namespace
} // namespace autotune
