// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=4 array=2 panel-dim=0 panel=4},autotune-codegen))' | FileCheck %s

// isl drops the loop over i0, which has one iteration below the second nest; the
// region must still follow i3.
// CHECK-LABEL: func @degenerate
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {{.*}} memref<1x1x9x4xf64>
// CHECK:      affine.for %[[I3:.*]] = 0 to 3 iter_args
// CHECK:        affine.load %arg2[{{.*}}, %[[I3]] +
// CHECK:        affine.load %[[BUFFER]][0, 0, %{{.*}}, 0]
func.func @degenerate(%A: memref<1x1xf64>, %B: memref<1xf64>, %C: memref<1x3x9xf64>, %D: memref<9xf64>) {
  affine.for %i0 = 0 to 5 step 3 {
    affine.for %i1 = 0 to 4 {
      affine.for %i2 = 0 to 8 {
        %0 = affine.load %D[%i2] : memref<9xf64>
        affine.store %0, %D[%i2 + 1] : memref<9xf64>
      }
    }
    affine.for %i3 = 0 to min affine_map<(i0) -> (i0)>(%i0) {
      affine.for %i4 = 0 to 9 {
        %0 = affine.load %C[%i0 - 3, %i3, %i4] : memref<1x3x9xf64>
        affine.store %0, %B[%i0 - 3] : memref<1xf64>
      }
    }
  }
  return
}
