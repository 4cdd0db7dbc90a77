// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-lower-accesses,canonicalize))' | FileCheck %s

// Whatever line the element 8 is in, that of 0 or that of 16 is the same; equal
// places are asked for once.
// CHECK-LABEL: func @unrolled
// CHECK:      %[[FIRST:.*]] = llvm.getelementptr %{{.*}}[%{{.*}}]
// CHECK-NEXT: "llvm.intr.prefetch"(%[[FIRST]])
// CHECK-NEXT: %[[SECOND:.*]] = llvm.getelementptr %[[FIRST]][16]
// CHECK-NEXT: "llvm.intr.prefetch"(%[[SECOND]])
// CHECK-NEXT: %[[LAST:.*]] = llvm.getelementptr %[[FIRST]][24]
// CHECK-NEXT: "llvm.intr.prefetch"(%[[LAST]])
// CHECK-NOT:  prefetch
// CHECK:      return
func.func @unrolled(%A: memref<128xf32>) {
  affine.for %i = 0 to 64 {
    affine.prefetch %A[%i], read, locality<3>, data : memref<128xf32>
    affine.prefetch %A[%i + 8], read, locality<3>, data : memref<128xf32>
    affine.prefetch %A[%i + 16], read, locality<3>, data : memref<128xf32>
    affine.prefetch %A[%i + 24], read, locality<3>, data : memref<128xf32>
    affine.prefetch %A[%i + 24], read, locality<3>, data : memref<128xf32>
  }
  return
}
