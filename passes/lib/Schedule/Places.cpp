//===- Places.cpp - Loads and stores that a register may hold -------------===//

#include "Places.h"
#include "Addresses.h"
#include "Scop.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace autotune {

static Place affinePlace(Operation *op, Value memref, AffineMap map,
                         ValueRange operands, Type type, Value mask,
                         bool isStore) {
  Place place{op->getLoc(), op,      memref, map, {}, type,
              mask,         isStore, {},     {},  {}};
  place.map = composedMap(map, operands, place.operands);
  place.extents.assign(map.getNumResults(), 1);
  if (auto vector = dyn_cast<VectorType>(type))
    place.extents.back() = vector.getNumElements();
  return place;
}

static Place indexedPlace(Operation *op, Value memref, ValueRange indices,
                          Type type, Value mask, bool isStore) {
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(indices.size(), op->getContext());
  return affinePlace(op, memref, identity, indices, type, mask, isStore);
}

/// A column that is gathered or scattered whole: lanes along one dimension but
/// the last.
template <typename Access>
static std::optional<Place> columnPlace(Access op, VectorType type,
                                        bool isStore) {
  auto memref = dyn_cast<MemRefType>(op.getBase().getType());
  DenseIntElementsAttr lanes, mask;
  // Fewer lanes at this distance could also be in two dimensions.
  if (!memref || !isPlainMemref(memref) || type.getRank() != 1 ||
      type.getNumElements() < 3 ||
      !matchPattern(op.getIndices(), m_Constant(&lanes)) ||
      !matchPattern(op.getMask(), m_Constant(&mask)) || !mask.isSplat() ||
      !mask.getSplatValue<bool>() || lanes.isSplat())
    return std::nullopt;
  auto positions = llvm::to_vector(lanes.getValues<int32_t>());
  Place place =
      indexedPlace(op, op.getBase(), op.getOffsets(), type, Value(), isStore);
  int64_t stride = 1, dim = memref.getRank();
  while (dim > 0 && stride < positions[1])
    stride *= memref.getDimSize(--dim);
  // The lanes leave a dimension of size one.
  while (dim > 1 && memref.getDimSize(dim - 1) == 1)
    --dim;
  if (dim == 0 || stride != positions[1] ||
      memref.getDimSize(dim - 1) < type.getNumElements())
    return std::nullopt;
  for (auto [lane, position] : llvm::enumerate(positions))
    if (position != stride * int64_t(lane))
      return std::nullopt;
  place.extents.back() = 1;
  place.extents[dim - 1] = type.getNumElements();
  place.lanes = lanes;
  return place;
}

static std::optional<Place> storedPlace(Operation *op) {
  if (auto store = dyn_cast<affine::AffineStoreOp>(op))
    return affinePlace(op, store.getMemRef(), store.getAffineMap(),
                       store.getMapOperands(),
                       store.getValueToStore().getType(), Value(), true);
  if (auto store = dyn_cast<affine::AffineVectorStoreOp>(op))
    return affinePlace(op, store.getMemRef(), store.getAffineMap(),
                       store.getMapOperands(),
                       store.getValueToStore().getType(), Value(), true);
  if (auto scatter = dyn_cast<vector::ScatterOp>(op))
    return columnPlace(scatter, scatter.getVectorType(), true);
  if (auto store = dyn_cast<vector::MaskedStoreOp>(op))
    return indexedPlace(op, store.getBase(), store.getIndices(),
                        store.getValueToStore().getType(), store.getMask(),
                        true);
  return std::nullopt;
}

std::optional<Place> placeOf(Operation *op) {
  if (auto load = dyn_cast<affine::AffineLoadOp>(op))
    return affinePlace(op, load.getMemRef(), load.getAffineMap(),
                       load.getMapOperands(), load.getType(), Value(), false);
  if (auto load = dyn_cast<affine::AffineVectorLoadOp>(op))
    return affinePlace(op, load.getMemRef(), load.getAffineMap(),
                       load.getMapOperands(), load.getType(), Value(), false);
  if (auto load = dyn_cast<vector::MaskedLoadOp>(op))
    return indexedPlace(op, load.getBase(), load.getIndices(), load.getType(),
                        load.getMask(), false);
  if (auto gather = dyn_cast<vector::GatherOp>(op))
    return columnPlace(gather, gather.getVectorType(), false);
  return storedPlace(op);
}

Value storedValue(Operation *op) {
  if (auto store = dyn_cast<affine::AffineStoreOp>(op))
    return store.getValueToStore();
  if (auto store = dyn_cast<affine::AffineVectorStoreOp>(op))
    return store.getValueToStore();
  if (auto scatter = dyn_cast<vector::ScatterOp>(op))
    return scatter.getValueToStore();
  return cast<vector::MaskedStoreOp>(op).getValueToStore();
}

static llvm::SmallVector<Value> indicesOf(OpBuilder &builder,
                                          const Place &place) {
  llvm::SmallVector<Value> indices;
  for (AffineExpr expr : place.map.getResults())
    indices.push_back(affine::makeComposedAffineApply(
        builder, place.loc,
        AffineMap::get(place.map.getNumDims(), place.map.getNumSymbols(), expr),
        llvm::to_vector_of<OpFoldResult>(place.operands)));
  return indices;
}

static Value zerosOf(OpBuilder &builder, const Place &place) {
  return arith::ConstantOp::create(builder, place.loc,
                                   builder.getZeroAttr(place.type));
}

static Value lanesOf(OpBuilder &builder, const Place &place) {
  return arith::ConstantOp::create(builder, place.loc, place.lanes);
}

/// The mask of a column: every lane.
static Value allLanes(OpBuilder &builder, const Place &place) {
  auto type = cast<VectorType>(place.type).clone(builder.getI1Type());
  return arith::ConstantOp::create(builder, place.loc,
                                   DenseElementsAttr::get(type, true));
}

Value emitLoad(OpBuilder &builder, const Place &place) {
  auto type = dyn_cast<VectorType>(place.type);
  if (place.lanes)
    return vector::GatherOp::create(
        builder, place.loc, type, place.memref, indicesOf(builder, place),
        lanesOf(builder, place), allLanes(builder, place),
        zerosOf(builder, place));
  if (place.mask)
    return vector::MaskedLoadOp::create(builder, place.loc, type, place.memref,
                                        indicesOf(builder, place), place.mask,
                                        zerosOf(builder, place));
  if (type)
    return affine::AffineVectorLoadOp::create(
        builder, place.loc, type, place.memref, place.map, place.operands);
  return affine::AffineLoadOp::create(builder, place.loc, place.memref,
                                      place.map, place.operands);
}

void emitStore(OpBuilder &builder, const Place &place, Value value) {
  if (place.lanes)
    vector::ScatterOp::create(
        builder, place.loc, Type(), place.memref, indicesOf(builder, place),
        lanesOf(builder, place), allLanes(builder, place), value);
  else if (place.mask)
    vector::MaskedStoreOp::create(builder, place.loc, place.memref,
                                  indicesOf(builder, place), place.mask, value);
  else if (isa<VectorType>(place.type))
    affine::AffineVectorStoreOp::create(builder, place.loc, value, place.memref,
                                        place.map, place.operands);
  else
    affine::AffineStoreOp::create(builder, place.loc, value, place.memref,
                                  place.map, place.operands);
}

} // namespace autotune
