//===- SingleIterations.cpp - Loops of one iteration are none -------------===//

#include "Subscripts.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/LoopUtils.h"
#include "mlir/IR/IntegerSet.h"
#include "llvm/ADT/SetVector.h"

namespace autotune {
#define GEN_PASS_DEF_SINGLEITERATIONS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;
using affine::AffineForOp;

/// A loop's counter, and the one value that it has.
struct Constant {
  Value counter;
  int64_t value;

  /// Replaces the counter in a map or an integer set.
  template <typename Expressions>
  Expressions in(Expressions expressions, ValueRange operands) const {
    MLIRContext *context = expressions.getContext();
    unsigned numDims = expressions.getNumDims();
    SmallVector<AffineExpr> dims, symbols;
    for (unsigned i = 0; i < operands.size(); ++i) {
      AffineExpr same = i < numDims ? getAffineDimExpr(i, context)
                                    : getAffineSymbolExpr(i - numDims, context);
      AffineExpr constant = getAffineConstantExpr(value, context);
      (i < numDims ? dims : symbols)
          .push_back(operands[i] == counter ? constant : same);
    }
    return expressions.replaceDimsAndSymbols(dims, symbols, dims.size(),
                                             symbols.size());
  }
};

void replaceInBounds(AffineForOp loop, const Constant &constant) {
  SmallVector<Value> lower(loop.getLowerBoundOperands());
  AffineMap map = constant.in(loop.getLowerBoundMap(), lower);
  affine::canonicalizeMapAndOperands(&map, &lower);
  loop.setLowerBound(lower, map);
  SmallVector<Value> upper(loop.getUpperBoundOperands());
  map = constant.in(loop.getUpperBoundMap(), upper);
  affine::canonicalizeMapAndOperands(&map, &upper);
  loop.setUpperBound(upper, map);
}

void replaceInCondition(affine::AffineIfOp condition,
                        const Constant &constant) {
  SmallVector<Value> values(condition.getOperands());
  IntegerSet set = constant.in(condition.getIntegerSet(), values);
  affine::canonicalizeSetAndOperands(&set, &values);
  condition.setConditional(set, values);
}

void replaceInPosition(affine::AffineApplyOp position,
                       const Constant &constant) {
  SmallVector<Value> values(position.getMapOperands());
  AffineMap map = constant.in(position.getAffineMap(), values);
  affine::canonicalizeMapAndOperands(&map, &values);
  position.setMap(map);
  position.getMapOperandsMutable().assign(values);
}

bool hasOneIteration(AffineForOp loop) {
  if (!loop.hasConstantBounds())
    return false;
  int64_t extent = loop.getConstantUpperBound() - loop.getConstantLowerBound();
  return extent > 0 && extent <= loop.getStepAsInt();
}

/// Other affine operations would keep a constant among their operands.
bool canReplaceIn(Operation *user) {
  return isa<affine::AffineLoadOp, affine::AffineStoreOp, AffineForOp,
             affine::AffineIfOp, affine::AffineApplyOp>(user) ||
         !isa<affine::AffineDialect>(user->getDialect());
}

void replaceIn(Operation *user, const Constant &constant) {
  if (isa<affine::AffineLoadOp, affine::AffineStoreOp>(user)) {
    auto [map, operands] = subscriptsOf(user);
    setSubscripts(user, constant.in(map, operands),
                  llvm::to_vector_of<Value>(operands));
  } else if (auto loop = dyn_cast<AffineForOp>(user)) {
    replaceInBounds(loop, constant);
  } else if (auto condition = dyn_cast<affine::AffineIfOp>(user)) {
    replaceInCondition(condition, constant);
  } else if (auto position = dyn_cast<affine::AffineApplyOp>(user)) {
    replaceInPosition(position, constant);
  }
}

struct SingleIterationsPass : impl::SingleIterationsBase<SingleIterationsPass> {
  void runOnOperation() override {
    getOperation().walk([](AffineForOp loop) {
      if (!hasOneIteration(loop))
        return;
      Value counter = loop.getInductionVar();
      llvm::SmallSetVector<Operation *, 8> users(counter.user_begin(),
                                                 counter.user_end());
      if (!llvm::all_of(users, canReplaceIn))
        return;
      for (Operation *user : users)
        replaceIn(user, {counter, loop.getConstantLowerBound()});
      (void)affine::promoteIfSingleIteration(loop);
    });
  }
};

} // namespace
} // namespace autotune
