// RUN: autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=1 panel=8},autotune-codegen))' | FileCheck %s

// Scaled once an element, in the copy.
// CHECK-LABEL: func @scaled
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {alignment = 64 : i64} : memref<2x16x8xf32>
// CHECK:      %[[A:.*]] = affine.load %arg0
// CHECK:      %[[TWICE:.*]] = arith.mulf %{{.*}}, %[[A]] : f32
// CHECK:      %[[SCALED:.*]] = arith.addf %[[TWICE]], %arg3 : f32
// CHECK:      affine.store %[[SCALED]], %[[BUFFER]]
// CHECK:      %[[P:.*]] = affine.load %[[BUFFER]]
// CHECK-NOT:  arith.addf
// CHECK:      %[[B:.*]] = affine.load %arg1
// CHECK:      arith.mulf %[[P]], %[[B]]
// CHECK-NOT:  arith.mulf
// CHECK:      return
func.func @scaled(%A: memref<16x16xf32>, %B: memref<16x16xf32>, %C: memref<16x16xf32>, %s: f32) {
  %two = arith.constant 2.0 : f32
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      affine.for %k = 0 to 16 {
        %a = affine.load %A[%i, %k] : memref<16x16xf32>
        %twice = arith.mulf %two, %a : f32
        %scaled = arith.addf %twice, %s : f32
        %b = affine.load %B[%k, %j] : memref<16x16xf32>
        %p = arith.mulf %scaled, %b : f32
        affine.store %p, %C[%i, %j] : memref<16x16xf32>
      }
    }
  }
  return
}

// -----

// The buffer holds what the elements are converted to.
// CHECK-LABEL: func @converted
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {alignment = 64 : i64} : memref<2x16x8xf32>
// CHECK:      arith.extf
// CHECK:      affine.store %{{.*}}, %[[BUFFER]]
// CHECK-NOT:  arith.extf
// CHECK:      return
func.func @converted(%A: memref<16x16xbf16>, %C: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %a = affine.load %A[%i, %k] : memref<16x16xbf16>
      %wide = arith.extf %a : bf16 to f32
      affine.store %wide, %C[%i, %k] : memref<16x16xf32>
    }
  }
  return
}

// -----

// Two loads are scaled alike, then differ: a copy for each.
// CHECK-LABEL: func @common
// CHECK:      %[[A:.*]] = affine.load %arg0
// CHECK-DAG:  %[[SUM:.*]] = arith.addf
// CHECK-DAG:  affine.store %[[SUM]], %[[FIRST:.*]][
// CHECK-DAG:  %[[DIFFERENCE:.*]] = arith.subf
// CHECK-DAG:  affine.store %[[DIFFERENCE]], %[[SECOND:.*]][
// CHECK-NOT:  arith.
// CHECK:      %[[X:.*]] = affine.load %[[FIRST]]
// CHECK:      affine.store %[[X]], %arg1
// CHECK:      %[[Y:.*]] = affine.load %[[SECOND]]
// CHECK:      affine.store %[[Y]], %arg2
func.func @common(%A: memref<16x16xf32>, %C: memref<16x16xf32>, %D: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %two = arith.constant 2.0 : f32
      %a = affine.load %A[%i, %k] : memref<16x16xf32>
      %m = arith.mulf %a, %two : f32
      %x = arith.addf %m, %two : f32
      affine.store %x, %C[%i, %k] : memref<16x16xf32>
      %also_two = arith.constant 2.0 : f32
      %b = affine.load %A[%k, %i] : memref<16x16xf32>
      %n = arith.mulf %b, %also_two : f32
      %y = arith.subf %n, %two : f32
      affine.store %y, %D[%i, %k] : memref<16x16xf32>
    }
  }
  return
}

// -----

// One load is scaled, the other is not.
// CHECK-LABEL: func @once
// CHECK:      %[[A:.*]] = affine.load %arg0
// CHECK-DAG:  %[[SCALED:.*]] = arith.mulf %[[A]]
// CHECK-DAG:  affine.store %[[SCALED]], %[[FIRST:.*]][
// CHECK-DAG:  affine.store %[[A]], %[[SECOND:.*]][
// CHECK-NOT:  %arg0
// CHECK-DAG:  affine.load %[[FIRST]]
// CHECK-DAG:  affine.load %[[SECOND]]
// CHECK:      arith.mulf
// CHECK-NOT:  arith.mulf
// CHECK:      return
func.func @once(%A: memref<16x16xf32>, %C: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %two = arith.constant 2.0 : f32
      %a = affine.load %A[%i, %k] : memref<16x16xf32>
      %m = arith.mulf %a, %two : f32
      %b = affine.load %A[%k, %i] : memref<16x16xf32>
      %n = arith.mulf %m, %b : f32
      affine.store %n, %C[%i, %k] : memref<16x16xf32>
    }
  }
  return
}

// -----

// Three forms would be three copies: there is one, of what all share.
// CHECK-LABEL: func @different
// CHECK:      %[[A:.*]] = affine.load %arg0
// CHECK-NEXT: affine.store %[[A]], %alloc
// CHECK-NOT:  affine.store %{{.*}}, %alloc_
func.func @different(%A: memref<16x16xf32>, %C: memref<16x16xf32>, %D: memref<16x16xf32>, %E: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %two = arith.constant 2.0 : f32
      %three = arith.constant 3.0 : f32
      %a = affine.load %A[%i, %k] : memref<16x16xf32>
      %m = arith.mulf %a, %two : f32
      affine.store %m, %C[%i, %k] : memref<16x16xf32>
      %b = affine.load %A[%k, %i] : memref<16x16xf32>
      %n = arith.mulf %b, %three : f32
      affine.store %n, %D[%i, %k] : memref<16x16xf32>
      %c = affine.load %A[%k, %i] : memref<16x16xf32>
      affine.store %c, %E[%i, %k] : memref<16x16xf32>
    }
  }
  return
}

// -----

// CHECK-LABEL: func @used_twice
// CHECK:      %[[A:.*]] = affine.load %arg0
// CHECK-NEXT: affine.store %[[A]], %alloc
func.func @used_twice(%A: memref<16x16xf32>, %C: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %two = arith.constant 2.0 : f32
      %a = affine.load %A[%i, %k] : memref<16x16xf32>
      %m = arith.mulf %a, %two : f32
      %n = arith.addf %m, %a : f32
      affine.store %n, %C[%i, %k] : memref<16x16xf32>
    }
  }
  return
}

// -----

// Division may fail on elements that the program does not use.
// CHECK-LABEL: func @divided
// CHECK:      %[[A:.*]] = affine.load %arg0
// CHECK-NEXT: affine.store %[[A]], %alloc
func.func @divided(%A: memref<16x16xi32>, %C: memref<16x16xi32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %two = arith.constant 2 : i32
      %a = affine.load %A[%i, %k] : memref<16x16xi32>
      %m = arith.divsi %two, %a : i32
      affine.store %m, %C[%i, %k] : memref<16x16xi32>
    }
  }
  return
}
