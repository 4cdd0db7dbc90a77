//===- RaiseAffine.cpp - scf and memref to affine -------------------------===//

#include "AffineIndex.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace autotune {
#define GEN_PASS_DEF_RAISEAFFINE
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// A bound of a loop: the largest or the smallest of some expressions.
struct Bound {
  AffineMap map;
  SmallVector<Value> operands;
};

/// Appends the expressions whose maximum (`isLower`) or minimum is `value`.
bool collectBound(Value value, bool isLower, AffineIndexBuilder &builder,
                  SmallVectorImpl<AffineExpr> &results) {
  Operation *op = value.getDefiningOp();
  bool isChoice = isLower ? isa_and_nonnull<arith::MaxSIOp>(op)
                          : isa_and_nonnull<arith::MinSIOp>(op);
  if (isChoice)
    return collectBound(op->getOperand(0), isLower, builder, results) &&
           collectBound(op->getOperand(1), isLower, builder, results);
  auto compose = [&](AffineMap map, ValueRange operands) {
    for (AffineExpr expr : map.getResults()) {
      AffineMap single =
          AffineMap::get(map.getNumDims(), map.getNumSymbols(), expr);
      AffineExpr result = builder.compose(single, operands);
      if (!result)
        return false;
      results.push_back(result);
    }
    return true;
  };
  if (auto max = dyn_cast_or_null<affine::AffineMaxOp>(op); max && isLower)
    return compose(max.getAffineMap(), max.getOperands());
  if (auto min = dyn_cast_or_null<affine::AffineMinOp>(op); min && !isLower)
    return compose(min.getAffineMap(), min.getOperands());
  results.push_back(builder.build(value));
  return static_cast<bool>(results.back());
}

std::optional<Bound> boundOf(Value value, bool isLower) {
  AffineIndexBuilder builder(value.getContext());
  SmallVector<AffineExpr> results;
  if (!collectBound(value, isLower, builder, results))
    return std::nullopt;
  Bound bound{builder.map(results), llvm::to_vector(builder.operands())};
  affine::canonicalizeMapAndOperands(&bound.map, &bound.operands);
  return bound;
}

/// Moves the body of a loop or branch; its terminator becomes affine.yield.
void moveBody(RewriterBase &rewriter, Block *from, Block *to,
              ValueRange arguments) {
  if (!to->empty() && to->back().hasTrait<OpTrait::IsTerminator>())
    rewriter.eraseOp(&to->back());
  Operation *terminator = from->getTerminator();
  rewriter.setInsertionPoint(terminator);
  rewriter.replaceOpWithNewOp<affine::AffineYieldOp>(terminator,
                                                     terminator->getOperands());
  rewriter.inlineBlockBefore(from, to, to->end(), arguments);
}

affine::AffineForOp raiseFor(RewriterBase &rewriter, scf::ForOp loop) {
  APInt step;
  if (!matchPattern(loop.getStep(), m_ConstantInt(&step)) ||
      !step.isStrictlyPositive() || loop.getUnsignedCmp())
    return nullptr;
  std::optional<Bound> lower = boundOf(loop.getLowerBound(), true);
  std::optional<Bound> upper = boundOf(loop.getUpperBound(), false);
  if (!lower || !upper)
    return nullptr;
  rewriter.setInsertionPoint(loop);
  auto raised = affine::AffineForOp::create(
      rewriter, loop.getLoc(), lower->operands, lower->map, upper->operands,
      upper->map, step.getSExtValue(), loop.getInitArgs());
  rewriter.setInsertionPointToStart(raised.getBody());
  Value variable = raised.getInductionVar();
  if (!loop.getInductionVar().getType().isIndex())
    variable = arith::IndexCastOp::create(
        rewriter, loop.getLoc(), loop.getInductionVar().getType(), variable);
  SmallVector<Value> arguments{variable};
  llvm::append_range(arguments, raised.getRegionIterArgs());
  moveBody(rewriter, loop.getBody(), raised.getBody(), arguments);
  rewriter.replaceOp(loop, raised.getResults());
  return raised;
}

/// A conjunction of affine constraints.
struct Condition {
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> isEquality;
  bool isNegated = false;
};

bool addComparison(arith::CmpIOp compare, AffineIndexBuilder &builder,
                   Condition &condition) {
  AffineExpr a = builder.build(compare.getLhs());
  AffineExpr b = a ? builder.build(compare.getRhs()) : nullptr;
  if (!a || !b)
    return false;
  using Predicate = arith::CmpIPredicate;
  auto add = [&](AffineExpr constraint, bool isEquality = false) {
    condition.constraints.push_back(constraint);
    condition.isEquality.push_back(isEquality);
    return true;
  };
  switch (compare.getPredicate()) {
  case Predicate::eq:
    return add(a - b, true);
  case Predicate::ne:
    condition.isNegated = true;
    return add(a - b, true);
  case Predicate::slt:
    return add(b - a - 1);
  case Predicate::sle:
    return add(b - a);
  case Predicate::sgt:
    return add(a - b - 1);
  case Predicate::sge:
    return add(a - b);
  default:
    break;
  }
  auto isNonNegative = [&](AffineExpr expr) {
    auto range = rangeOf(expr, builder.operands().size(), builder.operands());
    return range && range->low >= 0;
  };
  if (!isNonNegative(a) || !isNonNegative(b))
    return false;
  switch (compare.getPredicate()) {
  case Predicate::ult:
    return add(b - a - 1);
  case Predicate::ule:
    return add(b - a);
  case Predicate::ugt:
    return add(a - b - 1);
  default:
    return add(a - b);
  }
}

bool addCondition(Value value, AffineIndexBuilder &builder,
                  Condition &condition) {
  if (auto compare = value.getDefiningOp<arith::CmpIOp>())
    return addComparison(compare, builder, condition);
  auto both = value.getDefiningOp<arith::AndIOp>();
  return both && addCondition(both.getLhs(), builder, condition) &&
         addCondition(both.getRhs(), builder, condition);
}

affine::AffineIfOp raiseIf(RewriterBase &rewriter, scf::IfOp branch) {
  AffineIndexBuilder builder(branch.getContext());
  Condition condition;
  if (!addCondition(branch.getCondition(), builder, condition) ||
      (condition.isNegated && condition.constraints.size() > 1))
    return nullptr;
  IntegerSet set = IntegerSet::get(builder.operands().size(), 0,
                                   condition.constraints, condition.isEquality);
  SmallVector<Value> operands = llvm::to_vector(builder.operands());
  affine::canonicalizeSetAndOperands(&set, &operands);
  rewriter.setInsertionPoint(branch);
  bool hasElse = branch.elseBlock() || condition.isNegated;
  auto raised = affine::AffineIfOp::create(rewriter, branch.getLoc(),
                                           branch.getResultTypes(), set,
                                           operands, hasElse);
  Block *onTrue = raised.getThenBlock();
  Block *onFalse = hasElse ? raised.getElseBlock() : nullptr;
  if (condition.isNegated)
    std::swap(onTrue, onFalse);
  moveBody(rewriter, branch.thenBlock(), onTrue, {});
  if (branch.elseBlock())
    moveBody(rewriter, branch.elseBlock(), onFalse, {});
  rewriter.replaceOp(branch, raised.getResults());
  return raised;
}

/// Replaces a data-dependent scf.if without side effects, loads or traps by
/// selects between the values of its branches.
bool selectResults(RewriterBase &rewriter, scf::IfOp branch) {
  if (branch.getNumResults() == 0 || !branch.elseBlock())
    return false;
  for (Block *block : {branch.thenBlock(), branch.elseBlock()})
    for (Operation &op : block->without_terminator())
      if (!isPure(&op) || op.getNumRegions() != 0)
        return false;
  SmallVector<Value> onTrue = branch.thenYield().getOperands();
  SmallVector<Value> onFalse = branch.elseYield().getOperands();
  for (Block *block : {branch.thenBlock(), branch.elseBlock()})
    for (Operation &op :
         llvm::make_early_inc_range(block->without_terminator()))
      rewriter.moveOpBefore(&op, branch);
  rewriter.setInsertionPoint(branch);
  SmallVector<Value> selected;
  for (auto [a, b] : llvm::zip_equal(onTrue, onFalse))
    selected.push_back(arith::SelectOp::create(rewriter, branch.getLoc(),
                                               branch.getCondition(), a, b));
  rewriter.replaceOp(branch, selected);
  return true;
}

/// Builds loops for the dimensions from `dim` on; returns the innermost body's
/// loop. Every loop carries the reductions.
affine::AffineForOp buildNest(RewriterBase &rewriter,
                              affine::AffineParallelOp parallel, unsigned dim,
                              ValueRange carried,
                              SmallVectorImpl<Value> &variables) {
  auto loop = affine::AffineForOp::create(
      rewriter, parallel.getLoc(), parallel.getLowerBoundsOperands(),
      parallel.getLowerBoundMap(dim), parallel.getUpperBoundsOperands(),
      parallel.getUpperBoundMap(dim), parallel.getSteps()[dim], carried);
  variables.push_back(loop.getInductionVar());
  Block *body = loop.getBody();
  if (!body->empty() && body->back().hasTrait<OpTrait::IsTerminator>())
    rewriter.eraseOp(&body->back());
  rewriter.setInsertionPointToEnd(body);
  if (dim + 1 == parallel.getNumDims())
    return loop;
  OpBuilder::InsertionGuard guard(rewriter);
  affine::AffineForOp inner = buildNest(rewriter, parallel, dim + 1,
                                        loop.getRegionIterArgs(), variables);
  Operation *child = inner;
  while (child->getParentOp() != loop)
    child = child->getParentOp();
  rewriter.setInsertionPointToEnd(body);
  affine::AffineYieldOp::create(rewriter, parallel.getLoc(),
                                child->getResults());
  return inner;
}

affine::AffineForOp raiseParallel(RewriterBase &rewriter,
                                  affine::AffineParallelOp parallel) {
  Location loc = parallel.getLoc();
  rewriter.setInsertionPoint(parallel);
  SmallVector<arith::AtomicRMWKind> kinds;
  SmallVector<Value> carried;
  for (auto [kind, type] :
       llvm::zip_equal(parallel.getReductions(), parallel.getResultTypes())) {
    kinds.push_back(cast<arith::AtomicRMWKindAttr>(kind).getValue());
    carried.push_back(
        arith::getIdentityValue(kinds.back(), type, rewriter, loc));
  }
  SmallVector<Value> variables;
  affine::AffineForOp inner =
      buildNest(rewriter, parallel, 0, carried, variables);
  Operation *outer = inner;
  while (outer->getBlock() != parallel->getBlock())
    outer = outer->getParentOp();
  Operation *yield = parallel.getBody()->getTerminator();
  SmallVector<Value> partial = llvm::to_vector(yield->getOperands());
  rewriter.eraseOp(yield);
  Block *body = inner.getBody();
  rewriter.inlineBlockBefore(parallel.getBody(), body, body->end(), variables);
  rewriter.setInsertionPointToEnd(body);
  SmallVector<Value> results;
  for (auto [kind, old, value] :
       llvm::zip_equal(kinds, inner.getRegionIterArgs(), partial))
    results.push_back(arith::getReductionOp(kind, rewriter, loc, old, value));
  affine::AffineYieldOp::create(rewriter, loc, results);
  rewriter.replaceOp(parallel, outer->getResults());
  return cast<affine::AffineForOp>(outer);
}

/// The access as a map and its operands, where every index is affine.
std::optional<Bound> accessOf(Operation *op, ValueRange indices) {
  AffineIndexBuilder builder(op->getContext());
  SmallVector<AffineExpr> results;
  for (Value index : indices) {
    AffineExpr expr = builder.build(index);
    if (!expr)
      return std::nullopt;
    results.push_back(
        simplifyInRange(expr, builder.operands().size(), builder.operands()));
  }
  Bound access{builder.map(results), llvm::to_vector(builder.operands())};
  affine::canonicalizeMapAndOperands(&access.map, &access.operands);
  return access;
}

void raiseAccess(RewriterBase &rewriter, Operation *op) {
  rewriter.setInsertionPoint(op);
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    if (auto access = accessOf(op, load.getIndices()))
      rewriter.replaceOpWithNewOp<affine::AffineLoadOp>(
          op, load.getMemRef(), access->map, access->operands);
  } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
    if (auto access = accessOf(op, store.getIndices()))
      rewriter.replaceOpWithNewOp<affine::AffineStoreOp>(
          op, store.getValueToStore(), store.getMemRef(), access->map,
          access->operands);
  }
}

class RaiseAffinePass : public impl::RaiseAffineBase<RaiseAffinePass> {
  /// The operation that takes the place of `op`; null where it dissolved.
  Operation *raise(RewriterBase &rewriter, Operation *op) {
    Operation *raised = nullptr;
    if (auto loop = dyn_cast<scf::ForOp>(op))
      raised = raiseFor(rewriter, loop);
    else if (auto parallel = dyn_cast<affine::AffineParallelOp>(op))
      raised = raiseParallel(rewriter, parallel);
    else if (auto branch = dyn_cast<scf::IfOp>(op))
      raised = raiseIf(rewriter, branch);
    return raised ? raised : op;
  }

  void raiseBlock(RewriterBase &rewriter, Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isa<memref::LoadOp, memref::StoreOp>(op)) {
        raiseAccess(rewriter, &op);
        continue;
      }
      Operation *raised = raise(rewriter, &op);
      for (Region &region : raised->getRegions())
        for (Block &inner : region)
          raiseBlock(rewriter, inner);
      if (auto branch = dyn_cast<scf::IfOp>(raised))
        selectResults(rewriter, branch);
    }
  }

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (Block &block : getOperation().getBody())
      raiseBlock(rewriter, block);
  }
};

} // namespace
} // namespace autotune
