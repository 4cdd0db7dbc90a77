//===- LowerAccesses.cpp - Affine accesses as loads and stores ------------===//
//
// Unrolled code accesses many elements at constant distances. They share one
// address here, which leaves far less to do for the conversions that follow and
// for LLVM than an address for each.
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"
#include "Scop.h"
#include "StreamStores.h"
#include "StridedLanes.h"
#include "TransposeAccesses.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_LOWERACCESSES
#include "autotune/SchedulePasses.h.inc"

template <typename Load> static void lowerLoad(Load op, Addresses &addresses) {
  MemRefType type = op.getMemRefType();
  if (!isPlainMemref(type))
    return;
  OpBuilder builder(op);
  Position position =
      addresses.positionOf(type, op.getAffineMap(), op.getMapOperands());
  Value address = addresses.addressOf(builder, op.getMemRef(), position);
  Value loaded =
      LLVM::LoadOp::create(builder, op.getLoc(), op.getResult().getType(),
                           address, elementBytes(type));
  op.getResult().replaceAllUsesWith(loaded);
  op.erase();
}

template <typename Store>
static void lowerStore(Store op, Value value, Addresses &addresses) {
  MemRefType type = op.getMemRefType();
  if (!isPlainMemref(type))
    return;
  OpBuilder builder(op);
  Position position =
      addresses.positionOf(type, op.getAffineMap(), op.getMapOperands());
  Value address = addresses.addressOf(builder, op.getMemRef(), position);
  auto vector = dyn_cast<VectorType>(value.getType());
  bool isStreamed = vector && op->hasAttr(streamName);
  LLVM::StoreOp::create(builder, op.getLoc(), value, address,
                        isStreamed ? streamAlignment(vector)
                                   : elementBytes(type),
                        /*isVolatile=*/false, /*isNonTemporal=*/isStreamed);
  op.erase();
}

static void lowerPrefetch(affine::AffinePrefetchOp op, Addresses &addresses) {
  MemRefType type = cast<MemRefType>(op.getMemref().getType());
  if (!isPlainMemref(type))
    return;
  OpBuilder builder(op);
  Position position =
      addresses.positionOf(type, op.getAffineMap(), op.getMapOperands());
  // The element may be beyond the array: its address is all that counts.
  Value address = addresses.addressOf(builder, op.getMemref(), position);
  LLVM::Prefetch::create(builder, op.getLoc(), address,
                         builder.getI32IntegerAttr(op.getIsWrite()),
                         builder.getI32IntegerAttr(op.getLocalityHint()),
                         builder.getI32IntegerAttr(op.getIsDataCache()));
  op.erase();
}

/// Erases those of a block that lie between two others no more than a line
/// apart, and all but one of the same place.
static void dropNeighbours(Block &block, Addresses &addresses) {
  using Fetched = std::pair<int64_t, affine::AffinePrefetchOp>;
  llvm::MapVector<std::pair<Value, AffineExpr>, llvm::SmallVector<Fetched>>
      rows;
  for (auto op : block.getOps<affine::AffinePrefetchOp>()) {
    MemRefType type = cast<MemRefType>(op.getMemref().getType());
    if (!isPlainMemref(type))
      continue;
    Position position =
        addresses.positionOf(type, op.getAffineMap(), op.getMapOperands());
    rows[{op.getMemref(), position.base}].push_back(
        {position.constant * elementBytes(type), op});
  }
  for (auto &[_, row] : rows) {
    llvm::stable_sort(row, llvm::less_first());
    int64_t kept = row.front().first;
    for (size_t i = 1; i < row.size(); ++i) {
      auto [place, op] = row[i];
      int64_t end = i + 1 < row.size() ? row[i + 1].first : INT64_MAX;
      if (place == kept || end - kept <= int64_t(cacheLineBytes))
        op.erase();
      else
        kept = place;
    }
  }
}

/// Beyond this a gather is no slower than the loads.
static constexpr int64_t maxLoads = 4;

/// Loads everything from the first lane to the last, no element beyond, and
/// picks the lanes.
static void lowerGather(vector::GatherOp op, Addresses &addresses) {
  std::optional<StridedLanes> lanes = stridedLanes(op, addresses);
  if (!lanes || lanes->stride < 2 || lanes->stride > maxLoads)
    return;
  int64_t width = lanes->type.getDimSize(0);
  int64_t first = lanes->begin * lanes->stride;
  int64_t last = (lanes->end - 1) * lanes->stride + 1 - width;
  if (last < first || !llvm::isInt<32>(lanes->first.constant + last))
    return;
  OpBuilder builder(op);
  Value picked = op.getPassThru();
  for (int64_t start = first; start < last + width; start += width) {
    int64_t begin = std::min(start, last);
    Position position{lanes->first.base, lanes->first.constant + begin};
    Value loaded = LLVM::LoadOp::create(
        builder, op.getLoc(), lanes->type,
        addresses.addressOf(builder, lanes->memref, position),
        elementBytes(cast<MemRefType>(lanes->memref.getType())));
    llvm::SmallVector<int64_t> sources;
    for (int64_t lane = 0; lane < width; ++lane) {
      int64_t offset = lane * lanes->stride - begin;
      bool isLoaded = lane >= lanes->begin && lane < lanes->end &&
                      offset >= 0 && offset < width;
      sources.push_back(isLoaded ? width + offset : lane);
    }
    picked = vector::ShuffleOp::create(builder, op.getLoc(), picked, loaded,
                                       sources);
  }
  op.getResult().replaceAllUsesWith(picked);
  op.erase();
}

static void lower(Operation *op, Addresses &addresses) {
  if (auto load = dyn_cast<affine::AffineLoadOp>(op))
    lowerLoad(load, addresses);
  else if (auto load = dyn_cast<affine::AffineVectorLoadOp>(op))
    lowerLoad(load, addresses);
  else if (auto gather = dyn_cast<vector::GatherOp>(op))
    lowerGather(gather, addresses);
  else if (auto store = dyn_cast<affine::AffineStoreOp>(op))
    lowerStore(store, store.getValueToStore(), addresses);
  else if (auto store = dyn_cast<affine::AffineVectorStoreOp>(op))
    lowerStore(store, store.getValueToStore(), addresses);
  else if (auto fetch = dyn_cast<affine::AffinePrefetchOp>(op))
    lowerPrefetch(fetch, addresses);
}

namespace {
struct LowerAccessesPass : impl::LowerAccessesBase<LowerAccessesPass> {
  void runOnOperation() override {
    Addresses addresses(&getContext());
    llvm::SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks) {
      dropNeighbours(*block, addresses);
      transposeAccesses(*block, addresses);
    }
    llvm::SmallVector<Operation *> accesses;
    getOperation().walk([&](Operation *op) { accesses.push_back(op); });
    for (Operation *op : accesses)
      lower(op, addresses);
  }
};
} // namespace
} // namespace autotune
