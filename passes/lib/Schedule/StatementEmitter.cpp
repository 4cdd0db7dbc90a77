//===- StatementEmitter.cpp - Statement instances as ops ------------------===//

#include "StatementEmitter.h"
#include "StreamStores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace autotune {

llvm::SmallVector<AffineExpr>
PackBinding::position(llvm::ArrayRef<AffineExpr> subscripts) const {
  AffineExpr along = subscripts[panelDim] - offset[panelDim];
  llvm::SmallVector<AffineExpr> result{along.floorDiv(panel)};
  for (unsigned i = 0; i < subscripts.size(); ++i)
    if (i != panelDim)
      result.push_back(subscripts[i] - offset[i]);
  result.push_back(along % panel);
  return result;
}

int64_t PackBinding::sizeAlong(unsigned dim) const {
  auto shape = cast<MemRefType>(copies.front().buffer.getType()).getShape();
  if (dim == panelDim)
    return shape.front() * panel;
  return shape[dim < panelDim ? dim + 1 : dim];
}

const PackBinding::Copy &PackBinding::copyFor(Operation *load) const {
  auto fits = [&](const Copy &copy) { return isFollowedBy(load, copy.ops); };
  const Copy *found = llvm::find_if(copies, fits);
  return copies.size() == 1 ? copies.front() : *found;
}

AffineValues::AffineValues(const LoopScope &scope,
                           llvm::ArrayRef<AffineExpr> exprs)
    : map(scope.map(exprs)), operands(scope.values()) {
  // Placeholders have been substituted, so that their null values are unused.
  llvm::SmallVector<AffineExpr> replacements;
  llvm::SmallVector<Value> used;
  for (unsigned i = 0; i < operands.size(); ++i) {
    replacements.push_back(getAffineDimExpr(used.size(), scope.getContext()));
    if (map.isFunctionOfDim(i))
      used.push_back(operands[i]);
  }
  map = map.replaceDimsAndSymbols(replacements, {}, used.size(), 0);
  operands = used;
  affine::canonicalizeMapAndOperands(&map, &operands);
}

llvm::SmallVector<AffineExpr> atFirstLane(llvm::ArrayRef<AffineExpr> exprs,
                                          const Lanes &lanes) {
  llvm::SmallVector<AffineExpr> result;
  for (AffineExpr expr : exprs)
    result.push_back(
        expr.replace(getAffineDimExpr(lanes.dim, expr.getContext()),
                     getAffineConstantExpr(0, expr.getContext())));
  return result;
}

static Value memrefOf(Operation *op) {
  if (auto load = dyn_cast<affine::AffineReadOpInterface>(op))
    return load.getMemRef();
  return cast<affine::AffineWriteOpInterface>(op).getMemRef();
}

StatementEmitter::Place
StatementEmitter::placeOf(Operation *op, const Statement &statement,
                          llvm::ArrayRef<AffineExpr> ivs) const {
  Place place{memrefOf(op), {}};
  for (AffineExpr expr : accessMap(op, statement)->getResults())
    place.subscripts.push_back(scope.simplify(expr.replaceDims(ivs)));
  if (const PackBinding *pack = packOf(op, statement)) {
    const PackBinding::Copy &copy = pack->copyFor(op);
    place.memref = copy.buffer;
    place.numFolded = copy.ops.size();
    place.subscripts = pack->position(place.subscripts);
    for (AffineExpr &expr : place.subscripts)
      expr = scope.simplify(expr);
  }
  return place;
}

const PackBinding *StatementEmitter::packOf(Operation *op,
                                            const Statement &statement) const {
  // Statements may share a load, and copies for one read are not for others.
  auto isRead = [&](const PackBinding &pack) {
    return llvm::any_of(statement.accesses, [&](const Access &access) {
      return &access == pack.only && access.op == op;
    });
  };
  const PackBinding *found = llvm::find_if(packs, [&](const PackBinding &pack) {
    return pack.only ? isRead(pack) : scop.arrays[pack.array] == memrefOf(op);
  });
  return found == packs.end() ? nullptr : found;
}

static bool isAffineAccess(Operation *op) {
  return isa<affine::AffineReadOpInterface, affine::AffineWriteOpInterface>(op);
}

void StatementEmitter::mapLoaded(Operation *load, const Place &place,
                                 Value loaded, IRMapping &mapping) {
  mapping.map(load->getResult(0), loaded);
  if (place.numFolded == 0)
    return;
  for (Operation *op : llvm::ArrayRef<Operation *>(opsOnElement(load))
                           .take_front(place.numFolded))
    mapping.map(op->getResult(0), loaded);
}

/// Whether the op was folded into a packed copy.
static bool isFolded(Operation *op, const IRMapping &mapping) {
  return op->getNumResults() == 1 && mapping.contains(op->getResult(0));
}

void StatementEmitter::emit(OpBuilder &builder, const Statement &statement,
                            llvm::ArrayRef<AffineExpr> ivs) {
  IRMapping mapping;
  Location loc = statement.root->getLoc();
  if (statement.usesCounters)
    for (auto [iv, expr] : llvm::zip(statement.ivs, ivs)) {
      AffineValues values(scope, expr);
      mapping.map(iv, affine::AffineApplyOp::create(builder, loc, values.map,
                                                    values.operands));
    }
  for (Operation *op : statement.slice) {
    if (isFolded(op, mapping))
      continue;
    if (!isAffineAccess(op)) {
      builder.clone(*op, mapping);
      continue;
    }
    Place place = placeOf(op, statement, ivs);
    AffineValues values(scope, place.subscripts);
    if (auto store = dyn_cast<affine::AffineStoreOp>(op)) {
      affine::AffineStoreOp::create(
          builder, loc, mapping.lookupOrDefault(store.getValueToStore()),
          place.memref, values.map, values.operands);
      continue;
    }
    if (auto row = dyn_cast<affine::AffineVectorStoreOp>(op)) {
      affine::AffineVectorStoreOp::create(
          builder, loc, mapping.lookupOrDefault(row.getValueToStore()),
          place.memref, values.map, values.operands);
      continue;
    }
    if (auto row = dyn_cast<affine::AffineVectorLoadOp>(op)) {
      mapping.map(row.getResult(),
                  affine::AffineVectorLoadOp::create(
                      builder, loc, row.getVectorType(), place.memref,
                      values.map, values.operands));
      continue;
    }
    Value loaded = affine::AffineLoadOp::create(builder, loc, place.memref,
                                                values.map, values.operands);
    mapLoaded(op, place, loaded, mapping);
  }
}

//===--- vectors ----------------------------------------------------------===//

std::optional<int64_t> StatementEmitter::laneStride(const Place &place,
                                                    const Lanes &lanes) const {
  auto type = cast<MemRefType>(place.memref.getType());
  int64_t stride = 0, rowElements = 1;
  for (int i = type.getRank() - 1; i >= 0; --i) {
    std::optional<int64_t> factor =
        linearFactor(place.subscripts[i], lanes.dim);
    if (!factor)
      return std::nullopt;
    stride += *factor * rowElements;
    rowElements *= type.getDimSize(i);
  }
  return stride;
}

/// Whether neighbouring lanes are neighbours of the innermost dimension.
static bool isContiguous(llvm::ArrayRef<AffineExpr> subscripts, unsigned dim) {
  for (AffineExpr expr : subscripts.drop_back())
    if (expr.isFunctionOfDim(dim))
      return false;
  return linearFactor(subscripts.back(), dim) == 1;
}

static bool isUniform(llvm::ArrayRef<AffineExpr> subscripts, unsigned dim) {
  return llvm::none_of(
      subscripts, [&](AffineExpr expr) { return expr.isFunctionOfDim(dim); });
}

bool StatementEmitter::hasVectorPlaces(const Statement &statement,
                                       llvm::ArrayRef<AffineExpr> ivs,
                                       const Lanes &lanes) const {
  for (Operation *op : statement.slice) {
    if (!isAffineAccess(op))
      continue;
    Place place = placeOf(op, statement, ivs);
    std::optional<int64_t> stride = laneStride(place, lanes);
    bool isStoreToOnePlace = isa<affine::AffineStoreOp>(op) && stride == 0;
    if (!stride || isStoreToOnePlace)
      return false;
    if (*stride > INT32_MAX / lanes.width || *stride < INT32_MIN / lanes.width)
      return false;
  }
  for (AffineExpr iv : ivs)
    if (!linearFactor(iv, lanes.dim))
      return false;
  return true;
}

bool StatementEmitter::isInside(Operation *op, const Statement &statement,
                                llvm::ArrayRef<AffineExpr> ivs) const {
  Value memref = memrefOf(op);
  const PackBinding *pack = packOf(op, statement);
  auto shape = cast<MemRefType>(memref.getType()).getShape();
  for (auto [dim, expr] :
       llvm::enumerate(accessMap(op, statement)->getResults())) {
    AffineExpr subscript = expr.replaceDims(ivs);
    int64_t size = shape[dim];
    if (pack) {
      subscript = subscript - pack->offset[dim];
      size = pack->sizeAlong(dim);
    }
    subscript = scope.simplify(subscript);
    std::optional<int64_t> least = scope.minimum(subscript),
                           most = scope.maximum(subscript);
    if (!least || !most || *least < 0 || *most >= size)
      return false;
  }
  return true;
}

bool StatementEmitter::isWritten(const Place &place, const Statement &statement,
                                 llvm::ArrayRef<AffineExpr> ivs) const {
  Place written = placeOf(statement.root, statement, ivs);
  return place.memref == written.memref &&
         place.subscripts == written.subscripts;
}

bool StatementEmitter::mayReadAll(const Statement &statement,
                                  llvm::ArrayRef<AffineExpr> ivs,
                                  const Lanes &lanes, unsigned loop) const {
  if (!isa<affine::AffineStoreOp>(statement.root))
    return false;
  for (Operation *op : statement.slice) {
    if (!isAffineAccess(op))
      continue;
    Place place = placeOf(op, statement, ivs);
    bool mayRead = isWritten(place, statement, ivs)
                       ? isUniform(place.subscripts, loop) &&
                             !isUniform(place.subscripts, lanes.dim)
                       : isInside(op, statement, ivs);
    if (!mayRead)
      return false;
  }
  return true;
}

bool StatementEmitter::isStoredInside(const Statement &statement,
                                      llvm::ArrayRef<AffineExpr> ivs,
                                      unsigned loop) const {
  return isAffineAccess(statement.root) &&
         !isUniform(placeOf(statement.root, statement, ivs).subscripts, loop);
}

/// Loop counters as values; a vector where the lanes differ.
void StatementEmitter::mapCounters(OpBuilder &builder,
                                   const Statement &statement,
                                   llvm::ArrayRef<AffineExpr> ivs,
                                   const Lanes &lanes, IRMapping &mapping) {
  Location loc = statement.root->getLoc();
  for (auto [iv, expr] : llvm::zip(statement.ivs, ivs)) {
    AffineValues values(scope, atFirstLane(expr, lanes));
    Value counter = affine::AffineApplyOp::create(builder, loc, values.map,
                                                  values.operands);
    if (int64_t factor = *linearFactor(expr, lanes.dim)) {
      auto type = VectorType::get(lanes.width, builder.getIndexType());
      llvm::SmallVector<Attribute> steps;
      for (int64_t lane = 0; lane < lanes.width; ++lane)
        steps.push_back(builder.getIndexAttr(lane * factor));
      Value step = arith::ConstantOp::create(
          builder, loc, DenseElementsAttr::get(type, steps));
      Value first = vector::BroadcastOp::create(builder, loc, type, counter);
      counter = arith::AddIOp::create(builder, loc, first, step);
    }
    mapping.map(iv, counter);
  }
}

void StatementEmitter::emitVector(OpBuilder &builder,
                                  const Statement &statement,
                                  llvm::ArrayRef<AffineExpr> ivs,
                                  const Lanes &lanes) {
  IRMapping mapping;
  if (statement.usesCounters)
    mapCounters(builder, statement, ivs, lanes, mapping);
  for (Operation *op : statement.slice) {
    if (isFolded(op, mapping))
      continue;
    if (isa<affine::AffineLoadOp>(op)) {
      Place place = placeOf(op, statement, ivs);
      bool readsAll = lanes.readsAll && !isWritten(place, statement, ivs);
      Value loaded = emitVectorLoad(builder, op, place, lanes, readsAll);
      mapLoaded(op, place, loaded, mapping);
    } else if (auto store = dyn_cast<affine::AffineStoreOp>(op)) {
      emitVectorStore(builder, op, placeOf(op, statement, ivs),
                      mapping.lookupOrDefault(store.getValueToStore()), lanes);
    } else {
      emitVectorOp(builder, op, lanes, mapping);
    }
  }
}

llvm::SmallVector<Value> StatementEmitter::indicesOf(OpBuilder &builder,
                                                     Location loc,
                                                     const Place &place,
                                                     const Lanes &lanes) {
  llvm::SmallVector<Value> indices;
  for (AffineExpr expr : place.subscripts) {
    AffineValues values(scope, atFirstLane(expr, lanes));
    indices.push_back(affine::AffineApplyOp::create(builder, loc, values.map,
                                                    values.operands));
  }
  return indices;
}

Value StatementEmitter::laneIndices(OpBuilder &builder, Location loc,
                                    int64_t stride, int64_t width) {
  llvm::SmallVector<int32_t> offsets;
  for (int64_t lane = 0; lane < width; ++lane)
    offsets.push_back(lane * stride);
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI32VectorAttr(offsets));
}

Value StatementEmitter::maskOf(OpBuilder &builder, Location loc,
                               const Lanes &lanes) {
  if (lanes.mask)
    return lanes.mask;
  auto type = VectorType::get(lanes.width, builder.getI1Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, true));
}

Value StatementEmitter::emitVectorLoad(OpBuilder &builder, Operation *op,
                                       const Place &place, const Lanes &lanes,
                                       bool readsAll) {
  Location loc = op->getLoc();
  AffineValues first(scope, atFirstLane(place.subscripts, lanes));
  if (isUniform(place.subscripts, lanes.dim))
    return affine::AffineLoadOp::create(builder, loc, place.memref, first.map,
                                        first.operands);
  Type element = cast<MemRefType>(place.memref.getType()).getElementType();
  auto type = VectorType::get(lanes.width, element);
  bool isRow = isContiguous(place.subscripts, lanes.dim);
  if (isRow && (!lanes.mask || readsAll))
    return affine::AffineVectorLoadOp::create(builder, loc, type, place.memref,
                                              first.map, first.operands);
  llvm::SmallVector<Value> indices = indicesOf(builder, loc, place, lanes);
  Value mask = maskOf(builder, loc, lanes);
  Value zeros =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  if (isRow)
    return vector::MaskedLoadOp::create(builder, loc, type, place.memref,
                                        indices, mask, zeros);
  Value offsets =
      laneIndices(builder, loc, *laneStride(place, lanes), lanes.width);
  return vector::GatherOp::create(builder, loc, type, place.memref, indices,
                                  offsets, mask, zeros);
}

void StatementEmitter::emitVectorStore(OpBuilder &builder, Operation *op,
                                       const Place &place, Value value,
                                       const Lanes &lanes) {
  Location loc = op->getLoc();
  auto type = VectorType::get(
      lanes.width, cast<MemRefType>(place.memref.getType()).getElementType());
  if (!isa<VectorType>(value.getType()))
    value = vector::BroadcastOp::create(builder, loc, type, value);
  bool isRow = isContiguous(place.subscripts, lanes.dim);
  if (isRow && !lanes.mask) {
    AffineValues first(scope, atFirstLane(place.subscripts, lanes));
    auto row = affine::AffineVectorStoreOp::create(
        builder, loc, value, place.memref, first.map, first.operands);
    if (streams)
      row->setAttr(streamName, builder.getUnitAttr());
    return;
  }
  llvm::SmallVector<Value> indices = indicesOf(builder, loc, place, lanes);
  Value mask = maskOf(builder, loc, lanes);
  if (isRow) {
    vector::MaskedStoreOp::create(builder, loc, place.memref, indices, mask,
                                  value);
    return;
  }
  Value offsets =
      laneIndices(builder, loc, *laneStride(place, lanes), lanes.width);
  vector::ScatterOp::create(builder, loc, Type(), place.memref, indices,
                            offsets, mask, value);
}

/// Ops on uniform values stay scalar; the others run on vectors.
void StatementEmitter::emitVectorOp(OpBuilder &builder, Operation *op,
                                    const Lanes &lanes, IRMapping &mapping) {
  auto isVector = [&](Value operand) {
    return isa<VectorType>(mapping.lookupOrDefault(operand).getType());
  };
  if (llvm::none_of(op->getOperands(), isVector)) {
    builder.clone(*op, mapping);
    return;
  }
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value value = mapping.lookupOrDefault(operand);
    if (!isa<VectorType>(value.getType()))
      value = vector::BroadcastOp::create(
          builder, op->getLoc(), VectorType::get(lanes.width, value.getType()),
          value);
    operands.push_back(value);
  }
  llvm::SmallVector<Type> types;
  for (Type type : op->getResultTypes())
    types.push_back(VectorType::get(lanes.width, type));
  OperationState state(op->getLoc(), op->getName(), operands, types,
                       op->getAttrs());
  Operation *vectorOp = builder.create(state);
  for (auto [scalar, result] :
       llvm::zip(op->getResults(), vectorOp->getResults()))
    mapping.map(scalar, result);
}

} // namespace autotune
