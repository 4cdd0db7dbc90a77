// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(canonicalize)' 2>&1 | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(no-such-pass)' 2>&1 | FileCheck %s --check-prefix=PIPELINE

// PIPELINE: error: {{.*}}no-such-pass

// CHECK: opt-diagnostics.mlir:[[#@LINE+2]]:{{.*}}: error: use of value '%b' expects different type
func.func @mismatch(%a: f32, %b: f64) -> f32 {
  %sum = arith.addf %a, %b : f32
  return %sum : f32
}

// -----

// CHECK: opt-diagnostics.mlir:[[#@LINE+2]]:{{.*}}: error: {{.*}}unregistered dialect
func.func @unknown() {
  "no.such"() : () -> ()
  return
}

// -----

// CHECK: func.func @good()
func.func @good() {
  return
}
