// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-allow-reassociation))' | FileCheck %s

// CHECK-LABEL: func.func @sums
// CHECK:         math.fma {{.*}} fastmath<reassoc> : f32
// CHECK:         arith.addf {{.*}} fastmath<reassoc> : f32
// CHECK:         arith.subf {{.*}} fastmath<{{.*}}reassoc{{.*}}> : f32
func.func @sums(%A: memref<8x8xf32>, %C: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %k = 0 to 8 {
      %a = affine.load %A[%i, %k] : memref<8x8xf32>
      %old = affine.load %C[%i] : memref<8xf32>
      %first = math.fma %a, %a, %old : f32
      %second = arith.addf %a, %first : f32
      %third = arith.subf %second, %a fastmath<nnan> : f32
      affine.store %third, %C[%i] : memref<8xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @extrema
// CHECK:         arith.maximumf {{.*}} fastmath<{{nsz,reassoc|reassoc,nsz}}> : f32
// CHECK:         arith.minnumf {{.*}} fastmath<{{nsz,reassoc|reassoc,nsz}}> : f32
// CHECK:         arith.mulf {{.*}} fastmath<reassoc> : f32
func.func @extrema(%A: memref<8xf32>, %C: memref<3xf32>) {
  affine.for %k = 0 to 8 {
    %a = affine.load %A[%k] : memref<8xf32>
    %0 = affine.load %C[0] : memref<3xf32>
    %1 = arith.maximumf %a, %0 : f32
    affine.store %1, %C[0] : memref<3xf32>
    %2 = affine.load %C[1] : memref<3xf32>
    %3 = arith.minnumf %2, %a : f32
    affine.store %3, %C[1] : memref<3xf32>
    %4 = affine.load %C[2] : memref<3xf32>
    %5 = arith.mulf %4, %a : f32
    affine.store %5, %C[2] : memref<3xf32>
  }
  return
}

// An element that is computed from others is no reduction, nor is one whose
// sign changes, that is a factor or divided, or that two kinds of operation update.
// Divisors may be inverted.
// CHECK-LABEL: func.func @recurrences
// CHECK-NOT:     reassoc
// CHECK:         arith.divf {{.*}} fastmath<reassoc,arcp> : f32
// CHECK-NOT:     reassoc
// CHECK:         return
func.func @recurrences(%A: memref<9xf32>, %C: memref<3xf32>) {
  affine.for %k = 1 to 9 {
    %a = affine.load %A[%k] : memref<9xf32>
    %before = affine.load %A[%k - 1] : memref<9xf32>
    %0 = arith.addf %before, %a : f32
    %1 = affine.load %C[0] : memref<3xf32>
    %2 = arith.subf %a, %1 : f32
    affine.store %2, %C[0] : memref<3xf32>
    %3 = affine.load %C[1] : memref<3xf32>
    %4 = math.fma %3, %a, %before : f32
    affine.store %4, %C[1] : memref<3xf32>
    %5 = affine.load %C[2] : memref<3xf32>
    %6 = arith.addf %5, %a : f32
    %7 = arith.mulf %6, %a : f32
    affine.store %7, %C[2] : memref<3xf32>
    %8 = affine.load %A[%k] : memref<9xf32>
    %9 = arith.divf %8, %a : f32
    affine.store %9, %A[%k] : memref<9xf32>
    affine.store %a, %A[%k - 1] : memref<9xf32>
  }
  return
}

// The sum is seen before it is stored.
// CHECK-LABEL: func.func @used_twice
// CHECK-NOT:     reassoc
// CHECK:         return
func.func @used_twice(%A: memref<9xf32>, %C: memref<f32>) {
  affine.for %k = 0 to 9 {
    %a = affine.load %A[%k] : memref<9xf32>
    %old = affine.load %C[] : memref<f32>
    %new = arith.addf %old, %a : f32
    affine.store %new, %C[] : memref<f32>
    affine.store %new, %A[%k] : memref<9xf32>
  }
  return
}
