//===- Temporary.cpp - Buffers for spilled values -------------------------===//

#include "Temporary.h"

#include "AffineIndex.h"
#include "Statements.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <algorithm>

namespace autotune {

using namespace mlir;

Value allocate(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape,
               Type element) {
  constexpr int64_t cacheLineBytes = 64;
  return memref::AllocOp::create(builder, loc, MemRefType::get(shape, element),
                                 builder.getI64IntegerAttr(cacheLineBytes));
}

Expansion expandOver(Operation *op, int64_t maxElements) {
  Expansion expansion;
  int64_t elements = 1;
  for (Operation *parent = op->getParentOp(); !isa<func::FuncOp>(parent);
       parent = parent->getParentOp()) {
    if (isOpaque(parent))
      return {};
    auto loop = dyn_cast<affine::AffineForOp>(parent);
    if (!loop)
      continue;
    std::optional<Interval> range = rangeOfLoop(loop);
    if (!range || range->high - range->low >= maxElements)
      break;
    int64_t size = std::max<int64_t>(1, range->high - range->low + 1);
    if (elements * size > maxElements)
      break;
    elements *= size;
    expansion.variables.push_back(loop.getInductionVar());
    expansion.lows.push_back(range->low);
    expansion.sizes.push_back(size);
  }
  std::reverse(expansion.variables.begin(), expansion.variables.end());
  std::reverse(expansion.lows.begin(), expansion.lows.end());
  std::reverse(expansion.sizes.begin(), expansion.sizes.end());
  return expansion;
}

void Place::store(OpBuilder &builder, Location loc, Value value) const {
  Type stored = cast<MemRefType>(buffer.getType()).getElementType();
  if (value.getType().isIndex())
    value = arith::IndexCastOp::create(builder, loc, stored, value);
  else if (value.getType() != stored)
    value = arith::ExtUIOp::create(builder, loc, stored, value);
  affine::AffineStoreOp::create(builder, loc, value, buffer, map, operands);
}

Value Place::load(OpBuilder &builder, Location loc, Type type) const {
  Value value =
      affine::AffineLoadOp::create(builder, loc, buffer, map, operands);
  if (type.isIndex())
    return arith::IndexCastOp::create(builder, loc, type, value);
  if (type != value.getType())
    return arith::TruncIOp::create(builder, loc, type, value);
  return value;
}

Place makeTemporary(func::FuncOp function, Operation *op, Type type,
                    int64_t maxElements) {
  MLIRContext *context = function.getContext();
  Type stored = type;
  if (type.isIndex())
    stored = IntegerType::get(context, 64);
  else if (type.isInteger(1))
    stored = IntegerType::get(context, 8);
  Expansion expansion = expandOver(op, maxElements);
  SmallVector<AffineExpr> indices;
  for (auto [d, low] : llvm::enumerate(expansion.lows))
    indices.push_back(getAffineDimExpr(d, context) - low);
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  Value buffer = allocate(builder, op->getLoc(), expansion.sizes, stored);
  return {buffer, AffineMap::get(indices.size(), 0, indices, context),
          expansion.variables};
}

} // namespace autotune
