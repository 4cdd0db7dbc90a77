//===- Demote.cpp - Spill values that cross statements --------------------===//

#include "InPlace.h"
#include "Overlap.h"
#include "Statements.h"
#include "Temporary.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IntegerSet.h"

namespace autotune {
#define GEN_PASS_DEF_DEMOTE
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

template <typename OpTy> SmallVector<OpTy> collect(func::FuncOp function) {
  SmallVector<OpTy> ops;
  function.walk<WalkOrder::PreOrder>([&](OpTy op) {
    if (!opaqueAround(op->getParentOp()))
      ops.push_back(op);
  });
  return ops;
}

/// The store that takes `result` right away: the only use, in the block of
/// `producer`, with nothing between the two that touches the stored buffer.
affine::AffineStoreOp onlyStoreOf(Value result, Operation *producer) {
  if (!result.hasOneUse())
    return nullptr;
  auto store = dyn_cast<affine::AffineStoreOp>(*result.user_begin());
  if (!store || store->getBlock() != producer->getBlock() ||
      !isDefinedBefore(store.getMemRef(), producer) ||
      !llvm::all_of(store.getMapOperands(), [&](Value operand) {
        return isDefinedBefore(operand, producer);
      }))
    return nullptr;
  for (Operation *op = producer->getNextNode(); op != store;
       op = op->getNextNode())
    if (mayAccess(op, store.getMemRef()))
      return nullptr;
  return store;
}

/// Whether something in `op` may change the element that `load` has read.
bool mayOverwrite(Operation *op, Operation *load) {
  Value buffer = bufferOf(load);
  return anyAccess(op, [&](Operation *access) {
    if (isLoad(access))
      return false;
    if (!isStore(access))
      return true;
    return isSameBuffer(bufferOf(access), buffer) && mayMeet(load, access);
  });
}

bool mayOverwriteBetween(Operation *first, Operation *last, Operation *load) {
  for (Operation *op = first; op != last; op = op->getNextNode())
    if (mayOverwrite(op, load))
      return true;
  return false;
}

/// Whether moving `load` to `statement` may make it read another value.
bool isOverwrittenBefore(Operation *load, Operation *statement) {
  Operation *op = statement;
  for (; op->getBlock() != load->getBlock(); op = op->getParentOp()) {
    Operation *parent = op->getParentOp();
    bool isLoop = isa<affine::AffineForOp>(parent);
    if (isLoop ? mayOverwrite(parent, load)
               : mayOverwriteBetween(&op->getBlock()->front(), op, load))
      return true;
  }
  return mayOverwriteBetween(load->getNextNode(), op, load);
}

unsigned numLoopsAround(Operation *op) {
  unsigned count = 0;
  while ((op = op->getParentOp()))
    count += isa<affine::AffineForOp>(op);
  return count;
}

class DemotePass : public impl::DemoteBase<DemotePass> {
  using DemoteBase::DemoteBase;

  Place temporaryFor(Operation *op, Type type) {
    return makeTemporary(getOperation(), op, type, maxElements);
  }

  LogicalResult hoistAllocation(Operation *alloc) {
    auto type = cast<MemRefType>(alloc->getResult(0).getType());
    if (!type.hasStaticShape() || !type.getLayout().isIdentity())
      return alloc->emitError()
             << "dynamic shape or layout: " << type << " needs constant sizes";
    OpBuilder builder =
        OpBuilder::atBlockBegin(&getOperation().getBody().front());
    Expansion expansion;
    bool isPlain = llvm::all_of(alloc->getUsers(), [&](Operation *user) {
      return bufferOf(user) == alloc->getResult(0);
    });
    int64_t elements = std::max<int64_t>(1, type.getNumElements());
    if (isPlain && elements <= maxElements)
      expansion = expandOver(alloc, maxElements / elements);
    SmallVector<int64_t> shape = expansion.sizes;
    llvm::append_range(shape, type.getShape());
    Value buffer =
        allocate(builder, alloc->getLoc(), shape, type.getElementType());
    if (!expansion.variables.empty())
      for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
        prefixIndices(user, buffer, expansion);
    alloc->getResult(0).replaceAllUsesWith(buffer);
    alloc->erase();
    return success();
  }

  /// Makes an access of an expanded buffer start with the loops' indices.
  void prefixIndices(Operation *access, Value buffer,
                     const Expansion &expansion) {
    OpBuilder builder(access);
    Location loc = access->getLoc();
    AffineMap inner;
    SmallVector<Value> operands;
    SmallVector<Value> indices;
    unsigned numLoops = expansion.variables.size();
    auto load = dyn_cast<affine::AffineLoadOp>(access);
    auto store = dyn_cast<affine::AffineStoreOp>(access);
    if (load || store) {
      inner = load ? load.getAffineMap() : store.getAffineMap();
      operands = load ? llvm::to_vector(load.getMapOperands())
                      : llvm::to_vector(store.getMapOperands());
      operands.insert(operands.begin(), expansion.variables.begin(),
                      expansion.variables.end());
      SmallVector<AffineExpr> exprs;
      for (unsigned d = 0; d != numLoops; ++d)
        exprs.push_back(builder.getAffineDimExpr(d) - expansion.lows[d]);
      llvm::append_range(exprs, inner.shiftDims(numLoops).getResults());
      inner =
          AffineMap::get(numLoops + inner.getNumDims(), inner.getNumSymbols(),
                         exprs, builder.getContext());
    } else {
      for (auto [variable, low] :
           llvm::zip_equal(expansion.variables, expansion.lows))
        indices.push_back(affine::AffineApplyOp::create(
            builder, loc, builder.getAffineDimExpr(0) - low, variable));
      llvm::append_range(
          indices, access->getOperands().drop_front(isLoad(access) ? 1 : 2));
    }
    Operation *replacement = nullptr;
    if (load)
      replacement =
          affine::AffineLoadOp::create(builder, loc, buffer, inner, operands);
    else if (store)
      affine::AffineStoreOp::create(builder, loc, store.getValueToStore(),
                                    buffer, inner, operands);
    else if (isLoad(access))
      replacement = memref::LoadOp::create(builder, loc, buffer, indices);
    else
      memref::StoreOp::create(builder, loc, access->getOperand(0), buffer,
                              indices);
    if (replacement)
      access->replaceAllUsesWith(replacement);
    access->erase();
  }

  /// What should have become loops and buffers by now.
  LogicalResult checkLowered() {
    WalkResult result = getOperation().walk([](Operation *op) {
      StringRef dialect = op->getName().getDialectNamespace();
      if (dialect != "linalg" && dialect != "tensor" &&
          dialect != "bufferization")
        return WalkResult::advance();
      op->emitError() << op->getName()
                      << " has no form as loops over buffers here";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult hoistAllocations() {
    SmallVector<Operation *> allocations;
    SmallVector<Operation *> deallocations;
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (isa<memref::DeallocOp>(op))
        deallocations.push_back(op);
      if (isa<memref::AllocOp, memref::AllocaOp>(op)) {
        allocations.push_back(op);
        return WalkResult::advance();
      }
      bool makesBuffer = llvm::any_of(op->getResultTypes(), [](Type type) {
        return isa<BaseMemRefType>(type);
      });
      if (!makesBuffer || isa<memref::GetGlobalOp, ViewLikeOpInterface>(op))
        return WalkResult::advance();
      op->emitError() << op->getName()
                      << " chooses between buffers: which of them an access "
                         "touches must be known";
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return failure();
    for (Operation *op : deallocations)
      op->erase();
    llvm::erase_if(allocations, settleInPlace);
    for (Operation *op : llvm::reverse(allocations))
      if (failed(hoistAllocation(op)))
        return failure();
    return success();
  }

  /// Where result `result` of `producer` is to live. Its own store, if it has
  /// just one, is dropped when `canShare` allows its buffer.
  Place placeOf(Value result, Operation *producer,
                llvm::function_ref<bool(Value)> canShare) {
    affine::AffineStoreOp store = onlyStoreOf(result, producer);
    if (!store || !canShare(store.getMemRef()))
      return temporaryFor(producer, result.getType());
    Place place{store.getMemRef(), store.getAffineMap(),
                llvm::to_vector(store.getMapOperands())};
    store.erase();
    return place;
  }

  void replaceByLoad(OpBuilder &builder, Value value, const Place &place,
                     Location loc) {
    if (!value.use_empty())
      value.replaceAllUsesWith(place.load(builder, loc, value.getType()));
  }

  /// Keeps the values that `loop` carries in buffers.
  void demoteLoop(affine::AffineForOp loop) {
    if (loop.getNumIterOperands() == 0)
      return;
    Location loc = loop.getLoc();
    SmallVector<Place> places;
    for (Value result : loop.getResults())
      places.push_back(placeOf(result, loop, [&](Value buffer) {
        return !mayAccess(loop, buffer) &&
               llvm::none_of(places, [&](const Place &other) {
                 return isSameBuffer(other.buffer, buffer);
               });
      }));
    OpBuilder before(loop);
    OpBuilder atStart = OpBuilder::atBlockBegin(loop.getBody());
    OpBuilder atEnd(loop.getBody()->getTerminator());
    OpBuilder after(loop->getContext());
    after.setInsertionPointAfter(loop);
    for (auto [i, place] : llvm::enumerate(places)) {
      if (!isElementAt(loop.getInits()[i], place, loop))
        place.store(before, loc, loop.getInits()[i]);
      replaceByLoad(atStart, loop.getRegionIterArgs()[i], place, loc);
      place.store(atEnd, loc, loop.getYieldedValues()[i]);
      replaceByLoad(after, loop.getResult(i), place, loc);
    }
    auto plain = affine::AffineForOp::create(
        before, loc, loop.getLowerBoundOperands(), loop.getLowerBoundMap(),
        loop.getUpperBoundOperands(), loop.getUpperBoundMap(),
        loop.getStepAsInt());
    loop.getInductionVar().replaceAllUsesWith(plain.getInductionVar());
    loop.getBody()->getTerminator()->setOperands({});
    plain.getBody()->getTerminator()->erase();
    plain.getBody()->getOperations().splice(plain.getBody()->end(),
                                            loop.getBody()->getOperations());
    loop.erase();
  }

  void demoteBranch(affine::AffineIfOp branch) {
    if (branch.getNumResults() == 0)
      return;
    Location loc = branch.getLoc();
    SmallVector<Place> places;
    for (Value result : branch.getResults())
      places.push_back(placeOf(result, branch, [&](Value buffer) {
        return llvm::none_of(places, [&](const Place &other) {
          return isSameBuffer(other.buffer, buffer);
        });
      }));
    OpBuilder before(branch);
    auto plain = affine::AffineIfOp::create(before, loc, branch.getIntegerSet(),
                                            branch.getOperands(),
                                            /*withElseRegion=*/true);
    for (auto [from, to] :
         {std::pair(branch.getThenBlock(), plain.getThenBlock()),
          std::pair(branch.getElseBlock(), plain.getElseBlock())}) {
      OpBuilder atEnd(from->getTerminator());
      for (auto [i, place] : llvm::enumerate(places))
        place.store(atEnd, loc, from->getTerminator()->getOperand(i));
      from->getTerminator()->setOperands({});
      to->getTerminator()->erase();
      to->getOperations().splice(to->end(), from->getOperations());
    }
    OpBuilder after(branch);
    for (auto [i, place] : llvm::enumerate(places))
      replaceByLoad(after, branch.getResult(i), place, loc);
    branch.erase();
  }

  /// Makes an opaque operation inside a loop store its own results.
  void demoteOpaque(Operation *op) {
    if (op->use_empty() || isa<func::FuncOp>(op->getParentOp()))
      return;
    Location loc = op->getLoc();
    OpBuilder builder(op);
    auto wrapper = scf::ExecuteRegionOp::create(builder, loc, TypeRange{});
    wrapper.setNoInline(true);
    builder.setInsertionPointToStart(&wrapper.getRegion().emplaceBlock());
    auto yield = scf::YieldOp::create(builder, loc);
    op->moveBefore(yield);
    OpBuilder after(wrapper->getContext());
    after.setInsertionPointAfter(wrapper);
    for (Value result : op->getResults()) {
      if (result.use_empty())
        continue;
      Place place = temporaryFor(wrapper, result.getType());
      replaceByLoad(after, result, place, loc);
      builder.setInsertionPoint(yield);
      place.store(builder, loc, result);
    }
  }

  /// Stores the only result of `op` right after it, and lets all users load it.
  void spill(Operation *op) {
    Value value = op->getResult(0);
    Place place = temporaryFor(op, value.getType());
    OpBuilder after(op->getContext());
    after.setInsertionPointAfter(op);
    place.store(after, op->getLoc(), value);
    llvm::SmallPtrSet<Operation *, 2> storing;
    for (Operation *next = op->getNextNode();
         next && &*after.getInsertionPoint() != next;
         next = next->getNextNode())
      storing.insert(next);
    value.replaceAllUsesExcept(place.load(after, op->getLoc(), value.getType()),
                               storing);
  }

  void spillExpensive() {
    for (Operation *op : collect<Operation *>(getOperation())) {
      if (op->getNumResults() != 1 || !isExpensive(op))
        continue;
      SmallVector<Operation *> statements = statementsUsing(op->getResult(0));
      bool isInnermost =
          statements.size() == 1 &&
          numLoopsAround(statements.front()) == numLoopsAround(op);
      if (!statements.empty() && !isInnermost)
        spill(op);
    }
  }

  void spillOverwritten() {
    for (Operation *op : collect<Operation *>(getOperation())) {
      if (!isLoad(op))
        continue;
      SmallVector<Operation *> statements = statementsUsing(op->getResult(0));
      if (llvm::any_of(statements, [&](Operation *statement) {
            return isOverwrittenBefore(op, statement);
          }))
        spill(op);
    }
  }

  /// Erases buffers of this function that are only stored to.
  void eraseUnreadBuffers() {
    for (memref::AllocOp alloc : collect<memref::AllocOp>(getOperation())) {
      if (!llvm::all_of(alloc->getUsers(), isStore))
        continue;
      for (Operation *store : llvm::make_early_inc_range(alloc->getUsers()))
        store->erase();
      alloc->erase();
    }
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    if (failed(checkLowered()) || failed(hoistAllocations()))
      return signalPassFailure();
    for (affine::AffineForOp loop : collect<affine::AffineForOp>(function))
      demoteLoop(loop);
    for (affine::AffineIfOp branch : collect<affine::AffineIfOp>(function))
      demoteBranch(branch);
    for (Operation *op : collect<Operation *>(function))
      if (isOpaque(op))
        demoteOpaque(op);
    spillExpensive();
    spillOverwritten();
    eraseUnreadBuffers();
  }
};

} // namespace
} // namespace autotune
