// RUN: autotune-opt %s --pass-pipeline='builtin.module(autotune-outline)' 2>/dev/null | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(autotune-outline{max-statements=1})' 2>/dev/null | FileCheck %s --check-prefix=SMALL

func.func private @print(f32)

// Two nests that share %b make one workload; the temporary only they use moves along.
// CHECK:       func.func private @f_0(
// CHECK-SAME:    memref<8xf32>, %{{.*}}: f32, %{{.*}}: memref<8xf32>) attributes {autotune.workload}
// CHECK:         memref.alloc() : memref<8xf32>
// CHECK:         affine.for
// CHECK:         affine.for
// CHECK:         memref.dealloc
// CHECK:       func.func private @f_1(
// CHECK-LABEL: func.func @f(
// CHECK-NOT:     memref.alloc
// CHECK:         call @f_0
// CHECK-NEXT:    affine.for
// CHECK-NEXT:      affine.load
// CHECK-NEXT:      func.call @print
// CHECK:         call @f_1

// SMALL:       func.func private @f_0(
// SMALL:       func.func private @f_1(
// SMALL:       func.func private @f_2(
// SMALL-LABEL: func.func @f(
// SMALL:         memref.alloc
// SMALL:         memref.dealloc
func.func @f(%a: memref<8xf32>, %x: f32, %c: memref<8xf32>) attributes {autotune.entry} {
  %t = memref.alloc() : memref<8xf32>
  affine.for %i = 0 to 8 {
    %v = affine.load %a[%i] : memref<8xf32>
    %w = arith.addf %v, %x : f32
    affine.store %w, %t[%i] : memref<8xf32>
  }
  affine.for %i = 0 to 8 {
    %v = affine.load %t[%i] : memref<8xf32>
    affine.store %v, %c[%i] : memref<8xf32>
  }
  affine.for %i = 0 to 8 {
    %v = affine.load %c[%i] : memref<8xf32>
    func.call @print(%v) : (f32) -> ()
  }
  affine.for %i = 0 to 8 {
    affine.store %x, %c[%i] : memref<8xf32>
  }
  return
}

// CHECK-LABEL: func.func @no_loop(
// CHECK-NEXT:    affine.store
// CHECK-NEXT:    return
func.func @no_loop(%a: memref<8xf32>, %x: f32) attributes {autotune.entry} {
  affine.store %x, %a[3] : memref<8xf32>
  return
}

func.func private @show(f32)

// A load that stays behind reads what the workload has written.
// CHECK-LABEL: func.func @load_between(
// CHECK-NEXT:    call @load_between_0
// CHECK-NEXT:    affine.load
// CHECK-NEXT:    call @show
func.func @load_between(%a: memref<8xf32>, %x: f32) attributes {autotune.entry} {
  affine.for %i = 0 to 8 {
    affine.store %x, %a[%i] : memref<8xf32>
  }
  %v = affine.load %a[3] : memref<8xf32>
  affine.store %x, %a[5] : memref<8xf32>
  call @show(%v) : (f32) -> ()
  return
}
