// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-expand-math{functions=exp,exp2,expm1,log,log1p,tanh,erf,rsqrt,isinf,isnormal,fpowi,sin}))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-expand-math{functions=expm1}))' | FileCheck %s --check-prefix=SOME

// The scale 2^n is made of the exponent's bits, in two parts; the sum that rounds
// has brought both biases, 2 * 127, into its low bits.
// CHECK-LABEL: func.func @exp
// CHECK-NOT:     math.exp
// CHECK:         arith.constant 0x4B4000FE : f32
// CHECK:         math.fma
// CHECK:         %[[BITS:.*]] = arith.bitcast {{.*}} : f32 to i32
// CHECK:         %[[HALF:.*]] = arith.shrui %[[BITS]], {{.*}} : i32
// CHECK:         %[[REST:.*]] = arith.subi %[[BITS]], %[[HALF]] : i32
// CHECK:         arith.shli %[[HALF]], {{.*}} : i32
// CHECK-NEXT:    arith.bitcast {{.*}} : i32 to f32
// CHECK:         arith.shli %[[REST]], {{.*}} : i32
// CHECK-NEXT:    arith.bitcast {{.*}} : i32 to f32
// CHECK:         return
// SOME-LABEL:  func.func @exp
// SOME:          math.exp
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// Far from zero erf is 1 less the square of a polynomial in f32, with no exponent
// to take apart, and 1 less an exponential in f64.
// CHECK-LABEL: func.func @error
// CHECK-NOT:     arith.bitcast
// CHECK:         %[[NEGATED:.*]] = arith.negf %[[ROOT:.*]] : f32
// CHECK:         math.fma %[[NEGATED]], %[[ROOT]], {{.*}} : f32
// CHECK-NOT:     arith.bitcast
// CHECK:         return
func.func @error(%x: f32) -> f32 {
  %y = math.erf %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @doubles
// CHECK-NOT:     math.{{(exp2|log|log1p|erf)}}
// CHECK:         arith.bitcast {{.*}} : f64 to i64
// CHECK-NOT:     math.{{(exp2|log|log1p|erf)}}
// CHECK:         return
func.func @doubles(%x: f64) -> f64 {
  %0 = math.exp2 %x : f64
  %1 = math.log %0 : f64
  %2 = math.log1p %1 : f64
  %3 = math.erf %2 : f64
  return %3 : f64
}

// CHECK-LABEL: func.func @narrow
// CHECK:         arith.extf {{.*}} : bf16 to f32
// CHECK-NOT:     math.tanh
// CHECK:         %[[RESULT:.*]] = arith.truncf {{.*}} : f32 to bf16
// CHECK:         return %[[RESULT]]
func.func @narrow(%x: bf16) -> bf16 {
  %y = math.tanh %x : bf16
  return %y : bf16
}

// CHECK-LABEL: func.func @root
// CHECK-SAME:    %[[X:.*]]: f64
// CHECK:         %[[ROOT:.*]] = math.sqrt %[[X]] : f64
// CHECK:         %[[ONE:.*]] = arith.constant 1.000000e+00 : f64
// CHECK:         %[[RESULT:.*]] = arith.divf %[[ONE]], %[[ROOT]] : f64
// CHECK:         return %[[RESULT]]
func.func @root(%x: f64) -> f64 {
  %y = math.rsqrt %x : f64
  return %y : f64
}

// CHECK-LABEL: func.func @narrow_root
// CHECK:         %[[WIDE:.*]] = arith.extf {{.*}} : f16 to f32
// CHECK:         math.sqrt %[[WIDE]] : f32
// CHECK-NOT:     math.rsqrt
// CHECK:         arith.truncf {{.*}} : f32 to f16
func.func @narrow_root(%x: f16) -> f16 {
  %y = math.rsqrt %x : f16
  return %y : f16
}

// Subnormal numbers are those of the type, not of a wider one.
// CHECK-LABEL: func.func @predicates
// CHECK:         math.absf
// CHECK:         arith.cmpf oeq, {{.*}} : f16
// CHECK:         %[[LEAST:.*]] = arith.constant 6.103520e-05 : f16
// CHECK:         arith.cmpf oge, {{.*}}, %[[LEAST]] : f16
// CHECK:         arith.cmpf olt, {{.*}} : f16
// CHECK:         arith.andi
// CHECK-NOT:     math.isnormal
// CHECK:         return
func.func @predicates(%x: f16) -> (i1, i1) {
  %0 = math.isinf %x : f16
  %1 = math.isnormal %x : f16
  return %0, %1 : i1, i1
}

// The exponent is exact in double precision.
// CHECK-LABEL: func.func @power
// CHECK-DAG:     %[[BASE:.*]] = arith.extf {{.*}} : f32 to f64
// CHECK-DAG:     %[[EXPONENT:.*]] = arith.sitofp {{.*}} : i32 to f64
// CHECK:         %[[POWER:.*]] = math.powf %[[BASE]], %[[EXPONENT]] : f64
// CHECK:         arith.truncf %[[POWER]] : f64 to f32
func.func @power(%x: f32, %n: i32) -> f32 {
  %y = math.fpowi %x, %n : f32, i32
  return %y : f32
}

// What has no formula stays, and so do vectors and formats that are wider.
// CHECK-LABEL: func.func @others
// CHECK:         math.sin
// CHECK:         math.exp {{.*}} : vector<4xf32>
// CHECK:         math.exp {{.*}} : f128
// CHECK:         math.sqrt
// SOME-LABEL:  func.func @others
// SOME-NOT:      math.expm1
// SOME:          return
func.func @others(%x: f32, %v: vector<4xf32>, %q: f128) -> (f32, vector<4xf32>, f128, f32) {
  %0 = math.sin %x : f32
  %1 = math.exp %v : vector<4xf32>
  %2 = math.exp %q : f128
  %3 = math.expm1 %x : f32
  %4 = math.sqrt %3 : f32
  return %0, %1, %2, %4 : f32, vector<4xf32>, f128, f32
}
