//===- CollapseRows.cpp - Walk rows that lie end to end as one ------------===//

#include "Statements.h"
#include "Subscripts.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

namespace autotune {
#define GEN_PASS_DEF_COLLAPSEROWS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;
using affine::AffineForOp;
using affine::AffineLoadOp;
using affine::AffineStoreOp;

/// Of the widest vectors; rows that fill whole ones gain nothing.
constexpr int64_t vectorBits = 512;

bool startsAtZero(AffineForOp loop) {
  return loop.hasConstantBounds() && loop.getConstantLowerBound() == 0 &&
         loop.getStepAsInt() == 1 && loop.getNumIterOperands() == 0;
}

/// The only loop in `outer`, where there is nothing else; null otherwise.
AffineForOp onlyLoopIn(AffineForOp outer) {
  Block &body = *outer.getBody();
  if (!llvm::hasNItems(body, 2))
    return nullptr;
  return dyn_cast<AffineForOp>(body.front());
}

/// The loop whose counter is subscript `position` of an access; null where that
/// is another expression.
AffineForOp loopOfSubscript(Operation *access, unsigned position) {
  Subscripts subscripts = subscriptsOf(access);
  auto dim = dyn_cast<AffineDimExpr>(subscripts.map.getResult(position));
  return dim ? affine::getForInductionVarOwner(
                   subscripts.operands[dim.getPosition()])
             : AffineForOp();
}

void dropLastSubscript(Operation *access) {
  auto [map, operands] = subscriptsOf(access);
  setSubscripts(access,
                AffineMap::get(map.getNumDims(), map.getNumSymbols(),
                               map.getResults().drop_back(), map.getContext()),
                llvm::to_vector_of<Value>(operands));
}

/// Whether a subscript but the last two depends on one of two loops.
bool isElsewhere(Operation *access, AffineForOp outer, AffineForOp inner) {
  auto [map, operands] = subscriptsOf(access);
  for (auto [position, operand] : llvm::enumerate(operands))
    if (operand == outer.getInductionVar() ||
        operand == inner.getInductionVar())
      for (AffineExpr result : map.getResults().drop_back(2))
        if (position < map.getNumDims() && result.isFunctionOfDim(position))
          return true;
  return false;
}

/// Pairs of loops that walk all rows of all the arrays that they index.
class Collapser {
public:
  explicit Collapser(func::FuncOp function) : function(function) {}

  /// Collapses what can be; returns the changed arguments.
  SmallVector<unsigned> run() {
    collect();
    while (dropLoops() | dropArrays()) {
    }
    for (auto [outer, inner] : loops)
      collapse(outer, inner);
    SmallVector<unsigned> changed;
    for (Value array : arrays) {
      changeType(array);
      if (auto argument = dyn_cast<BlockArgument>(array))
        changed.push_back(argument.getArgNumber());
    }
    function.setType(FunctionType::get(function.getContext(),
                                       function.getBody().getArgumentTypes(),
                                       function.getResultTypes()));
    return changed;
  }

private:
  void collect() {
    function.walk([&](AffineForOp outer) {
      AffineForOp inner = onlyLoopIn(outer);
      if (inner && startsAtZero(outer) && startsAtZero(inner))
        loops[outer] = inner;
    });
    for (BlockArgument argument : function.getArguments())
      addArray(argument);
    for (auto alloc : function.getOps<memref::AllocOp>())
      addArray(alloc);
  }

  void addArray(Value value) {
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity() ||
        type.getRank() < 2 || !type.getElementType().isIntOrFloat())
      return;
    int64_t bits = type.getShape().back() * type.getElementTypeBitWidth();
    if (bits % vectorBits != 0 && !value.use_empty())
      arrays.insert(value);
  }

  /// Drops the loops that do something else than to walk such an array.
  bool dropLoops() {
    auto isDropped = [&](auto &entry) {
      auto [outer, inner] = entry;
      auto isWalk = [&](Operation *user) {
        return isa<AffineLoadOp, AffineStoreOp>(user) &&
               arrays.contains(bufferOf(user)) && walks(user, outer, inner);
      };
      return !llvm::all_of(outer.getInductionVar().getUsers(), isWalk) ||
             !llvm::all_of(inner.getInductionVar().getUsers(), isWalk) ||
             inner.getInductionVar().use_empty();
    };
    size_t before = loops.size();
    loops.remove_if(isDropped);
    return loops.size() != before;
  }

  /// Drops the arrays that something else than such loops accesses.
  bool dropArrays() {
    return arrays.remove_if([&](Value array) {
      return !llvm::all_of(array.getUsers(), [&](Operation *user) {
        if (isa<memref::DeallocOp>(user))
          return true;
        if (!isa<AffineLoadOp, AffineStoreOp>(user) || bufferOf(user) != array)
          return false;
        unsigned rank = subscriptsOf(user).map.getNumResults();
        auto found = loops.find(loopOfSubscript(user, rank - 2));
        return found != loops.end() && walks(user, found->first, found->second);
      });
    });
  }

  static bool walks(Operation *access, AffineForOp outer, AffineForOp inner) {
    ArrayRef<int64_t> shape =
        cast<MemRefType>(bufferOf(access).getType()).getShape();
    return loopOfSubscript(access, shape.size() - 2) == outer &&
           loopOfSubscript(access, shape.size() - 1) == inner &&
           outer.getConstantUpperBound() == shape[shape.size() - 2] &&
           inner.getConstantUpperBound() == shape.back() &&
           !isElsewhere(access, outer, inner);
  }

  static void collapse(AffineForOp outer, AffineForOp inner) {
    llvm::SetVector<Operation *> accesses(inner.getInductionVar().user_begin(),
                                          inner.getInductionVar().user_end());
    for (Operation *access : accesses)
      dropLastSubscript(access);
    outer.setConstantUpperBound(outer.getConstantUpperBound() *
                                inner.getConstantUpperBound());
    Block &body = *inner.getBody();
    outer.getBody()->getOperations().splice(Block::iterator(inner),
                                            body.getOperations(), body.begin(),
                                            std::prev(body.end()));
    inner.erase();
  }

  static void changeType(Value array) {
    auto type = cast<MemRefType>(array.getType());
    SmallVector<int64_t> shape(type.getShape().drop_back());
    shape.back() *= type.getShape().back();
    array.setType(MemRefType::get(shape, type.getElementType(),
                                  MemRefLayoutAttrInterface(),
                                  type.getMemorySpace()));
  }

  func::FuncOp function;
  llvm::MapVector<AffineForOp, AffineForOp> loops;
  llvm::SetVector<Value> arrays;
};

/// Passes the arrays in the shape that the workload has now.
void adaptCalls(func::FuncOp workload, ArrayRef<unsigned> changed) {
  auto module = workload->getParentOfType<ModuleOp>();
  module.walk([&](func::CallOp call) {
    if (call.getCallee() != workload.getName())
      return;
    OpBuilder builder(call);
    for (unsigned number : changed) {
      auto rank = cast<MemRefType>(call.getOperand(number).getType()).getRank();
      SmallVector<ReassociationIndices> groups(rank - 1);
      for (int64_t dim = 0; dim < rank; ++dim)
        groups[std::min(dim, rank - 2)].push_back(dim);
      call.setOperand(
          number, memref::CollapseShapeOp::create(
                      builder, call.getLoc(), call.getOperand(number), groups));
    }
  });
}

class CollapseRowsPass : public impl::CollapseRowsBase<CollapseRowsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("autotune.workload"))
        continue;
      SmallVector<unsigned> changed = Collapser(function).run();
      while (!changed.empty()) {
        adaptCalls(function, changed);
        changed = Collapser(function).run();
      }
    }
  }
};

} // namespace
} // namespace autotune
