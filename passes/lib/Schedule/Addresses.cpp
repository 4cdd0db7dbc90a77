//===- Addresses.cpp - Shared addresses of elements -----------------------===//

#include "Addresses.h"
#include "Scop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace autotune {

static unsigned nestingOf(Block *block) {
  unsigned depth = 0;
  for (Operation *op = block->getParentOp(); op; op = op->getParentOp())
    ++depth;
  return depth;
}

/// Of two values that are visible from one place, the one that is defined last.
static Value laterOf(Value a, Value b) {
  unsigned depthA = nestingOf(a.getParentBlock()),
           depthB = nestingOf(b.getParentBlock());
  if (depthA != depthB)
    return depthA > depthB ? a : b;
  if (!a.getDefiningOp() || !b.getDefiningOp())
    return a.getDefiningOp() ? a : b;
  return a.getDefiningOp()->isBeforeInBlock(b.getDefiningOp()) ? b : a;
}

bool isPlainMemref(MemRefType type) {
  Type element = type.getElementType();
  return type.hasStaticShape() && type.getLayout().isIdentity() &&
         !type.getMemorySpace() && element.isIntOrFloat() &&
         element.getIntOrFloatBitWidth() % 8 == 0;
}

unsigned elementBytes(MemRefType type) {
  return type.getElementTypeBitWidth() / 8;
}

/// The constant of a sum; 0 for one that takes more than 32 bits.
static int64_t constantTerm(AffineExpr position) {
  int64_t constant = 0;
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(position))
    if (auto term = dyn_cast<AffineConstantExpr>(sum.getRHS());
        term && sum.getKind() == AffineExprKind::Add)
      constant = term.getValue();
  if (auto term = dyn_cast<AffineConstantExpr>(position))
    constant = term.getValue();
  return llvm::isInt<32>(constant) ? constant : 0;
}

Position Addresses::positionOf(MemRefType type, AffineMap map,
                               ValueRange operands) {
  llvm::SmallVector<Value> used;
  map = composedMap(map, operands, used);
  llvm::SmallVector<AffineExpr> numbered;
  for (Value value : used) {
    auto [place, isNew] = numbers.insert({value, values.size()});
    if (isNew)
      values.push_back(value);
    numbered.push_back(getAffineDimExpr(place->second, context));
  }
  llvm::ArrayRef<AffineExpr> all(numbered);
  AffineExpr position = getAffineConstantExpr(0, context);
  for (auto [size, subscript] : llvm::zip(type.getShape(), map.getResults()))
    position = position * size + subscript.replaceDimsAndSymbols(
                                     all.take_front(map.getNumDims()),
                                     all.drop_front(map.getNumDims()));
  position = simplifyAffineExpr(position, values.size(), 0);
  int64_t constant = constantTerm(position);
  return {position - constant, constant};
}

Value Addresses::addressOf(OpBuilder &builder, Value memref,
                           Position position) {
  Value address = sharedAddress(memref, position.base);
  if (position.constant == 0)
    return address;
  return LLVM::GEPOp::create(
      builder, memref.getLoc(), pointer,
      cast<MemRefType>(memref.getType()).getElementType(), address,
      LLVM::GEPArg(static_cast<int32_t>(position.constant)));
}

/// The address of an element, computed where its position becomes known.
Value Addresses::sharedAddress(Value memref, AffineExpr position) {
  Value &address = addresses[{memref, position}];
  if (address)
    return address;
  Location loc = memref.getLoc();
  if (position == 0) {
    OpBuilder builder(context);
    builder.setInsertionPointAfterValue(memref);
    return address = firstElement(builder, memref);
  }
  llvm::SmallVector<AffineExpr> dims(values.size());
  llvm::SmallVector<Value> operands;
  Value last = memref;
  for (auto [number, value] : llvm::enumerate(values)) {
    if (!position.isFunctionOfDim(number))
      continue;
    dims[number] = getAffineDimExpr(operands.size(), context);
    operands.push_back(value);
    last = laterOf(last, value);
  }
  Value base = sharedAddress(memref, getAffineConstantExpr(0, context));
  OpBuilder builder(context);
  builder.setInsertionPointAfterValue(last == memref ? base : last);
  AffineMap map =
      AffineMap::get(operands.size(), 0, position.replaceDims(dims));
  Value index = affine::AffineApplyOp::create(builder, loc, map, operands);
  Value wide =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
  // The reference into the map may have moved.
  return addresses[{memref, position}] = LLVM::GEPOp::create(
             builder, loc, pointer,
             cast<MemRefType>(memref.getType()).getElementType(), base,
             LLVM::GEPArg(wide));
}

/// The pointer in the descriptor that the memref will become.
Value Addresses::firstElement(OpBuilder &builder, Value memref) {
  Type word = builder.getI64Type();
  llvm::SmallVector<Type> fields{pointer, pointer, word};
  if (int64_t rank = cast<MemRefType>(memref.getType()).getRank())
    fields.append(2, LLVM::LLVMArrayType::get(word, rank));
  auto type = LLVM::LLVMStructType::getLiteral(context, fields);
  Value descriptor =
      UnrealizedConversionCastOp::create(builder, memref.getLoc(), type, memref)
          .getResult(0);
  return LLVM::ExtractValueOp::create(builder, memref.getLoc(), descriptor,
                                      llvm::ArrayRef<int64_t>{1});
}

} // namespace autotune
