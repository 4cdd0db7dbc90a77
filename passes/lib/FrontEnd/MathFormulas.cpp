//===- MathFormulas.cpp - Elementary functions as arithmetic --------------===//
//
// The polynomials of exp, exp2 and of erf in f64 are minimax fits, made in
// arithmetic of 50 digits; that of erf in f32 away from zero is one of weighted
// least squares, reweighted until it is nearly minimax, made in f64. The
// logarithms, and the reduction by ln 2 in two parts, are fdlibm's. The form of
// erf in f64, a polynomial near zero and 1 - exp of one elsewhere, and the
// coefficients near zero for f32 are N. Juffa's.
//
//===----------------------------------------------------------------------===//

#include "MathFormulas.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

namespace autotune {

using namespace mlir;

/// Coefficients come highest power first.
struct FloatFormat {
  int64_t mantissaBits;
  int64_t bias;
  int64_t sqrtHalfBits;
  double minNormal;
  // Adding it, and a small integer, rounds to an integer, which the low bits
  // then hold. As many of them as an exponent has, and more, are zero in it.
  double roundingBias;
  double ln2Hi, ln2Lo;
  // exp(r) = 1 + r + r^2 p(r), |r| <= ln(2) / 2.
  llvm::ArrayRef<double> expPolynomial;
  // 2^r = 1 + r p(r), |r| <= 1/2.
  llvm::ArrayRef<double> exp2Polynomial;
  // exp is 0 below the first, infinite above the second.
  double expMin, expMax;
  double exp2Min, exp2Max;
  // expm1 is -1 below the first, x where |x| is less than the second.
  double expm1Min, expm1Linear;
  // tanh is 1 above.
  double tanhMax;
  llvm::ArrayRef<double> logPolynomial;
  // erf(x) = x + x p(x^2) where |x| is less than the bound.
  double erfBound;
  llvm::ArrayRef<double> erfNearZero;
  // Up to erfMax, which gives 1, erf(x) = 1 - p(x - erfOrigin)^2, or
  // 1 - exp(x p(x - erfOrigin) - x), which is shorter for many digits.
  bool erfIsOfSquare;
  double erfOrigin, erfMax;
  llvm::ArrayRef<double> erfPolynomial;
};

static const double kExpSingle[] = {0.001392655074596405, 0.008363472297787666,
                                    0.04166655242443085, 0.16666574776172638,
                                    0.5};
static const double kExp2Single[] = {
    1.529777182440739e-05, 0.00015462026931345463, 0.001333350082859397,
    0.009618055075407028,  0.05550410971045494,    0.24022650718688965,
    0.6931471824645996};
static const double kLogSingle[] = {0.24279078841, 0.28498786688, 0.40000972152,
                                    0.66666662693};
static const double kErfNearZeroSingle[] = {-5.96761703e-4, 4.99119423e-3,
                                            -2.67681349e-2, 1.12819925e-1,
                                            -3.76125336e-1, 1.28379166e-1};
static const double kErfSingle[] = {
    -1.548207900165745e-05, 0.00013545553636179348, -0.0001295086234433681,
    -0.002445328200087992,  0.009773560971224001,   -0.003908577299229086,
    -0.04679121353635237,   0.06041845325987684,    0.1780664349085861,
    -0.5233194218155264,    0.3966096323664867};

static const double kExpDouble[] = {
    2.5100860168090098e-08, 2.762070569712557e-07, 2.755726745716343e-06,
    2.4801519991900052e-05, 0.0001984126986370219, 0.0013888888918057098,
    0.008333333333329931,   0.04166666666662243,   0.16666666666666669,
    0.5000000000000001};
static const double kExp2Double[] = {
    2.5729834815048347e-11, 4.455921073348097e-10,  7.05489701548607e-09,
    1.0178056504531278e-07, 1.3215486809269672e-06, 1.525273384269645e-05,
    0.0001540353039337029,  0.0013333558146405575,  0.00961812910762848,
    0.05550410866482163,    0.24022650695910072,    0.6931471805599453};
static const double kLogDouble[] = {
    1.479819860511658591e-01, 1.531383769920937332e-01,
    1.818357216161805012e-01, 2.222219843214978396e-01,
    2.857142874366239149e-01, 3.999999999940941908e-01,
    6.666666666666735130e-01};
static const double kErfNearZeroDouble[] = {
    -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07,
    1.6447424703317362e-06, -1.492473690741966e-05, 0.00012055294904839707,
    -0.0008548325975389692, 0.0052239776071164225,  -0.02686617064323777,
    0.11283791670945006,    -0.37612638903183543,   0.12837916709551256};
static const double kErfDouble[] = {
    -2.016500571770724e-13,  2.7154594035095515e-12,  -1.6766520002088277e-11,
    6.474612830004777e-11,   -1.6276963431285582e-10, 6.504470966053665e-11,
    2.38464807798341e-09,    -1.8740205580231055e-08, 9.530758456256497e-08,
    -3.637992025889886e-07,  9.312218250616434e-07,   8.973663065973456e-08,
    -2.0885900144455712e-05, 0.00017708113968879124,  -0.00108656166563876,
    0.005743879676734022,    -0.027952877490362505,   -0.867845086843048,
    -1.6824706323083187};

static const FloatFormat kSingle = {/*mantissaBits=*/23,
                                    /*bias=*/127,
                                    /*sqrtHalfBits=*/0x3f3504f3,
                                    /*minNormal=*/0x1p-126,
                                    /*roundingBias=*/0x1.8p23,
                                    /*ln2Hi=*/0.693145751953125,
                                    /*ln2Lo=*/1.428606820309417e-06,
                                    kExpSingle,
                                    kExp2Single,
                                    /*expMin=*/-104.0,
                                    /*expMax=*/89.0,
                                    /*exp2Min=*/-151.0,
                                    /*exp2Max=*/129.0,
                                    /*expm1Min=*/-18.0,
                                    /*expm1Linear=*/0x1p-25,
                                    /*tanhMax=*/10.0,
                                    kLogSingle,
                                    /*erfBound=*/0.927734375,
                                    kErfNearZeroSingle,
                                    /*erfIsOfSquare=*/true,
                                    /*erfOrigin=*/1.0,
                                    /*erfMax=*/3.93,
                                    kErfSingle};

static const FloatFormat kDouble = {/*mantissaBits=*/52,
                                    /*bias=*/1023,
                                    /*sqrtHalfBits=*/0x3fe6a09e667f3bcd,
                                    /*minNormal=*/0x1p-1022,
                                    /*roundingBias=*/0x1.8p52,
                                    /*ln2Hi=*/6.93147180369123816490e-01,
                                    /*ln2Lo=*/1.90821492927058770002e-10,
                                    kExpDouble,
                                    kExp2Double,
                                    /*expMin=*/-746.0,
                                    /*expMax=*/710.0,
                                    /*exp2Min=*/-1076.0,
                                    /*exp2Max=*/1025.0,
                                    /*expm1Min=*/-38.0,
                                    /*expm1Linear=*/0x1p-54,
                                    /*tanhMax=*/22.0,
                                    kLogDouble,
                                    /*erfBound=*/1.0,
                                    kErfNearZeroDouble,
                                    /*erfIsOfSquare=*/false,
                                    /*erfOrigin=*/2.0,
                                    /*erfMax=*/6.0,
                                    kErfDouble};

MathFormulas::MathFormulas(OpBuilder &builder, Location loc, FloatType type)
    : builder(builder), loc(loc), type(type),
      bits(builder.getIntegerType(type.getWidth())),
      format(type.isF64() ? kDouble : kSingle) {}

//===--- exponentials -----------------------------------------------------===//

MathFormulas::Reduced MathFormulas::reduceExp(Value x, int64_t exponentBias) {
  double bias = format.roundingBias + static_cast<double>(exponentBias);
  Value biased = fma(x, constant(1.4426950408889634074), constant(bias));
  Value rounded = sub(biased, constant(bias));
  Value rest = fma(rounded, constant(-format.ln2Hi), x);
  rest = fma(rounded, constant(-format.ln2Lo), rest);
  Value tail = polynomial(format.expPolynomial, rest);
  return {bitsOf(biased), fma(mul(rest, rest), tail, rest)};
}

Value MathFormulas::exp(Value x) {
  Reduced reduced = reduceExp(atMost(atLeast(x, format.expMin), format.expMax),
                              2 * format.bias);
  auto [power, rest] = powersOfTwo(reduced.exponent);
  return mul(fma(power, reduced.fraction, power), rest);
}

Value MathFormulas::exp2(Value x) {
  x = atMost(atLeast(x, format.exp2Min), format.exp2Max);
  double bias = format.roundingBias + static_cast<double>(2 * format.bias);
  Value biased = add(x, constant(bias));
  Value rest = sub(x, sub(biased, constant(bias)));
  Value tail = polynomial(format.exp2Polynomial, rest);
  auto [power, other] = powersOfTwo(bitsOf(biased));
  return mul(mul(fma(rest, tail, constant(1.0)), power), other);
}

Value MathFormulas::expm1(Value x) {
  Reduced reduced = reduceExp(
      atMost(atLeast(x, format.expm1Min), format.expMax), format.bias - 1);
  // Half of the result: twice this power may be infinite.
  Value power = powerOfTwo(reduced.exponent);
  Value half = fma(power, reduced.fraction, sub(power, constant(0.5)));
  Value magnitude = math::AbsFOp::create(builder, loc, x);
  return select(isLess(magnitude, constant(format.expm1Linear)), x,
                add(half, half));
}

/// With m = expm1(2 |x|), tanh |x| is m / (m + 2).
Value MathFormulas::tanh(Value x) {
  Value magnitude =
      atMost(math::AbsFOp::create(builder, loc, x), format.tanhMax);
  Reduced reduced = reduceExp(add(magnitude, magnitude), format.bias);
  Value power = powerOfTwo(reduced.exponent);
  Value m = fma(power, reduced.fraction, sub(power, constant(1.0)));
  Value result = div(m, add(m, constant(2.0)));
  return math::CopySignOp::create(builder, loc, result, x);
}

Value MathFormulas::erfNearZero(Value x) {
  Value tail = chain(format.erfNearZero, mul(x, x));
  return fma(tail, x, x);
}

Value MathFormulas::erfOfMagnitude(Value magnitude) {
  magnitude = atMost(magnitude, format.erfMax);
  Value position = sub(magnitude, constant(format.erfOrigin));
  Value fitted = chain(format.erfPolynomial, position);
  if (format.erfIsOfSquare)
    return fma(negated(fitted), fitted, constant(1.0));
  Reduced reduced =
      reduceExp(fma(fitted, magnitude, negated(magnitude)), format.bias);
  Value power = powerOfTwo(reduced.exponent);
  Value complement = fma(power, reduced.fraction, power);
  return sub(constant(1.0), complement);
}

Value MathFormulas::erf(Value x) {
  Value magnitude = math::AbsFOp::create(builder, loc, x);
  Value far =
      math::CopySignOp::create(builder, loc, erfOfMagnitude(magnitude), x);
  return select(isLess(constant(format.erfBound), magnitude), far,
                erfNearZero(x));
}

//===--- roots ------------------------------------------------------------===//

/// Both operations round correctly.
Value MathFormulas::rsqrt(Value x) {
  Value root = math::SqrtOp::create(builder, loc, x);
  return div(constant(1.0), root);
}

//===--- logarithms -------------------------------------------------------===//

/// As in fdlibm: u = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2), and
/// log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + R(s^2)), s = f / (2 + f).
Value MathFormulas::finiteLog(Value u, Value correction) {
  Value isSubnormal = isLess(u, constant(format.minNormal));
  double lift = static_cast<double>(int64_t(1) << format.mantissaBits);
  u = select(isSubnormal, mul(u, constant(lift)), u);
  int64_t one = format.bias << format.mantissaBits;
  Value shifted = addInt(bitsOf(u), integer(one - format.sqrtHalfBits));
  Value exponent = subInt(arith::ShRSIOp::create(builder, loc, shifted,
                                                 integer(format.mantissaBits)),
                          integer(format.bias));
  Value k = arith::SIToFPOp::create(builder, loc, type, exponent);
  k = sub(k, select(isSubnormal,
                    constant(static_cast<double>(format.mantissaBits)),
                    constant(0.0)));
  int64_t mantissa = (int64_t(1) << format.mantissaBits) - 1;
  Value fraction =
      arith::AndIOp::create(builder, loc, shifted, integer(mantissa));
  Value f = sub(fromBits(addInt(fraction, integer(format.sqrtHalfBits))),
                constant(1.0));

  Value s = div(f, add(f, constant(2.0)));
  Value square = mul(s, s);
  Value remainder = mul(square, polynomial(format.logPolynomial, square));
  Value half = mul(mul(f, constant(0.5)), f);
  Value low = fma(k, constant(format.ln2Lo), correction);
  low = fma(s, add(half, remainder), low);
  return fma(k, constant(format.ln2Hi), sub(f, sub(half, low)));
}

Value MathFormulas::withLimitsOfLog(Value u, Value finite) {
  double infinity = std::numeric_limits<double>::infinity();
  Value zero = constant(0.0);
  Value unusual = select(isEqual(u, zero), constant(-infinity),
                         constant(std::numeric_limits<double>::quiet_NaN()));
  Value positive =
      select(isEqual(u, constant(infinity)), constant(infinity), finite);
  return select(isLess(zero, u), positive, unusual);
}

Value MathFormulas::log(Value x) {
  return withLimitsOfLog(x, finiteLog(x, constant(0.0)));
}

Value MathFormulas::log1p(Value x) {
  Value one = constant(1.0);
  Value u = add(x, one);
  // What the addition lost, exactly.
  Value given = sub(u, one);
  Value lost = add(sub(one, sub(u, given)), sub(x, given));
  Value result = withLimitsOfLog(u, finiteLog(u, div(lost, u)));
  return select(isEqual(x, constant(0.0)), x, result);
}

//===--- parts ------------------------------------------------------------===//

Value MathFormulas::powerOfTwo(Value exponent) {
  return fromBits(arith::ShLIOp::create(builder, loc, exponent,
                                        integer(format.mantissaBits)));
}

std::pair<Value, Value> MathFormulas::powersOfTwo(Value exponent) {
  Value half = arith::ShRUIOp::create(builder, loc, exponent, integer(1));
  Value rest = subInt(exponent, half);
  Value power = powerOfTwo(half);
  return {power, powerOfTwo(rest)};
}

/// c0 + x (e(x^2) + x o(x^2)), with W. G. Horner's scheme for e and o: one
/// chain of multiply-adds would be longer than what the processor looks ahead,
/// and a tree of them has more multiplications.
Value MathFormulas::polynomial(llvm::ArrayRef<double> coefficients, Value x) {
  Value square = mul(x, x);
  Value previous = constant(coefficients[0]),
        latest = constant(coefficients[1]);
  for (double coefficient : coefficients.drop_front(2).drop_back()) {
    previous = fma(previous, square, constant(coefficient));
    std::swap(previous, latest);
  }
  Value rest = fma(previous, x, latest);
  return fma(rest, x, constant(coefficients.back()));
}

/// With Horner's scheme alone, where two such chains run side by side: their
/// operations take longer than what one waits for the other.
Value MathFormulas::chain(llvm::ArrayRef<double> coefficients, Value x) {
  Value result = constant(coefficients.front());
  for (double coefficient : coefficients.drop_front())
    result = fma(result, x, constant(coefficient));
  return result;
}

Value MathFormulas::atMost(Value x, double bound) {
  Value limit = constant(bound);
  return select(isLess(limit, x), limit, x);
}

Value MathFormulas::atLeast(Value x, double bound) {
  Value limit = constant(bound);
  return select(isLess(x, limit), limit, x);
}

//===--- operations -------------------------------------------------------===//

Value MathFormulas::constant(double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

Value MathFormulas::integer(int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getIntegerAttr(bits, value));
}

Value MathFormulas::add(Value a, Value b) {
  return arith::AddFOp::create(builder, loc, a, b);
}

Value MathFormulas::sub(Value a, Value b) {
  return arith::SubFOp::create(builder, loc, a, b);
}

Value MathFormulas::mul(Value a, Value b) {
  return arith::MulFOp::create(builder, loc, a, b);
}

Value MathFormulas::negated(Value x) {
  return arith::NegFOp::create(builder, loc, x);
}

Value MathFormulas::div(Value a, Value b) {
  return arith::DivFOp::create(builder, loc, a, b);
}

Value MathFormulas::fma(Value a, Value b, Value c) {
  return math::FmaOp::create(builder, loc, a, b, c);
}

Value MathFormulas::isLess(Value a, Value b) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, a, b);
}

Value MathFormulas::isEqual(Value a, Value b) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, a, b);
}

Value MathFormulas::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(builder, loc, condition, a, b);
}

Value MathFormulas::addInt(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value MathFormulas::subInt(Value a, Value b) {
  return arith::SubIOp::create(builder, loc, a, b);
}

Value MathFormulas::bitsOf(Value x) {
  return arith::BitcastOp::create(builder, loc, bits, x);
}

Value MathFormulas::fromBits(Value value) {
  return arith::BitcastOp::create(builder, loc, type, value);
}

} // namespace autotune
