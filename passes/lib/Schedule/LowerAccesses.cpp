//===- LowerAccesses.cpp - Affine accesses as loads and stores ------------===//
//
// Unrolled code accesses many elements at constant distances. They share one
// address here, which leaves far less to do for the conversions that follow and
// for LLVM than an address for each.
//
//===----------------------------------------------------------------------===//

#include "Scop.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_LOWERACCESSES
#include "autotune/SchedulePasses.h.inc"

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

/// Whether memory holds the elements as LLVM's type does, densely in rows.
static bool isPlainMemref(MemRefType type) {
  Type element = type.getElementType();
  return type.hasStaticShape() && type.getLayout().isIdentity() &&
         !type.getMemorySpace() && element.isIntOrFloat() &&
         element.getIntOrFloatBitWidth() % 8 == 0;
}

namespace {

class AccessLowering {
public:
  explicit AccessLowering(func::FuncOp function)
      : function(function), context(function.getContext()),
        pointer(LLVM::LLVMPointerType::get(context)) {}

  void run() {
    llvm::SmallVector<Operation *> accesses;
    function.walk([&](Operation *op) {
      if (isa<affine::AffineLoadOp, affine::AffineStoreOp,
              affine::AffineVectorLoadOp, affine::AffineVectorStoreOp>(op))
        accesses.push_back(op);
    });
    for (Operation *op : accesses)
      lower(op);
  }

private:
  void lower(Operation *op) {
    if (auto load = dyn_cast<affine::AffineLoadOp>(op))
      lowerLoad(load);
    else if (auto load = dyn_cast<affine::AffineVectorLoadOp>(op))
      lowerLoad(load);
    else if (auto store = dyn_cast<affine::AffineStoreOp>(op))
      lowerStore(store, store.getValueToStore());
    else
      lowerStore(cast<affine::AffineVectorStoreOp>(op),
                 cast<affine::AffineVectorStoreOp>(op).getValueToStore());
  }

  template <typename Load> void lowerLoad(Load op) {
    if (!isPlainMemref(op.getMemRefType()))
      return;
    OpBuilder builder(op);
    Value address = addressOf(builder, op, op.getAffineMap());
    Value loaded =
        LLVM::LoadOp::create(builder, op.getLoc(), op.getResult().getType(),
                             address, elementBytes(op.getMemRefType()));
    op.getResult().replaceAllUsesWith(loaded);
    op.erase();
  }

  template <typename Store> void lowerStore(Store op, Value value) {
    if (!isPlainMemref(op.getMemRefType()))
      return;
    OpBuilder builder(op);
    Value address = addressOf(builder, op, op.getAffineMap());
    LLVM::StoreOp::create(builder, op.getLoc(), value, address,
                          elementBytes(op.getMemRefType()));
    op.erase();
  }

  static unsigned elementBytes(MemRefType type) {
    return type.getElementTypeBitWidth() / 8;
  }

  template <typename Access>
  Value addressOf(OpBuilder &builder, Access op, AffineMap map) {
    MemRefType type = op.getMemRefType();
    AffineExpr position = linearPosition(type, map, op.getMapOperands());
    int64_t constant = 0;
    if (auto sum = dyn_cast<AffineBinaryOpExpr>(position))
      if (auto term = dyn_cast<AffineConstantExpr>(sum.getRHS());
          term && sum.getKind() == AffineExprKind::Add)
        constant = term.getValue();
    if (auto term = dyn_cast<AffineConstantExpr>(position))
      constant = term.getValue();
    if (!llvm::isInt<32>(constant))
      constant = 0;
    Value address = sharedAddress(op.getMemRef(), position - constant);
    if (constant == 0)
      return address;
    return LLVM::GEPOp::create(builder, op.getLoc(), pointer,
                               type.getElementType(), address,
                               LLVM::GEPArg(static_cast<int32_t>(constant)));
  }

  /// The number of elements before the one accessed, over `values`.
  AffineExpr linearPosition(MemRefType type, AffineMap map,
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
    return simplifyAffineExpr(position, values.size(), 0);
  }

  /// The address of an element, computed where its position becomes known.
  Value sharedAddress(Value memref, AffineExpr position) {
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
  Value firstElement(OpBuilder &builder, Value memref) {
    Type word = builder.getI64Type();
    llvm::SmallVector<Type> fields{pointer, pointer, word};
    if (int64_t rank = cast<MemRefType>(memref.getType()).getRank())
      fields.append(2, LLVM::LLVMArrayType::get(word, rank));
    auto type = LLVM::LLVMStructType::getLiteral(context, fields);
    Value descriptor = UnrealizedConversionCastOp::create(
                           builder, memref.getLoc(), type, memref)
                           .getResult(0);
    return LLVM::ExtractValueOp::create(builder, memref.getLoc(), descriptor,
                                        llvm::ArrayRef<int64_t>{1});
  }

  func::FuncOp function;
  MLIRContext *context;
  Type pointer;
  /// Operands of subscripts, and where in the list they are.
  llvm::SmallVector<Value> values;
  llvm::DenseMap<Value, unsigned> numbers;
  llvm::DenseMap<std::pair<Value, AffineExpr>, Value> addresses;
};

struct LowerAccessesPass : impl::LowerAccessesBase<LowerAccessesPass> {
  void runOnOperation() override { AccessLowering(getOperation()).run(); }
};

} // namespace
} // namespace autotune
