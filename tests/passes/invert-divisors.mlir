// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-invert-divisors))' | FileCheck %s

// The divisor is loaded, rooted and inverted once a row; tiny and huge ones are scaled.
// CHECK-LABEL: func.func @rows
// CHECK:         affine.for %[[I:.*]] = 0 to 8 {
// CHECK:           %[[S:.*]] = affine.load %{{.*}}[%[[I]]] : memref<8xf32>
// CHECK-NEXT:      %[[ROOT:.*]] = math.sqrt %[[S]] : f32
// CHECK:           %[[SIZE:.*]] = math.absf %[[ROOT]] : f32
// CHECK-NEXT:      %[[SMALL:.*]] = arith.cmpf olt, %[[SIZE]], %{{.*}} : f32
// CHECK-NEXT:      %[[LARGE:.*]] = arith.cmpf ogt, %[[SIZE]], %{{.*}} : f32
// CHECK-NEXT:      %[[DOWN:.*]] = arith.select %[[LARGE]]
// CHECK-NEXT:      %[[SCALE:.*]] = arith.select %[[SMALL]], %{{.*}}, %[[DOWN]] : f32
// CHECK-NEXT:      %[[SCALED:.*]] = arith.mulf %[[ROOT]], %[[SCALE]] : f32
// CHECK-NEXT:      %[[INVERSE:.*]] = arith.divf %{{.*}}, %[[SCALED]] : f32
// CHECK:           affine.for
// CHECK:             %[[P:.*]] = arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK-NEXT:        arith.mulf %[[P]], %[[INVERSE]] : f32
// CHECK-NOT:         arith.divf
func.func @rows(%X: memref<8x64xf32>, %S: memref<8xf32>, %Y: memref<8x64xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 64 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %s = affine.load %S[%i] : memref<8xf32>
      %root = math.sqrt %s : f32
      %q = arith.divf %x, %root fastmath<reassoc,arcp> : f32
      affine.store %q, %Y[%i, %j] : memref<8x64xf32>
    }
  }
  return
}

// Vectors share the reciprocal of one element.
// CHECK-LABEL: func.func @vectors
// CHECK:         affine.for
// CHECK:           arith.divf %{{.*}}, %{{.*}} : f64
// CHECK:           vector.broadcast %{{.*}} : f64 to vector<8xf64>
// CHECK:           vector.broadcast %{{.*}} : f64 to vector<8xf64>
// CHECK:           affine.for
// CHECK-COUNT-2:     arith.mulf %{{.*}} : vector<8xf64>
// CHECK-NOT:       arith.divf
func.func @vectors(%X: memref<8x64xf64>, %S: memref<8xf64>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 64 step 8 {
      %x = affine.vector_load %X[%i, %j] : memref<8x64xf64>, vector<8xf64>
      %s = affine.load %S[%i] : memref<8xf64>
      %v = vector.broadcast %s : f64 to vector<8xf64>
      %q = arith.divf %x, %v fastmath<reassoc,arcp> : vector<8xf64>
      affine.vector_store %q, %X[%i, %j] : memref<8x64xf64>, vector<8xf64>
    }
  }
  return
}

// Divisors that the loop changes, loops that may not run, and divisions that do not allow it stay; nothing
// keeps `arcp` but what does not allow to reassociate.
// CHECK-LABEL: func.func @stays
// CHECK-COUNT-3: arith.divf %{{.*}}, %{{.*}} fastmath<reassoc> : f32
// CHECK:         arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NOT:     arith.mulf
func.func @stays(%X: memref<8x64xf32>, %S: memref<8xf32>, %n: index) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 8 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %s = affine.load %S[%j] : memref<8xf32>
      %q = arith.divf %x, %s fastmath<reassoc,arcp> : f32
      affine.store %q, %X[%i, %j] : memref<8x64xf32>
    }
    affine.for %j = 0 to 8 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %s = affine.load %S[%i] : memref<8xf32>
      %q = arith.divf %x, %s fastmath<reassoc,arcp> : f32
      affine.store %q, %S[%j] : memref<8xf32>
    }
    affine.for %j = 0 to %n {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %s = affine.load %S[%i] : memref<8xf32>
      %q = arith.divf %x, %s fastmath<reassoc,arcp> : f32
      affine.store %q, %X[%i, %j] : memref<8x64xf32>
    }
    affine.for %j = 0 to 8 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %s = affine.load %S[%i] : memref<8xf32>
      %q = arith.divf %x, %s : f32
      affine.store %q, %X[%i, %j] : memref<8x64xf32>
    }
  }
  return
}
