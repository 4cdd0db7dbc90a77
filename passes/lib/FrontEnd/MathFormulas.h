//===- MathFormulas.h - Elementary functions as arithmetic ------*- C++ -*-===//
//
// Hides range reductions and polynomials. Every formula is straight code of
// lane-wise operations that round alike as scalars and as vectors, and gives
// the limits of IEEE 754 for zeros, infinities, NaN and subnormal numbers.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_FRONTEND_MATHFORMULAS_H
#define AUTOTUNE_FRONTEND_MATHFORMULAS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"

#include <utility>

namespace autotune {

/// What depends on the format; the constants are in `MathFormulas.cpp`.
struct FloatFormat;

/// Builds formulas for values of one type, f32 or f64.
class MathFormulas {
public:
  MathFormulas(mlir::OpBuilder &builder, mlir::Location loc,
               mlir::FloatType type);

  mlir::Value exp(mlir::Value x);
  mlir::Value exp2(mlir::Value x);
  mlir::Value expm1(mlir::Value x);
  mlir::Value log(mlir::Value x);
  mlir::Value log1p(mlir::Value x);
  mlir::Value tanh(mlir::Value x);
  mlir::Value erf(mlir::Value x);
  mlir::Value rsqrt(mlir::Value x);

private:
  using Value = mlir::Value;

  /// exp(x) = 2^n * (1 + fraction), 2^-.5 < 1 + fraction < 2^.5.
  struct Reduced {
    Value exponent; // The low bits of this integer are n + exponentBias.
    Value fraction;
  };

  Reduced reduceExp(Value x, int64_t exponentBias);
  Value erfNearZero(Value x);
  Value erfOfMagnitude(Value magnitude);
  /// log(u) + correction / u, where u is positive and finite.
  Value finiteLog(Value u, Value correction);
  /// `finite` where u is positive and finite; else log(u).
  Value withLimitsOfLog(Value u, Value finite);

  /// 2^n, a normal number; the low bits of the exponent are n + bias.
  Value powerOfTwo(Value exponent);
  /// Normal numbers whose product is 2^n: what is multiplied by one after the
  /// other is rounded once, also where it becomes subnormal or infinite. The
  /// low bits of the exponent are n + 2 bias.
  std::pair<Value, Value> powersOfTwo(Value exponent);

  Value polynomial(llvm::ArrayRef<double> coefficients, Value x);
  Value chain(llvm::ArrayRef<double> coefficients, Value x);
  /// NaN stays.
  Value atMost(Value x, double bound);
  Value atLeast(Value x, double bound);

  Value constant(double value);
  Value integer(int64_t value);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value div(Value a, Value b);
  Value negated(Value x);
  Value fma(Value a, Value b, Value c);
  Value isLess(Value a, Value b);
  Value isEqual(Value a, Value b);
  Value select(Value condition, Value a, Value b);
  Value addInt(Value a, Value b);
  Value subInt(Value a, Value b);
  Value bitsOf(Value x);
  Value fromBits(Value bits);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::FloatType type;
  mlir::IntegerType bits;
  const FloatFormat &format;
};

} // namespace autotune

#endif // AUTOTUNE_FRONTEND_MATHFORMULAS_H
