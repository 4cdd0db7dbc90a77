//===- Statements.cpp - Statements and what they touch --------------------===//

#include "Statements.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

namespace autotune {

using namespace mlir;

bool isLoad(Operation *op) {
  return isa<affine::AffineLoadOp, memref::LoadOp>(op);
}

bool isStore(Operation *op) {
  return isa<affine::AffineStoreOp, memref::StoreOp>(op);
}

Value bufferOf(Operation *op) {
  if (isLoad(op))
    return op->getOperand(0);
  return isStore(op) ? op->getOperand(1) : Value();
}

bool isOpaque(Operation *op) {
  if (isa<affine::AffineForOp, affine::AffineIfOp, func::FuncOp,
          memref::AllocOp, memref::AllocaOp, memref::DeallocOp>(op) ||
      isLoad(op) || isStore(op) || op->hasTrait<OpTrait::IsTerminator>())
    return false;
  return op->getNumRegions() != 0 || !isMemoryEffectFree(op);
}

bool isStatement(Operation *op) { return isStore(op) || isOpaque(op); }

bool isExpensive(Operation *op) {
  if (isa<arith::DivFOp, arith::RemFOp>(op))
    return true;
  return isa<math::MathDialect>(op->getDialect()) &&
         !isa<math::FmaOp, math::AbsFOp, math::AbsIOp, math::CopySignOp,
              math::FloorOp, math::CeilOp, math::RoundEvenOp, math::TruncOp>(
             op);
}

Operation *opaqueAround(Operation *op) {
  Operation *outermost = nullptr;
  for (; op && !isa<func::FuncOp>(op); op = op->getParentOp())
    if (isOpaque(op))
      outermost = op;
  return outermost;
}

bool isSameBuffer(Value a, Value b) {
  if (a == b)
    return true;
  auto globalA = a.getDefiningOp<memref::GetGlobalOp>();
  auto globalB = b.getDefiningOp<memref::GetGlobalOp>();
  return globalA && globalB && globalA.getName() == globalB.getName();
}

bool anyAccess(Operation *op, llvm::function_ref<bool(Operation *)> visit) {
  return op
      ->walk([&](Operation *inner) {
        bool isAccess = isLoad(inner) || isStore(inner) ||
                        (isOpaque(inner) && inner->getNumRegions() == 0);
        return isAccess && visit(inner) ? WalkResult::interrupt()
                                        : WalkResult::advance();
      })
      .wasInterrupted();
}

bool mayAccess(Operation *op, Value buffer) {
  return anyAccess(op, [&](Operation *access) {
    Value accessed = bufferOf(access);
    return !accessed || isSameBuffer(accessed, buffer);
  });
}

SmallVector<Operation *> statementsUsing(Value value) {
  llvm::SetVector<Operation *> statements;
  llvm::SetVector<Value> pending;
  pending.insert(value);
  for (unsigned next = 0; next != pending.size(); ++next)
    for (Operation *user : pending[next].getUsers()) {
      Operation *opaque = opaqueAround(user);
      if (opaque)
        statements.insert(opaque);
      else if (isStore(user) ||
               isa<affine::AffineForOp, affine::AffineIfOp>(user))
        statements.insert(user);
      else
        pending.insert(user->result_begin(), user->result_end());
    }
  return statements.takeVector();
}

} // namespace autotune
