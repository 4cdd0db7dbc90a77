//===- StackBuffers.cpp - Small temporary buffers live on the stack -------===//
//
// A C library's allocator takes a few microseconds for an aligned block, in
// which small programs are done.
//
//===----------------------------------------------------------------------===//

#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_STACKBUFFERS
#include "autotune/SchedulePasses.h.inc"

static constexpr int64_t cacheLineBytes = 64;

/// Bytes of a buffer that lives as long as the function's body runs; none where
/// that is not known.
static std::optional<int64_t> bytesOf(memref::AllocOp buffer) {
  MemRefType type = buffer.getType();
  if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
      !type.getElementType().isIntOrFloat())
    return std::nullopt;
  for (Operation *user : buffer->getUsers())
    if (isa<memref::DeallocOp>(user) && user->getBlock() != buffer->getBlock())
      return std::nullopt;
  int64_t bits = type.getElementTypeBitWidth();
  return type.getNumElements() * llvm::divideCeil(bits, 8);
}

static void moveToStack(memref::AllocOp buffer) {
  OpBuilder builder(buffer);
  int64_t alignment =
      std::max<int64_t>(buffer.getAlignment().value_or(0), cacheLineBytes);
  auto onStack =
      memref::AllocaOp::create(builder, buffer.getLoc(), buffer.getType(),
                               builder.getI64IntegerAttr(alignment));
  for (Operation *user : llvm::make_early_inc_range(buffer->getUsers()))
    if (isa<memref::DeallocOp>(user))
      user->erase();
  buffer.replaceAllUsesWith(onStack.getMemref());
  buffer.erase();
}

namespace {
struct StackBuffersPass : impl::StackBuffersBase<StackBuffersPass> {
  using StackBuffersBase::StackBuffersBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    // What it returns may be, or point to, one of its buffers.
    if (function.isExternal() || function.getNumResults() > 0)
      return;
    llvm::SmallVector<std::pair<int64_t, memref::AllocOp>> buffers;
    for (auto buffer : function.getBody().front().getOps<memref::AllocOp>())
      if (std::optional<int64_t> bytes = bytesOf(buffer))
        buffers.emplace_back(*bytes, buffer);
    llvm::stable_sort(buffers, llvm::less_first());
    int64_t left = budget;
    for (auto [bytes, buffer] : buffers)
      if ((left -= bytes) >= 0)
        moveToStack(buffer);
  }
};
} // namespace
} // namespace autotune
