//===- Reductions.cpp - Statements that accumulate ------------------------===//

#include "Reductions.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace autotune {

using Kind = vector::CombiningKind;

static std::optional<Kind> kindOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Kind>>(op)
      .Case<arith::AddFOp, arith::SubFOp, math::FmaOp, arith::AddIOp,
            arith::SubIOp>([](auto) { return Kind::ADD; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return Kind::MUL; })
      .Case([](arith::MaximumFOp) { return Kind::MAXIMUMF; })
      .Case([](arith::MinimumFOp) { return Kind::MINIMUMF; })
      .Case([](arith::MaxNumFOp) { return Kind::MAXNUMF; })
      .Case([](arith::MinNumFOp) { return Kind::MINNUMF; })
      .Case([](arith::MaxSIOp) { return Kind::MAXSI; })
      .Case([](arith::MinSIOp) { return Kind::MINSI; })
      .Case([](arith::MaxUIOp) { return Kind::MAXUI; })
      .Case([](arith::MinUIOp) { return Kind::MINUI; })
      .Case([](arith::AndIOp) { return Kind::AND; })
      .Case([](arith::OrIOp) { return Kind::OR; })
      .Case([](arith::XOrIOp) { return Kind::XOR; })
      .Default([](Operation *) { return std::nullopt; });
}

/// The operands that are combined; the others are factors, or subtracted.
static ValueRange combinedOperands(Operation *op) {
  if (isa<math::FmaOp>(op))
    return op->getOperands().drop_front(2);
  if (isa<arith::SubFOp, arith::SubIOp>(op))
    return op->getOperands().take_front(1);
  return op->getOperands();
}

static arith::FastMathFlagsAttr flagsOf(Operation *op) {
  auto flagged = dyn_cast<arith::ArithFastMathInterface>(op);
  return flagged ? flagged.getFastMathFlagsAttr() : arith::FastMathFlagsAttr();
}

/// Whether the result is the same bits in any order, or need not be.
static bool isReorderable(Operation *op) {
  // Which of two zeros the other two choose is not said; what does not overflow
  // in one order may do so in another.
  auto integer = dyn_cast<arith::ArithIntegerOverflowFlagsInterface>(op);
  bool mayPoison =
      integer && (integer.hasNoSignedWrap() || integer.hasNoUnsignedWrap());
  bool isExact = isa<arith::MaximumFOp, arith::MinimumFOp>(op) ||
                 (op->getResult(0).getType().isInteger() && !mayPoison);
  arith::FastMathFlagsAttr flags = flagsOf(op);
  return isExact ||
         (flags && arith::bitEnumContainsAll(flags.getValue(),
                                             arith::FastMathFlags::reassoc));
}

namespace {

/// Walks from a stored value up to the load of the element stored to.
class Chain {
public:
  Chain(const Statement &statement, affine::AffineStoreOp store, Kind kind)
      : statement(statement), store(store), kind(kind) {}

  affine::AffineLoadOp loadBelow(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || !value.hasOneUse())
      return nullptr;
    if (auto load = dyn_cast<affine::AffineLoadOp>(op))
      return isPlaceOfStore(load) ? load : nullptr;
    if (kindOf(op) != kind)
      return nullptr;
    for (Value operand : combinedOperands(op))
      if (affine::AffineLoadOp load = loadBelow(operand)) {
        isFree &= isReorderable(op);
        return load;
      }
    return nullptr;
  }

  /// Whether every operation on the way may be reordered.
  bool isFree = true;

private:
  bool isPlaceOfStore(affine::AffineLoadOp load) {
    return load.getMemRef() == store.getMemRef() &&
           load->getBlock() == store->getBlock() &&
           accessMap(load, statement) == accessMap(store, statement);
  }

  const Statement &statement;
  affine::AffineStoreOp store;
  Kind kind;
};

} // namespace

ReductionOrNot findReduction(const Statement &statement) {
  auto store = dyn_cast<affine::AffineStoreOp>(statement.root);
  Operation *last = store ? store.getValueToStore().getDefiningOp() : nullptr;
  std::optional<Kind> kind = last ? kindOf(last) : std::nullopt;
  std::string none = statement.name + " does not accumulate";
  if (!kind)
    return {std::nullopt, none};
  Chain chain(statement, store, *kind);
  affine::AffineLoadOp load = chain.loadBelow(store.getValueToStore());
  if (!load)
    return {std::nullopt, none};
  if (!chain.isFree)
    return {std::nullopt, statement.name + " may not be reassociated"};
  return {Reduction{load, store, *kind, flagsOf(last)}, ""};
}

static APFloat neutralFloat(Kind kind, const llvm::fltSemantics &semantics) {
  switch (kind) {
  case Kind::ADD:
    return APFloat::getZero(semantics, /*Negative=*/true);
  case Kind::MUL:
    return APFloat::getOne(semantics);
  case Kind::MAXIMUMF:
  case Kind::MINIMUMF:
    return APFloat::getInf(semantics, /*Negative=*/kind == Kind::MAXIMUMF);
  default: // The other operand wins over a NaN.
    return APFloat::getQNaN(semantics);
  }
}

static APInt neutralInteger(Kind kind, unsigned bits) {
  switch (kind) {
  case Kind::MUL:
    return APInt(bits, 1);
  case Kind::AND:
  case Kind::MINUI:
    return APInt::getAllOnes(bits);
  case Kind::MAXSI:
    return APInt::getSignedMinValue(bits);
  case Kind::MINSI:
    return APInt::getSignedMaxValue(bits);
  default:
    return APInt::getZero(bits);
  }
}

TypedAttr neutralElement(Kind kind, Type type) {
  if (auto real = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, neutralFloat(kind, real.getFloatSemantics()));
  return IntegerAttr::get(type,
                          neutralInteger(kind, type.getIntOrFloatBitWidth()));
}

} // namespace autotune
