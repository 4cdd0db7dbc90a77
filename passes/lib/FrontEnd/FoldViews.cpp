//===- FoldViews.cpp - Views become index arithmetic ----------------------===//

#include "Statements.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace autotune {
#define GEN_PASS_DEF_FOLDVIEWS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// An element of a buffer: one index a dimension.
using Indices = SmallVector<OpFoldResult>;

/// Builds index arithmetic at one place of the program.
struct IndexArithmetic {
  RewriterBase &rewriter;
  Location loc;

  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands) const {
    AffineMap map = AffineMap::get(operands.size(), 0, expr);
    return affine::makeComposedFoldedAffineApply(rewriter, loc, map, operands);
  }

  AffineExpr dim(unsigned position) const {
    return rewriter.getAffineDimExpr(position);
  }

  /// offset + index * stride
  OpFoldResult step(OpFoldResult offset, OpFoldResult index,
                    OpFoldResult stride) const {
    if (isConstantIntValue(stride, 1))
      return apply(dim(0) + dim(1), {offset, index});
    if (auto constant = getConstantIntValue(stride))
      return apply(dim(0) + dim(1) * *constant, {offset, index});
    Value product = arith::MulIOp::create(
        rewriter, loc, getValueOrCreateConstantIndexOp(rewriter, loc, index),
        getValueOrCreateConstantIndexOp(rewriter, loc, stride));
    return apply(dim(0) + dim(1), {offset, OpFoldResult(product)});
  }

  /// Row-major position of `indices` in a box of `sizes`.
  OpFoldResult linearize(ArrayRef<OpFoldResult> indices,
                         ArrayRef<int64_t> sizes) const {
    AffineExpr position = rewriter.getAffineConstantExpr(0);
    for (auto [d, size] : llvm::enumerate(sizes))
      position = position * size + dim(d);
    return apply(position, indices);
  }

  /// Indices in a box of `sizes` at a row-major position. The position is
  /// inside the box, so the outermost index needs no remainder.
  void delinearize(OpFoldResult position, ArrayRef<int64_t> sizes,
                   Indices &indices) const {
    int64_t stride = 1;
    Indices reversed;
    for (size_t d = sizes.size(); d-- > 0;) {
      AffineExpr expr = dim(0).floorDiv(stride);
      if (sizes[d] == 1)
        expr = rewriter.getAffineConstantExpr(0);
      else if (d != 0)
        expr = expr % sizes[d];
      reversed.push_back(apply(expr, {position}));
      stride *= sizes[d];
    }
    indices.append(reversed.rbegin(), reversed.rend());
  }
};

Indices throughSubview(memref::SubViewOp view, ArrayRef<OpFoldResult> indices,
                       const IndexArithmetic &arithmetic) {
  llvm::SmallBitVector dropped = view.getDroppedDims();
  SmallVector<OpFoldResult> offsets = view.getMixedOffsets();
  SmallVector<OpFoldResult> strides = view.getMixedStrides();
  Indices result;
  unsigned next = 0;
  for (unsigned d = 0, e = offsets.size(); d != e; ++d)
    result.push_back(
        dropped[d] ? offsets[d]
                   : arithmetic.step(offsets[d], indices[next++], strides[d]));
  return result;
}

/// Source indices of a view that regroups dimensions: `groups` says which
/// dimensions of the finer shape make up each dimension of the coarser one.
Indices throughExpand(memref::ExpandShapeOp view,
                      ArrayRef<OpFoldResult> indices,
                      const IndexArithmetic &arithmetic) {
  ArrayRef<int64_t> shape = view.getResultType().getShape();
  Indices result;
  for (ArrayRef<int64_t> group : view.getReassociationIndices()) {
    auto part = [&](auto range) { return range.slice(group[0], group.size()); };
    result.push_back(arithmetic.linearize(part(indices), part(shape)));
  }
  if (view.getReassociationIndices().empty())
    return {};
  return result;
}

Indices throughCollapse(memref::CollapseShapeOp view,
                        ArrayRef<OpFoldResult> indices,
                        const IndexArithmetic &arithmetic) {
  ArrayRef<int64_t> shape = view.getSrcType().getShape();
  if (indices.empty())
    return Indices(shape.size(), arithmetic.rewriter.getIndexAttr(0));
  Indices result;
  for (auto [index, group] :
       llvm::zip_equal(indices, view.getReassociationIndices()))
    arithmetic.delinearize(index, shape.slice(group[0], group.size()), result);
  return result;
}

Indices throughTranspose(memref::TransposeOp view,
                         ArrayRef<OpFoldResult> indices) {
  Indices result(indices.size());
  for (auto [d, expr] : llvm::enumerate(view.getPermutation().getResults()))
    result[cast<AffineDimExpr>(expr).getPosition()] = indices[d];
  return result;
}

bool isContiguous(Value buffer) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  return type && type.hasStaticShape() && type.getLayout().isIdentity();
}

/// Row-major position over constant or SSA strides, back to source indices.
std::optional<Indices> throughReinterpret(memref::ReinterpretCastOp view,
                                          ArrayRef<OpFoldResult> indices,
                                          const IndexArithmetic &arithmetic) {
  if (!isContiguous(view.getSource()))
    return std::nullopt;
  OpFoldResult position = view.getMixedOffsets()[0];
  for (auto [index, stride] : llvm::zip_equal(indices, view.getMixedStrides()))
    position = arithmetic.step(position, index, stride);
  Indices result;
  arithmetic.delinearize(
      position, cast<MemRefType>(view.getSource().getType()).getShape(),
      result);
  return result;
}

std::optional<Indices> throughReshape(memref::ReshapeOp view,
                                      ArrayRef<OpFoldResult> indices,
                                      const IndexArithmetic &arithmetic) {
  if (!isContiguous(view.getSource()) || !isContiguous(view.getResult()))
    return std::nullopt;
  Indices result;
  arithmetic.delinearize(
      arithmetic.linearize(
          indices, cast<MemRefType>(view.getResult().getType()).getShape()),
      cast<MemRefType>(view.getSource().getType()).getShape(), result);
  return result;
}

/// Element of the source that element `indices` of the view `op` stands for.
std::optional<Indices> throughView(Operation *op,
                                   ArrayRef<OpFoldResult> indices,
                                   const IndexArithmetic &arithmetic) {
  if (auto view = dyn_cast<memref::SubViewOp>(op))
    return throughSubview(view, indices, arithmetic);
  if (auto view = dyn_cast<memref::ExpandShapeOp>(op))
    return throughExpand(view, indices, arithmetic);
  if (auto view = dyn_cast<memref::CollapseShapeOp>(op))
    return throughCollapse(view, indices, arithmetic);
  if (auto view = dyn_cast<memref::TransposeOp>(op))
    return throughTranspose(view, indices);
  if (auto view = dyn_cast<memref::ReinterpretCastOp>(op))
    return throughReinterpret(view, indices, arithmetic);
  if (auto view = dyn_cast<memref::ReshapeOp>(op))
    return throughReshape(view, indices, arithmetic);
  if (isa<memref::CastOp, memref::MemorySpaceCastOp, memref::AssumeAlignmentOp>(
          op))
    return Indices(indices);
  return std::nullopt;
}

bool isView(Operation *op) {
  return op &&
         isa<memref::SubViewOp, memref::ExpandShapeOp, memref::CollapseShapeOp,
             memref::TransposeOp, memref::ReinterpretCastOp, memref::ReshapeOp,
             memref::CastOp, memref::MemorySpaceCastOp,
             memref::AssumeAlignmentOp, memref::ViewOp>(op);
}

struct Access {
  Value buffer;
  Indices indices;
};

/// The access that a load or store makes, with affine maps as arithmetic.
template <typename AffineOp, typename MemRefOp>
std::optional<Access> accessOf(Operation *op,
                               const IndexArithmetic &arithmetic) {
  if (auto access = dyn_cast<MemRefOp>(op))
    return Access{access.getMemRef(), getAsOpFoldResult(access.getIndices())};
  auto access = dyn_cast<AffineOp>(op);
  if (!access)
    return std::nullopt;
  AffineMap map = access.getAffineMap();
  SmallVector<OpFoldResult> operands =
      getAsOpFoldResult(access.getMapOperands());
  Indices indices;
  for (unsigned i = 0, e = map.getNumResults(); i != e; ++i)
    indices.push_back(affine::makeComposedFoldedAffineApply(
        arithmetic.rewriter, arithmetic.loc, map.getSubMap({i}), operands));
  return Access{access.getMemRef(), indices};
}

LogicalResult foldThroughViews(Access &access,
                               const IndexArithmetic &arithmetic) {
  while (isView(access.buffer.getDefiningOp())) {
    Operation *view = access.buffer.getDefiningOp();
    std::optional<Indices> source =
        throughView(view, access.indices, arithmetic);
    if (!source)
      return view->emitError()
             << "cannot fold this view into its accesses: " << view->getName()
             << " of a buffer that is not contiguous and static";
    access = {view->getOperand(0), *source};
  }
  return success();
}

LogicalResult foldAccess(RewriterBase &rewriter, Operation *op) {
  rewriter.setInsertionPoint(op);
  IndexArithmetic arithmetic{rewriter, op->getLoc()};
  bool isLoad = isa<memref::LoadOp, affine::AffineLoadOp>(op);
  std::optional<Access> access =
      isLoad ? accessOf<affine::AffineLoadOp, memref::LoadOp>(op, arithmetic)
             : accessOf<affine::AffineStoreOp, memref::StoreOp>(op, arithmetic);
  if (!access || failed(foldThroughViews(*access, arithmetic)))
    return failure();
  SmallVector<Value> indices =
      getValueOrCreateConstantIndexOp(rewriter, op->getLoc(), access->indices);
  if (isLoad)
    rewriter.replaceOpWithNewOp<memref::LoadOp>(op, access->buffer, indices);
  else
    rewriter.replaceOpWithNewOp<memref::StoreOp>(op, op->getOperand(0),
                                                 access->buffer, indices);
  return success();
}

LogicalResult expandCopy(RewriterBase &rewriter, memref::CopyOp copy) {
  auto type = dyn_cast<MemRefType>(copy.getSource().getType());
  auto target = dyn_cast<MemRefType>(copy.getTarget().getType());
  if (!type || !target || (!type.hasStaticShape() && !target.hasStaticShape()))
    return copy.emitError() << "memref.copy of a dynamic shape";
  rewriter.setInsertionPoint(copy);
  SmallVector<Value> variables;
  for (int64_t size : (type.hasStaticShape() ? type : target).getShape()) {
    auto loop =
        affine::AffineForOp::create(rewriter, copy.getLoc(), 0, size, 1);
    variables.push_back(loop.getInductionVar());
    rewriter.setInsertionPointToStart(loop.getBody());
  }
  Value element = memref::LoadOp::create(rewriter, copy.getLoc(),
                                         copy.getSource(), variables);
  memref::StoreOp::create(rewriter, copy.getLoc(), element, copy.getTarget(),
                          variables);
  rewriter.eraseOp(copy);
  return success();
}

class FoldViewsPass : public impl::FoldViewsBase<FoldViewsPass> {
  LogicalResult foldFunction(RewriterBase &rewriter, func::FuncOp function) {
    SmallVector<memref::CopyOp> copies;
    function.walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies)
      if (failed(expandCopy(rewriter, copy)))
        return failure();
    SmallVector<Operation *> accesses;
    function.walk([&](Operation *op) {
      Value buffer = bufferOf(op);
      if (buffer && isView(buffer.getDefiningOp()))
        accesses.push_back(op);
    });
    for (Operation *access : accesses)
      if (failed(foldAccess(rewriter, access)))
        return failure();
    return eraseViews(rewriter, function);
  }

  /// Erases views that have no use left; every other one must feed a call.
  LogicalResult eraseViews(RewriterBase &rewriter, func::FuncOp function) {
    SmallVector<Operation *> views;
    function.walk([&](Operation *op) {
      if (isView(op))
        views.push_back(op);
    });
    for (Operation *view : llvm::reverse(views)) {
      for (Operation *user : llvm::make_early_inc_range(view->getUsers()))
        if (isa<memref::DeallocOp>(user))
          rewriter.eraseOp(user);
      if (view->use_empty()) {
        rewriter.eraseOp(view);
        continue;
      }
      for (Operation *user : view->getUsers())
        if (!isa<func::CallOp>(user) && !isView(user))
          return user->emitError()
                 << user->getName() << " cannot take a view of a buffer";
    }
    return success();
  }

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    if (failed(foldFunction(rewriter, getOperation())))
      signalPassFailure();
  }
};

} // namespace
} // namespace autotune
