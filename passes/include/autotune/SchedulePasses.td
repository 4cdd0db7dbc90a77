//===- SchedulePasses.td - Schedule-tree transformations ---*- tablegen -*-===//

#ifndef AUTOTUNE_SCHEDULE_PASSES
#define AUTOTUNE_SCHEDULE_PASSES

include "mlir/Pass/PassBase.td"

def Extract : Pass<"autotune-extract", "::mlir::func::FuncOp"> {
  let summary = "Model a workload's loops as an isl schedule tree";
}

#endif // AUTOTUNE_SCHEDULE_PASSES
