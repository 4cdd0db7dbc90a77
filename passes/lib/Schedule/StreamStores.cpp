//===- StreamStores.cpp - Where stores may go past the caches -------------===//
//
// Such a store faults where its vector is not aligned, and callers may pass
// buffers that begin anywhere. The loop right around it therefore has a copy
// with ordinary stores, and which one runs is decided by the buffers'
// addresses.
//
//===----------------------------------------------------------------------===//

#include "StreamStores.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_CHOOSESTORES
#define GEN_PASS_DEF_FENCESTREAMS
#include "autotune/SchedulePasses.h.inc"

using affine::AffineForOp;
using affine::AffineVectorStoreOp;

namespace {
/// Rewrites one function.
class StoreChooser {
public:
  explicit StoreChooser(func::FuncOp function) : function(function) {}

  void run() {
    llvm::MapVector<Operation *, llvm::SmallVector<AffineVectorStoreOp>> stores;
    function.walk([&](AffineVectorStoreOp store) {
      if (store->hasAttr(streamName) && !isOwnBuffer(store))
        stores[scopeOf(store)].push_back(store);
    });
    for (auto &[scope, inside] : stores)
      choose(scope, inside);
  }

private:
  /// Whether the buffer is allocated here, and so can be aligned.
  static bool isOwnBuffer(AffineVectorStoreOp store) {
    auto buffer = store.getMemRef().getDefiningOp<memref::AllocOp>();
    if (!buffer)
      return false;
    uint64_t alignment =
        std::max<uint64_t>(buffer.getAlignment().value_or(0),
                           streamAlignment(store.getVectorType()));
    buffer.setAlignment(alignment);
    return true;
  }

  /// The outermost of the loops that have such stores in their bodies; the
  /// store itself where that would take in a parallel loop.
  static Operation *scopeOf(AffineVectorStoreOp store) {
    auto isParallel = [](Operation *op) {
      return op
          ->walk(
              [](affine::AffineParallelOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
    };
    Operation *scope = store;
    bool isInnermost = true;
    for (Operation *op = store->getParentOp();
         isa<AffineForOp, affine::AffineIfOp, scf::IfOp>(op);
         op = op->getParentOp()) {
      auto loop = dyn_cast<AffineForOp>(op);
      if (!loop)
        continue;
      if (isParallel(loop))
        break;
      if (isInnermost || hasStores(loop))
        scope = loop;
      isInnermost = false;
    }
    return scope;
  }

  /// Whether such a store is in the loop and in no other loop inside.
  static bool hasStores(AffineForOp loop) {
    return loop
        .walk([&](AffineVectorStoreOp store) {
          bool isHere = store->hasAttr(streamName) && !isOwnBuffer(store) &&
                        store->getParentOfType<AffineForOp>() == loop;
          return isHere ? WalkResult::interrupt() : WalkResult::advance();
        })
        .wasInterrupted();
  }

  void choose(Operation *scope, llvm::ArrayRef<AffineVectorStoreOp> stores) {
    OpBuilder builder(scope);
    Location loc = scope->getLoc();
    Value condition;
    llvm::SmallSetVector<Value, 4> tests;
    for (AffineVectorStoreOp store : stores)
      tests.insert(isAligned(store));
    for (Value test : tests)
      condition = condition
                      ? arith::AndIOp::create(builder, loc, condition, test)
                      : test;
    auto choice = scf::IfOp::create(builder, loc, scope->getResultTypes(),
                                    condition, /*addThenBlock=*/true,
                                    /*addElseBlock=*/true);
    scope->replaceAllUsesWith(choice.getResults());
    builder.setInsertionPointToEnd(choice.elseBlock());
    Operation *ordinary = builder.clone(*scope);
    ordinary->walk(
        [](AffineVectorStoreOp store) { store->removeAttr(streamName); });
    scf::YieldOp::create(builder, loc, ordinary->getResults());
    scope->moveBefore(choice.thenBlock(), choice.thenBlock()->end());
    builder.setInsertionPointToEnd(choice.thenBlock());
    scf::YieldOp::create(builder, loc, scope->getResults());
  }

  /// Whether the buffer begins at a multiple of what the store needs; tested
  /// where it becomes known.
  Value isAligned(AffineVectorStoreOp store) {
    Value buffer = store.getMemRef();
    unsigned alignment = streamAlignment(store.getVectorType());
    Value &test = tests[{buffer, alignment}];
    if (test)
      return test;
    OpBuilder builder(function.getContext());
    builder.setInsertionPointAfterValue(buffer);
    Location loc = buffer.getLoc();
    Value address =
        memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, buffer);
    Value rest = arith::AndIOp::create(
        builder, loc, address,
        arith::ConstantIndexOp::create(builder, loc, alignment - 1));
    return test = arith::CmpIOp::create(
               builder, loc, arith::CmpIPredicate::eq, rest,
               arith::ConstantIndexOp::create(builder, loc, 0));
  }

  func::FuncOp function;
  llvm::DenseMap<std::pair<Value, unsigned>, Value> tests;
};

struct ChooseStoresPass : impl::ChooseStoresBase<ChooseStoresPass> {
  void runOnOperation() override { StoreChooser(getOperation()).run(); }
};
} // namespace

//===--- visibility -------------------------------------------------------===//

static void addFence(Operation *before) {
  OpBuilder builder(before);
  LLVM::CallIntrinsicOp::create(builder, before->getLoc(),
                                builder.getStringAttr("llvm.x86.sse.sfence"),
                                ValueRange());
}

/// Whether memory may be handed to somebody else here.
static bool handsOver(Operation *op) {
  auto call = dyn_cast<LLVM::CallOp>(op);
  return isa<LLVM::ReturnOp, omp::ParallelOp>(op) ||
         (call && llvm::any_of(call.getOperandTypes(),
                               llvm::IsaPred<LLVM::LLVMPointerType>));
}

namespace {
struct FenceStreamsPass : impl::FenceStreamsBase<FenceStreamsPass> {
  void runOnOperation() override {
    llvm::SmallSetVector<Operation *, 4> regions;
    getOperation().walk([&](LLVM::StoreOp store) {
      if (!store.getNontemporal())
        return;
      Operation *parallel = store->getParentOfType<omp::ParallelOp>();
      regions.insert(parallel ? parallel : getOperation());
    });
    for (Operation *region : regions)
      addFences(region);
  }

private:
  /// Adds them on the thread that runs the region.
  static void addFences(Operation *region) {
    llvm::SmallVector<Operation *> places;
    for (Region &body : region->getRegions())
      body.walk<WalkOrder::PreOrder>([&](Operation *op) {
        bool isEnd = isa<omp::TerminatorOp>(op) && op->getParentOp() == region;
        if (isEnd || handsOver(op))
          places.push_back(op);
        return isa<omp::ParallelOp>(op) ? WalkResult::skip()
                                        : WalkResult::advance();
      });
    for (Operation *place : places)
      addFence(place);
  }
};
} // namespace
} // namespace autotune
