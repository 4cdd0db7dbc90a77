//===- FrontEndPasses.td - From user IR to affine workloads -*- tablegen -*-==//

#ifndef AUTOTUNE_FRONT_END_PASSES
#define AUTOTUNE_FRONT_END_PASSES

include "mlir/Pass/PassBase.td"

def FormFma : Pass<"autotune-form-fma", "::mlir::func::FuncOp"> {
  let summary = "Contract multiply-add pairs into math.fma";
  let description = [{
    Rewrites `arith.addf(arith.mulf(a, b), c)`, where the product has no other
    use, into `math.fma(a, b, c)`. Runs once, before any scheduling, so that
    the baseline and every candidate round alike.
  }];
  let dependentDialects = ["::mlir::math::MathDialect"];
}

#endif // AUTOTUNE_FRONT_END_PASSES
