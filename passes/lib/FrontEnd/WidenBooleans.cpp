//===- WidenBooleans.cpp - Buffers of i1 become buffers of i8 -------------===//

#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace autotune {
#define GEN_PASS_DEF_WIDENBOOLEANS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// The type with i8 elements when `type` is a buffer of i1, else null.
MemRefType widened(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref || !memref.getElementType().isInteger(1))
    return nullptr;
  return MemRefType::Builder(memref).setElementType(
      IntegerType::get(type.getContext(), 8));
}

bool touchesBooleans(Operation *op) {
  return llvm::any_of(op->getOperandTypes(),
                      [](Type type) { return widened(type) != nullptr; }) ||
         llvm::any_of(op->getResultTypes(),
                      [](Type type) { return widened(type) != nullptr; });
}

/// The stored byte is any non-zero value for true.
void narrowLoad(OpBuilder &builder, Operation *load) {
  Value result = load->getResult(0);
  Type byte = builder.getI8Type();
  result.setType(byte);
  builder.setInsertionPointAfter(load);
  Value zero = arith::ConstantOp::create(builder, load->getLoc(),
                                         builder.getIntegerAttr(byte, 0));
  auto compare = arith::CmpIOp::create(builder, load->getLoc(),
                                       arith::CmpIPredicate::ne, result, zero);
  result.replaceAllUsesExcept(compare.getResult(), compare);
}

void widenStore(OpBuilder &builder, Operation *store) {
  builder.setInsertionPoint(store);
  store->setOperand(0, arith::ExtUIOp::create(builder, store->getLoc(),
                                              builder.getI8Type(),
                                              store->getOperand(0)));
}

void widenGlobal(memref::GlobalOp global) {
  MemRefType type = widened(global.getType());
  if (!type)
    return;
  global.setType(type);
  auto values =
      dyn_cast_or_null<DenseElementsAttr>(global.getInitialValueAttr());
  if (!values)
    return;
  auto tensor = RankedTensorType::get(type.getShape(), type.getElementType());
  SmallVector<int8_t> bytes;
  for (bool value : values.getValues<bool>())
    bytes.push_back(value);
  global.setInitialValueAttr(
      DenseElementsAttr::get(tensor, ArrayRef<int8_t>(bytes)));
}

LogicalResult widenFunction(func::FuncOp function) {
  OpBuilder builder(function.getContext());
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (touchesBooleans(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (isa<memref::LoadOp, affine::AffineLoadOp>(op))
      narrowLoad(builder, op);
    else if (isa<memref::StoreOp, affine::AffineStoreOp>(op))
      widenStore(builder, op);
    else if (isa<memref::AllocOp, memref::AllocaOp, memref::GetGlobalOp>(op))
      op->getResult(0).setType(widened(op->getResult(0).getType()));
    else if (!isa<memref::DeallocOp>(op))
      return op->emitError()
             << op->getName() << " cannot take a buffer of element type i1";
  }
  for (BlockArgument argument : function.getArguments())
    if (MemRefType type = widened(argument.getType())) {
      argument.setType(type);
      function.setArgAttr(argument.getArgNumber(), "autotune.boolean",
                          builder.getUnitAttr());
    }
  function.setFunctionType(FunctionType::get(
      function.getContext(), function.getBody().getArgumentTypes(),
      function.getFunctionType().getResults()));
  return success();
}

class WidenBooleansPass : public impl::WidenBooleansBase<WidenBooleansPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() && failed(widenFunction(function)))
        return signalPassFailure();
    for (auto global : getOperation().getOps<memref::GlobalOp>())
      widenGlobal(global);
  }
};

} // namespace
} // namespace autotune
