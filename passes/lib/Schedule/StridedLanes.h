//===- StridedLanes.h - Gathers and scatters at a stride -------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_STRIDEDLANES_H
#define AUTOTUNE_SCHEDULE_STRIDEDLANES_H

#include "Addresses.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Matchers.h"

namespace autotune {

/// Where the lanes of a gather or scatter are.
struct StridedLanes {
  mlir::Value memref;
  Position first;
  int64_t stride;
  mlir::VectorType type;
  /// The lanes from `begin` to `end` are accessed; the others are masked.
  int64_t begin, end;

  bool isWhole() const { return begin == 0 && end == type.getDimSize(0); }
};

/// The lanes of a gather or scatter, where they are at one constant stride,
/// and no lane is masked between two that are not.
template <typename Access>
std::optional<StridedLanes> stridedLanes(Access op, Addresses &addresses) {
  auto memref = mlir::dyn_cast<mlir::MemRefType>(op.getBase().getType());
  auto type = mlir::dyn_cast<mlir::VectorType>(op.getIndices().getType());
  mlir::DenseIntElementsAttr lanes, constantMask;
  if (!memref || !isPlainMemref(memref) || type.getRank() != 1 ||
      !matchPattern(op.getIndices(), mlir::m_Constant(&lanes)) ||
      !matchPattern(op.getMask(), mlir::m_Constant(&constantMask)) ||
      lanes.isSplat())
    return std::nullopt;
  auto mask = llvm::to_vector(constantMask.template getValues<bool>());
  int64_t begin = llvm::find(mask, true) - mask.begin();
  int64_t end = begin + llvm::count(mask, true);
  if (begin == end || !mask[end - 1])
    return std::nullopt;
  auto positions = llvm::to_vector(lanes.template getValues<int32_t>());
  int64_t stride = int64_t(positions[1]) - positions[0];
  for (auto [lane, position] : llvm::enumerate(positions))
    if (position != stride * int64_t(lane))
      return std::nullopt;
  mlir::AffineMap identity = mlir::AffineMap::getMultiDimIdentityMap(
      memref.getRank(), op.getContext());
  return StridedLanes{
      op.getBase(), addresses.positionOf(memref, identity, op.getOffsets()),
      stride,       type.clone(memref.getElementType()),
      begin,        end};
}

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_STRIDEDLANES_H
