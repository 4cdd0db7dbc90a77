//===- Transpose.cpp - Squares of vectors, transposed ---------------------===//

#include "Transpose.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace autotune {

/// More rows than this do not fit into the registers, with room to work.
static constexpr int64_t maxLanes = 16;

bool isTransposable(int64_t numLanes) {
  return numLanes >= 2 && numLanes <= maxLanes && llvm::isPowerOf2_64(numLanes);
}

llvm::SmallVector<Value> transposed(OpBuilder &builder, Location loc,
                                    llvm::ArrayRef<Value> rows) {
  int64_t numRows = rows.size();
  int64_t numLanes = cast<VectorType>(rows.front().getType()).getDimSize(0);
  llvm::SmallVector<Value> result(rows);
  // Every step swaps the off-diagonal quarters of squares twice the distance.
  for (int64_t distance = 1; distance < numRows; distance *= 2) {
    llvm::SmallVector<int64_t> upper, lower;
    for (int64_t lane = 0; lane < numLanes; ++lane) {
      bool isRight = lane & distance;
      upper.push_back(isRight ? numLanes + lane - distance : lane);
      lower.push_back(isRight ? numLanes + lane : lane + distance);
    }
    for (int64_t row = 0; row < numRows; ++row) {
      if (row & distance)
        continue;
      Value a = result[row], b = result[row + distance];
      result[row] = vector::ShuffleOp::create(builder, loc, a, b, upper);
      result[row + distance] =
          vector::ShuffleOp::create(builder, loc, a, b, lower);
    }
  }
  return result;
}

} // namespace autotune
