//===- LowerAccesses.cpp - Affine accesses as loads and stores ------------===//
//
// Unrolled code accesses many elements at constant distances. They share one
// address here, which leaves far less to do for the conversions that follow and
// for LLVM than an address for each.
//
//===----------------------------------------------------------------------===//

#include "Scop.h"
#include "Transpose.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_LOWERACCESSES
#include "autotune/SchedulePasses.h.inc"

static unsigned nestingOf(Block *block) {
  unsigned depth = 0;
  for (Operation *op = block->getParentOp(); op; op = op->getParentOp())
    ++depth;
  return depth;
}

/// Of two values that are visible from one place, the one that is defined last.
static Value laterOf(Value a, Value b) {
  unsigned depthA = nestingOf(a.getParentBlock()),
           depthB = nestingOf(b.getParentBlock());
  if (depthA != depthB)
    return depthA > depthB ? a : b;
  if (!a.getDefiningOp() || !b.getDefiningOp())
    return a.getDefiningOp() ? a : b;
  return a.getDefiningOp()->isBeforeInBlock(b.getDefiningOp()) ? b : a;
}

/// Whether memory holds the elements as LLVM's type does, densely in rows.
static bool isPlainMemref(MemRefType type) {
  Type element = type.getElementType();
  return type.hasStaticShape() && type.getLayout().isIdentity() &&
         !type.getMemorySpace() && element.isIntOrFloat() &&
         element.getIntOrFloatBitWidth() % 8 == 0;
}

namespace {

class AccessLowering {
public:
  explicit AccessLowering(func::FuncOp function)
      : function(function), context(function.getContext()),
        pointer(LLVM::LLVMPointerType::get(context)) {}

  void run() {
    llvm::SmallVector<Block *> blocks;
    function.walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      transposeGathers(*block);
    llvm::SmallVector<Operation *> accesses;
    function.walk([&](Operation *op) {
      if (isa<affine::AffineLoadOp, affine::AffineStoreOp,
              affine::AffineVectorLoadOp, affine::AffineVectorStoreOp>(op))
        accesses.push_back(op);
    });
    for (Operation *op : accesses)
      lower(op);
  }

private:
  void lower(Operation *op) {
    if (auto load = dyn_cast<affine::AffineLoadOp>(op))
      lowerLoad(load);
    else if (auto load = dyn_cast<affine::AffineVectorLoadOp>(op))
      lowerLoad(load);
    else if (auto store = dyn_cast<affine::AffineStoreOp>(op))
      lowerStore(store, store.getValueToStore());
    else
      lowerStore(cast<affine::AffineVectorStoreOp>(op),
                 cast<affine::AffineVectorStoreOp>(op).getValueToStore());
  }

  template <typename Load> void lowerLoad(Load op) {
    if (!isPlainMemref(op.getMemRefType()))
      return;
    OpBuilder builder(op);
    Value address = addressOf(builder, op, op.getAffineMap());
    Value loaded =
        LLVM::LoadOp::create(builder, op.getLoc(), op.getResult().getType(),
                             address, elementBytes(op.getMemRefType()));
    op.getResult().replaceAllUsesWith(loaded);
    op.erase();
  }

  template <typename Store> void lowerStore(Store op, Value value) {
    if (!isPlainMemref(op.getMemRefType()))
      return;
    OpBuilder builder(op);
    Value address = addressOf(builder, op, op.getAffineMap());
    LLVM::StoreOp::create(builder, op.getLoc(), value, address,
                          elementBytes(op.getMemRefType()));
    op.erase();
  }

  /// The constant of a sum; 0 for one that takes more than 32 bits.
  static int64_t constantTerm(AffineExpr position) {
    int64_t constant = 0;
    if (auto sum = dyn_cast<AffineBinaryOpExpr>(position))
      if (auto term = dyn_cast<AffineConstantExpr>(sum.getRHS());
          term && sum.getKind() == AffineExprKind::Add)
        constant = term.getValue();
    if (auto term = dyn_cast<AffineConstantExpr>(position))
      constant = term.getValue();
    return llvm::isInt<32>(constant) ? constant : 0;
  }

  static unsigned elementBytes(MemRefType type) {
    return type.getElementTypeBitWidth() / 8;
  }

  template <typename Access>
  Value addressOf(OpBuilder &builder, Access op, AffineMap map) {
    MemRefType type = op.getMemRefType();
    AffineExpr position = linearPosition(type, map, op.getMapOperands());
    int64_t constant = constantTerm(position);
    return addressOf(builder, op.getMemRef(), position - constant, constant);
  }

  /// The address `constant` elements beyond a shared one.
  Value addressOf(OpBuilder &builder, Value memref, AffineExpr position,
                  int64_t constant) {
    Value address = sharedAddress(memref, position);
    if (constant == 0)
      return address;
    return LLVM::GEPOp::create(
        builder, memref.getLoc(), pointer,
        cast<MemRefType>(memref.getType()).getElementType(), address,
        LLVM::GEPArg(static_cast<int32_t>(constant)));
  }

  /// The number of elements before the one accessed, over `values`.
  AffineExpr linearPosition(MemRefType type, AffineMap map,
                            ValueRange operands) {
    llvm::SmallVector<Value> used;
    map = composedMap(map, operands, used);
    llvm::SmallVector<AffineExpr> numbered;
    for (Value value : used) {
      auto [place, isNew] = numbers.insert({value, values.size()});
      if (isNew)
        values.push_back(value);
      numbered.push_back(getAffineDimExpr(place->second, context));
    }
    llvm::ArrayRef<AffineExpr> all(numbered);
    AffineExpr position = getAffineConstantExpr(0, context);
    for (auto [size, subscript] : llvm::zip(type.getShape(), map.getResults()))
      position = position * size + subscript.replaceDimsAndSymbols(
                                       all.take_front(map.getNumDims()),
                                       all.drop_front(map.getNumDims()));
    return simplifyAffineExpr(position, values.size(), 0);
  }

  /// The address of an element, computed where its position becomes known.
  Value sharedAddress(Value memref, AffineExpr position) {
    Value &address = addresses[{memref, position}];
    if (address)
      return address;
    Location loc = memref.getLoc();
    if (position == 0) {
      OpBuilder builder(context);
      builder.setInsertionPointAfterValue(memref);
      return address = firstElement(builder, memref);
    }
    llvm::SmallVector<AffineExpr> dims(values.size());
    llvm::SmallVector<Value> operands;
    Value last = memref;
    for (auto [number, value] : llvm::enumerate(values)) {
      if (!position.isFunctionOfDim(number))
        continue;
      dims[number] = getAffineDimExpr(operands.size(), context);
      operands.push_back(value);
      last = laterOf(last, value);
    }
    Value base = sharedAddress(memref, getAffineConstantExpr(0, context));
    OpBuilder builder(context);
    builder.setInsertionPointAfterValue(last == memref ? base : last);
    AffineMap map =
        AffineMap::get(operands.size(), 0, position.replaceDims(dims));
    Value index = affine::AffineApplyOp::create(builder, loc, map, operands);
    Value wide =
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
    // The reference into the map may have moved.
    return addresses[{memref, position}] = LLVM::GEPOp::create(
               builder, loc, pointer,
               cast<MemRefType>(memref.getType()).getElementType(), base,
               LLVM::GEPArg(wide));
  }

  /// The pointer in the descriptor that the memref will become.
  Value firstElement(OpBuilder &builder, Value memref) {
    Type word = builder.getI64Type();
    llvm::SmallVector<Type> fields{pointer, pointer, word};
    if (int64_t rank = cast<MemRefType>(memref.getType()).getRank())
      fields.append(2, LLVM::LLVMArrayType::get(word, rank));
    auto type = LLVM::LLVMStructType::getLiteral(context, fields);
    Value descriptor = UnrealizedConversionCastOp::create(
                           builder, memref.getLoc(), type, memref)
                           .getResult(0);
    return LLVM::ExtractValueOp::create(builder, memref.getLoc(), descriptor,
                                        llvm::ArrayRef<int64_t>{1});
  }

  /// Gathers of equally distant lanes, whose positions differ by constants.
  struct GatherGroup {
    Value memref;
    AffineExpr position; ///< Of the first lanes, less the constants.
    int64_t stride;      ///< From lane to lane.
    VectorType type;
    llvm::SmallVector<std::pair<int64_t, vector::GatherOp>> members;
  };

  /// Gathers of neighbouring columns become loads of rows and a transposition.
  void transposeGathers(Block &block) {
    llvm::SmallVector<GatherGroup> groups;
    auto close = [&](Value written) {
      for (GatherGroup &group : groups)
        if (!written || group.memref == written)
          transposeRuns(group);
      llvm::erase_if(groups, [&](const GatherGroup &group) {
        return !written || group.memref == written;
      });
    };
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto gather = dyn_cast<vector::GatherOp>(op))
        addToGroup(gather, groups);
      else if (std::optional<Value> written = writtenBy(op))
        close(*written);
    }
    close(Value());
  }

  /// The memref that an op writes; a null value where it may write any.
  static std::optional<Value> writtenBy(Operation &op) {
    if (isMemoryEffectFree(&op) ||
        isa<affine::AffineLoadOp, affine::AffineVectorLoadOp,
            vector::MaskedLoadOp, vector::GatherOp>(op))
      return std::nullopt;
    if (auto store = dyn_cast<affine::AffineStoreOp>(op))
      return store.getMemRef();
    if (auto store = dyn_cast<affine::AffineVectorStoreOp>(op))
      return store.getMemRef();
    return Value();
  }

  void addToGroup(vector::GatherOp op,
                  llvm::SmallVectorImpl<GatherGroup> &groups) {
    auto type = dyn_cast<MemRefType>(op.getBase().getType());
    DenseIntElementsAttr lanes, mask;
    if (!type || !isPlainMemref(type) || op.getType().getRank() != 1 ||
        !matchPattern(op.getIndices(), m_Constant(&lanes)) ||
        !matchPattern(op.getMask(), m_Constant(&mask)) || !mask.isSplat() ||
        !mask.getSplatValue<bool>() || lanes.isSplat())
      return;
    auto positions = llvm::to_vector(lanes.getValues<int32_t>());
    int64_t stride = int64_t(positions[1]) - positions[0];
    for (auto [lane, position] : llvm::enumerate(positions))
      if (position != stride * int64_t(lane))
        return;
    AffineMap identity =
        AffineMap::getMultiDimIdentityMap(type.getRank(), context);
    AffineExpr position = linearPosition(type, identity, op.getOffsets());
    int64_t constant = constantTerm(position);
    position = position - constant;
    for (GatherGroup &group : groups)
      if (group.memref == op.getBase() && group.position == position &&
          group.stride == stride && group.type == op.getType()) {
        group.members.push_back({constant, op});
        return;
      }
    groups.push_back(
        {op.getBase(), position, stride, op.getType(), {{constant, op}}});
  }

  /// Replaces the members of a group that are as many as they have lanes.
  void transposeRuns(GatherGroup &group) {
    size_t numLanes = group.type.getDimSize(0);
    if (!isTransposable(numLanes))
      return;
    auto &members = group.members;
    llvm::sort(members, [](auto &a, auto &b) { return a.first < b.first; });
    for (size_t begin = 0; begin + numLanes <= members.size();) {
      auto run = llvm::ArrayRef(members).slice(begin, numLanes);
      size_t length = 1;
      while (length < numLanes &&
             run[length].first == run[0].first + int64_t(length))
        ++length;
      if (length == numLanes && fits(group, run.back().first))
        transpose(group, run);
      begin += length;
    }
  }

  static bool fits(const GatherGroup &group, int64_t constant) {
    return llvm::isInt<32>(constant + group.stride * group.type.getDimSize(0));
  }

  void transpose(const GatherGroup &group,
                 llvm::ArrayRef<std::pair<int64_t, vector::GatherOp>> run) {
    vector::GatherOp first = run.front().second;
    for (auto [constant, op] : run)
      if (op->isBeforeInBlock(first))
        first = op;
    OpBuilder builder(first);
    Location loc = first.getLoc();
    llvm::SmallVector<Value> rows;
    for (size_t lane = 0; lane < run.size(); ++lane) {
      int64_t constant = run.front().first + group.stride * int64_t(lane);
      Value address =
          addressOf(builder, group.memref, group.position, constant);
      rows.push_back(LLVM::LoadOp::create(
          builder, loc, group.type, address,
          elementBytes(cast<MemRefType>(group.memref.getType()))));
    }
    llvm::SmallVector<Value> columns = transposed(builder, loc, rows);
    for (auto [member, column] : llvm::zip(run, columns)) {
      vector::GatherOp op = member.second;
      op.replaceAllUsesWith(column);
      op.erase();
    }
  }

  func::FuncOp function;
  MLIRContext *context;
  Type pointer;
  /// Operands of subscripts, and where in the list they are.
  llvm::SmallVector<Value> values;
  llvm::DenseMap<Value, unsigned> numbers;
  llvm::DenseMap<std::pair<Value, AffineExpr>, Value> addresses;
};

struct LowerAccessesPass : impl::LowerAccessesBase<LowerAccessesPass> {
  void runOnOperation() override { AccessLowering(getOperation()).run(); }
};

} // namespace
} // namespace autotune
