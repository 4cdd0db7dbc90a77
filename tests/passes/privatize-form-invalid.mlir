// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=0 array=1 lanes=4}))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}S0 may not be reassociated
func.func @strict(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.addf %old, %x : f32
    affine.store %new, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S0 may not be reassociated
func.func @either_zero(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.maxnumf %old, %x : f32
    affine.store %new, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S0 does not accumulate
func.func @division(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.divf %old, %x fastmath<reassoc> : f32
    affine.store %new, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S0 does not accumulate
func.func @subtracted_from(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.subf %x, %old fastmath<reassoc> : f32
    affine.store %new, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S0 does not accumulate
func.func @mixed(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %sum = arith.mulf %old, %x fastmath<reassoc> : f32
    %new = arith.addf %sum, %x fastmath<reassoc> : f32
    affine.store %new, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S0 does not accumulate
func.func @other_place(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 15 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[%i] : memref<16xf32>
    %new = arith.addf %old, %x fastmath<reassoc> : f32
    affine.store %new, %s[%i + 1] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S0 reads another element of the array
func.func @reads_array(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %s[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.addf %old, %x fastmath<reassoc> : f32
    affine.store %new, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S1 uses what is being accumulated
func.func @prefix_sums(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.addf %old, %x fastmath<reassoc> : f32
    affine.store %new, %s[0] : memref<16xf32>
    %now = affine.load %s[0] : memref<16xf32>
    affine.store %now, %X[%i] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}S1 accumulates in another way
func.func @sum_and_product(%X: memref<16xf32>, %s: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[0] : memref<16xf32>
    %new = arith.addf %old, %x fastmath<reassoc> : f32
    affine.store %new, %s[0] : memref<16xf32>
    %now = affine.load %s[0] : memref<16xf32>
    %scaled = arith.mulf %now, %x fastmath<reassoc> : f32
    affine.store %scaled, %s[0] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: {{.*}}the buffer would take 268435456 bytes
func.func @large(%X: memref<16xf32>, %s: memref<4096x4096xf32>) {
  affine.for %k = 0 to 16 {
    affine.for %i = 0 to 4096 {
      affine.for %j = 0 to 4096 {
        %x = affine.load %X[%k] : memref<16xf32>
        %old = affine.load %s[%i, %j] : memref<4096x4096xf32>
        %new = arith.addf %old, %x fastmath<reassoc> : f32
        affine.store %new, %s[%i, %j] : memref<4096x4096xf32>
      }
    }
  }
  return
}
