// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-codegen{masks=true}))' | FileCheck %s --check-prefixes=CHECK,MASKS
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-codegen{masks=false}))' | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-codegen))' | FileCheck %s --check-prefixes=CHECK,MASKS

// Rows end at other lanes: these are computed one by one where there are no
// registers for masks. Complete vectors are vectors in any case.
// CHECK-LABEL: func @triangle
// CHECK:       affine.for
// CHECK:         affine.for %{{.*}} step 8
// CHECK-NEXT:      affine.vector_load
// CHECK:         affine.for %[[STRIP:.*]] = {{.*}} step 8
// MASKS:           vector.create_mask
// MASKS-NEXT:      affine.apply
// MASKS:           vector.maskedload
// MASKS-NOT:     affine.for
// NONE-NEXT:       affine.for %[[LANE:.*]] = 0 to
// NONE-NEXT:         affine.load %arg0[%{{.*}}, %[[STRIP]] + %[[LANE]]]
// NONE-NEXT:         arith.addf %{{.*}} : f32
// NONE-NEXT:         affine.store
// NONE-NOT:      vector.masked
func.func @triangle(%A: memref<64x64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      %b = arith.addf %a, %a : f32
      affine.store %b, %A[%i, %j] : memref<64x64xf32>
    }
  }
  return
}

// All rows end at the same lane: a vector of four lanes and one lane more.
// CHECK-LABEL: func @ends
// CHECK:       affine.for %{{.*}} = 56 to 64 step 8
// MASKS:         vector.maskedload
// MASKS:         vector.maskedstore
// NONE-NEXT:     affine.vector_load {{.*}} vector<4xf32>
// NONE:          affine.vector_store {{.*}} vector<4xf32>
// NONE-NEXT:     affine.load %arg0[%{{.*}}, %{{.*}} + 4]
// NONE:          affine.store
// NONE-NEXT:   }
func.func @ends(%A: memref<64x61xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 61 {
      %a = affine.load %A[%i, %j] : memref<64x61xf32>
      %b = arith.addf %a, %a : f32
      affine.store %b, %A[%i, %j] : memref<64x61xf32>
    }
  }
  return
}

// Three parts would be too many.
// CHECK-LABEL: func @seven_lanes
// CHECK:       vector.maskedload
// CHECK:       vector.maskedstore
func.func @seven_lanes(%A: memref<64x63xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 63 {
      %a = affine.load %A[%i, %j] : memref<64x63xf32>
      %b = arith.addf %a, %a : f32
      affine.store %b, %A[%i, %j] : memref<64x63xf32>
    }
  }
  return
}
