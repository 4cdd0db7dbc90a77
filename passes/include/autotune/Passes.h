//===- Passes.h - The autotune passes ---------------------------*- C++ -*-===//
//
// Declares every pass and registers them with MLIR's global pass registry.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_PASSES_H
#define AUTOTUNE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace autotune {

#define GEN_PASS_DECL
#include "autotune/FrontEndPasses.h.inc"
#define GEN_PASS_DECL
#include "autotune/SchedulePasses.h.inc"

#define GEN_PASS_REGISTRATION
#include "autotune/FrontEndPasses.h.inc"
#define GEN_PASS_REGISTRATION
#include "autotune/SchedulePasses.h.inc"

} // namespace autotune

#endif // AUTOTUNE_PASSES_H
