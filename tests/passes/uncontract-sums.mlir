// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-uncontract-sums))' | FileCheck %s

// Nothing runs beside the terms of the only sum.
// CHECK-LABEL: func @dot(
// CHECK:         %[[S:.*]] = affine.load %{{.*}}[0]
// CHECK:         %[[P:.*]] = arith.mulf
// CHECK-NEXT:    arith.addf %[[P]], %[[S]]
func.func @dot(%x: memref<64xf64>, %y: memref<64xf64>, %s: memref<1xf64>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %x[%i] : memref<64xf64>
    %b = affine.load %y[%i] : memref<64xf64>
    %c = affine.load %s[0] : memref<1xf64>
    %sum = math.fma %a, %b, %c {autotune.contracted} : f64
    affine.store %sum, %s[0] : memref<1xf64>
  }
  return
}

// The source asks for one rounding.
// CHECK-LABEL: func @fused_by_the_source(
// CHECK-NOT:     mulf
// CHECK:         math.fma
func.func @fused_by_the_source(%x: memref<64xf64>, %s: memref<1xf64>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %x[%i] : memref<64xf64>
    %c = affine.load %s[0] : memref<1xf64>
    %sum = math.fma %a, %a, %c : f64
    affine.store %sum, %s[0] : memref<1xf64>
  }
  return
}

// May be added up in any order: in several sums, then.
// CHECK-LABEL: func @reordered(
// CHECK:         math.fma %{{.*}} fastmath<reassoc> : f64
func.func @reordered(%x: memref<64xf64>, %s: memref<1xf64>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %x[%i] : memref<64xf64>
    %c = affine.load %s[0] : memref<1xf64>
    %sum = math.fma %a, %a, %c fastmath<reassoc> {autotune.contracted} : f64
    affine.store %sum, %s[0] : memref<1xf64>
  }
  return
}

// Sums of rows run side by side, although all have one place in memory.
// CHECK-LABEL: func @rows(
// CHECK:         math.fma %{{.*}}, %{{.*}}, %{{[^ ]*}} : f64
func.func @rows(%A: memref<32x64xf64>, %x: memref<64xf64>, %y: memref<32xf64>,
                %s: memref<1xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.for %i = 0 to 32 {
    affine.store %zero, %s[0] : memref<1xf64>
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<32x64xf64>
      %b = affine.load %x[%j] : memref<64xf64>
      %c = affine.load %s[0] : memref<1xf64>
      %sum = math.fma %a, %b, %c {autotune.contracted} : f64
      affine.store %sum, %s[0] : memref<1xf64>
    }
    %r = affine.load %s[0] : memref<1xf64>
    affine.store %r, %y[%i] : memref<32xf64>
  }
  return
}

// Every sum starts with what the one before it ends with (the first), or ends
// with it only (the second).
// CHECK-LABEL: func @substitutions(
// CHECK:         mulf
// CHECK-NEXT:    addf
// CHECK:         math.fma
// CHECK-NOT:     mulf
func.func @substitutions(%L: memref<64x64xf64>, %x: memref<64xf64>,
                         %y: memref<64xf64>) {
  affine.for %i = 1 to 64 {
    affine.for %j = 0 to affine_map<(i) -> (i)>(%i) {
      %a = affine.load %L[%i, %j] : memref<64x64xf64>
      %b = affine.load %x[%i - %j - 1] : memref<64xf64>
      %c = affine.load %x[%i] : memref<64xf64>
      %sum = math.fma %a, %b, %c {autotune.contracted} : f64
      affine.store %sum, %x[%i] : memref<64xf64>
    }
  }
  affine.for %i = 1 to 64 {
    affine.for %j = 0 to affine_map<(i) -> (i)>(%i) {
      %a = affine.load %L[%i, %j] : memref<64x64xf64>
      %b = affine.load %y[%j] : memref<64xf64>
      %c = affine.load %y[%i] : memref<64xf64>
      %sum = math.fma %a, %b, %c {autotune.contracted} : f64
      affine.store %sum, %y[%i] : memref<64xf64>
    }
  }
  return
}

// Columns of the triangle run side by side until its last one.
// CHECK-LABEL: func @triangle(
// CHECK:         math.fma
func.func @triangle(%A: memref<64x64xf64>, %R: memref<64x64xf64>) {
  affine.for %k = 0 to 64 {
    affine.for %j = affine_map<(k) -> (k + 1)>(%k) to 64 {
      affine.for %i = 0 to 64 {
        %a = affine.load %A[%i, %k] : memref<64x64xf64>
        %b = affine.load %A[%i, %j] : memref<64x64xf64>
        %c = affine.load %R[%k, %j] : memref<64x64xf64>
        %sum = math.fma %a, %b, %c {autotune.contracted} : f64
        affine.store %sum, %R[%k, %j] : memref<64x64xf64>
      }
      affine.for %i = 0 to 64 {
        %a = affine.load %A[%i, %j] : memref<64x64xf64>
        %b = affine.load %R[%k, %j] : memref<64x64xf64>
        %c = arith.subf %a, %b : f64
        affine.store %c, %A[%i, %j] : memref<64x64xf64>
      }
    }
  }
  return
}
