//===- Module.cpp - The Python face of the passes -------------------------===//
//
// Registers the passes with the pass registry that the `mlir` Python package
// uses, and binds LLVM for what they generate; import `mlir.ir` first.
//
//===----------------------------------------------------------------------===//

#include "OptimisingCompiler.h"
#include "autotune/FrontEndPasses.h"
#include "autotune/SchedulePasses.h"

#include <nanobind/nanobind.h>

NB_MODULE(_passes, module) {
  module.doc() =
      "Polyhedral transformations of affine loop nests as MLIR passes.";
  autotune::registerAutotuneFrontEndPasses();
  autotune::registerAutotuneSchedulePasses();
  autotune::bindOptimisingCompiler(module);
}
