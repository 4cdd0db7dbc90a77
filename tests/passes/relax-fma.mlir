// RUN: autotune-opt %s --pass-pipeline='builtin.module(llvm.func(autotune-relax-fma))' | FileCheck %s

// CHECK-LABEL: llvm.func @reduction
// CHECK: llvm.intr.fmuladd(%{{.*}}, %{{.*}}, %{{.*}}) {fastmathFlags = #llvm.fastmath<reassoc>}
llvm.func @reduction(%a: f32, %b: f32, %c: f32) -> f32 {
  %0 = llvm.intr.fma(%a, %b, %c) {fastmathFlags = #llvm.fastmath<reassoc>} : (f32, f32, f32) -> f32
  llvm.return %0 : f32
}

// Every other one rounds once.
// CHECK-LABEL: llvm.func @exact
// CHECK: llvm.intr.fma(
llvm.func @exact(%a: f32, %b: f32, %c: f32) -> f32 {
  %0 = llvm.intr.fma(%a, %b, %c) {fastmathFlags = #llvm.fastmath<contract>} : (f32, f32, f32) -> f32
  llvm.return %0 : f32
}
