//===- SchedulePasses.h - schedule-tree transformations ---*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_PASSES_H
#define AUTOTUNE_SCHEDULE_PASSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace autotune {

#define GEN_PASS_DECL
#include "autotune/SchedulePasses.h.inc"

#define GEN_PASS_REGISTRATION
#include "autotune/SchedulePasses.h.inc"

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_PASSES_H
