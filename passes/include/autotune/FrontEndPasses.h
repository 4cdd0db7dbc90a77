//===- FrontEndPasses.h - from user IR to affine workloads ---*- C++ -*-===//

#ifndef AUTOTUNE_FRONTEND_PASSES_H
#define AUTOTUNE_FRONTEND_PASSES_H

#include "mlir/Pass/Pass.h"

namespace autotune {

#define GEN_PASS_DECL
#include "autotune/FrontEndPasses.h.inc"

#define GEN_PASS_REGISTRATION
#include "autotune/FrontEndPasses.h.inc"

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_PASSES_H
