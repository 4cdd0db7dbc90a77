//===- InvertDivisors.cpp - One division where loops divide by one value --===//
//
// A division of 512 bits takes sixteen cycles, a multiplication half a cycle.
// The reciprocal of a tiny divisor overflows, though, and that of a huge one
// loses bits: such divisors and what they divide are scaled by a power of two
// first, so that only rounding differs: by one unit in the last place more
// where the quotient is a normal number.
//
//===----------------------------------------------------------------------===//

#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_INVERTDIVISORS
#include "autotune/SchedulePasses.h.inc"

namespace {

/// What a division has to allow.
constexpr arith::FastMathFlags allowed =
    arith::FastMathFlags::arcp | arith::FastMathFlags::reassoc;

/// Divisors beyond 2^limit or below 2^-limit are scaled by 2^-limit or 2^limit.
int scaleLimit(Type element) { return element.isF32() ? 100 : 600; }

/// Finds out what has the same value in all iterations of a loop.
class Invariants {
public:
  explicit Invariants(affine::AffineForOp loop) : loop(loop) {
    loop->walk([&](Operation *op) {
      auto store = dyn_cast<affine::AffineWriteOpInterface>(op);
      if (store && isWhole(store.getMemRef()))
        written.insert(store.getMemRef());
      else if (!isMemoryEffectFree(op) &&
               !isa<affine::AffineReadOpInterface, affine::AffineForOp,
                    affine::AffineIfOp, affine::AffinePrefetchOp>(op))
        hasOtherEffects = true;
    });
  }

  bool contain(Value value) {
    if (loop.isDefinedOutsideOfLoop(value))
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != loop.getBody() || op->getNumRegions() != 0)
      return false;
    if (auto read = dyn_cast<affine::AffineReadOpInterface>(op)) {
      if (hasOtherEffects || !isWhole(read.getMemRef()) ||
          written.contains(read.getMemRef()))
        return false;
    } else if (!isMemoryEffectFree(op)) {
      return false;
    }
    return llvm::all_of(op->getOperands(),
                        [&](Value operand) { return contain(operand); });
  }

private:
  /// Whether no other memref of the function is the same memory.
  static bool isWhole(Value memref) {
    return isa<BlockArgument>(memref) ||
           isa<memref::AllocOp, memref::AllocaOp>(memref.getDefiningOp());
  }

  affine::AffineForOp loop;
  llvm::DenseSet<Value> written;
  bool hasOtherEffects = false;
};

/// Computes `value`, which is the same in all iterations, before the loop.
Value moveOut(OpBuilder &builder, Value value, affine::AffineForOp loop,
              IRMapping &moved) {
  if (loop.isDefinedOutsideOfLoop(value))
    return value;
  if (Value known = moved.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    moved.map(operand, moveOut(builder, operand, loop, moved));
  builder.clone(*op, moved);
  return moved.lookup(value);
}

/// A reciprocal: x / d is x * scale * inverse.
struct Inverse {
  Value inverse, scale;
};

Value constant(OpBuilder &builder, Location loc, Type type, double value) {
  auto attribute = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(vector, attribute));
  return arith::ConstantOp::create(builder, loc, attribute);
}

Inverse invert(OpBuilder &builder, Location loc, Value divisor) {
  Type type = divisor.getType();
  int limit = scaleLimit(getElementTypeOrSelf(type));
  auto number = [&](double value) {
    return constant(builder, loc, type, value);
  };
  Value large = number(std::ldexp(1.0, limit));
  Value small = number(std::ldexp(1.0, -limit));
  Value one = number(1.0);
  Value magnitude = math::AbsFOp::create(builder, loc, divisor);
  Value isSmall = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                        magnitude, small);
  Value isLarge = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                        magnitude, large);
  Value shrunk = arith::SelectOp::create(builder, loc, isLarge, small, one);
  Value scale = arith::SelectOp::create(builder, loc, isSmall, large, shrunk);
  Value scaled = arith::MulFOp::create(builder, loc, divisor, scale);
  return {arith::DivFOp::create(builder, loc, one, scaled), scale};
}

Value multiply(OpBuilder &builder, arith::DivFOp division, Inverse inverse) {
  Location loc = division.getLoc();
  // Scaled last, a tiny dividend would lose bits before.
  Value scaled =
      arith::MulFOp::create(builder, loc, division.getLhs(), inverse.scale);
  return arith::MulFOp::create(builder, loc, scaled, inverse.inverse);
}

bool hasIterations(affine::AffineForOp loop) {
  return loop.hasConstantBounds() &&
         loop.getConstantLowerBound() < loop.getConstantUpperBound();
}

/// Replaces a division by a value that a loop does not change.
void invertDivisor(arith::DivFOp division, affine::AffineForOp loop,
                   llvm::DenseMap<Value, Inverse> &known) {
  Value divisor = division.getRhs();
  auto spread = divisor.getDefiningOp<vector::BroadcastOp>();
  Value single = spread ? spread.getSource() : divisor;
  OpBuilder builder(loop);
  if (!known.contains(divisor)) {
    IRMapping moved;
    Value outside = moveOut(builder, single, loop, moved);
    Inverse inverse = invert(builder, division.getLoc(), outside);
    if (spread) {
      auto spreadOut = [&](Value value) -> Value {
        return vector::BroadcastOp::create(builder, division.getLoc(),
                                           divisor.getType(), value);
      };
      inverse = {spreadOut(inverse.inverse), spreadOut(inverse.scale)};
    }
    known[divisor] = inverse;
  }
  builder.setInsertionPoint(division);
  division.replaceAllUsesWith(multiply(builder, division, known[divisor]));
  division.erase();
}

struct InvertDivisorsPass : impl::InvertDivisorsBase<InvertDivisorsPass> {
  void runOnOperation() override {
    llvm::MapVector<affine::AffineForOp, llvm::SmallVector<arith::DivFOp>>
        found;
    getOperation().walk([&](arith::DivFOp division) {
      arith::FastMathFlags flags = division.getFastmath();
      if (!bitEnumContainsAll(flags, allowed))
        return;
      // LLVM would take the reciprocal of any divisor.
      division.setFastmath(flags & ~arith::FastMathFlags::arcp);
      auto loop = dyn_cast<affine::AffineForOp>(division->getParentOp());
      Type element = getElementTypeOrSelf(division.getType());
      if (loop && hasIterations(loop) && (element.isF32() || element.isF64()))
        found[loop].push_back(division);
    });
    for (auto &[loop, divisions] : found) {
      Invariants invariants(loop);
      llvm::DenseMap<Value, Inverse> known;
      llvm::erase_if(divisions, [&](arith::DivFOp division) {
        return !invariants.contain(division.getRhs()) ||
               invariants.contain(division.getLhs());
      });
      for (arith::DivFOp division : divisions)
        invertDivisor(division, loop, known);
    }
  }
};
} // namespace
} // namespace autotune
