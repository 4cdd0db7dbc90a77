//===- Scop.cpp - Polyhedral model of a workload function -----------------===//

#include "Scop.h"
#include "Accesses.h"
#include "IslAffine.h"
#include "Relations.h"

#include "mlir/Dialect/Affine/Analysis/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

#include <isl/aff.h>
#include <isl/space.h>

using namespace mlir;

namespace autotune {

/// `map` with its symbols turned into trailing dimensions.
static AffineMap withoutSymbols(AffineMap map) {
  llvm::SmallVector<AffineExpr> symbols;
  for (unsigned i = 0; i < map.getNumSymbols(); ++i)
    symbols.push_back(getAffineDimExpr(map.getNumDims() + i, map.getContext()));
  return map.replaceDimsAndSymbols({}, symbols,
                                   map.getNumDims() + map.getNumSymbols(), 0);
}

namespace {

/// One pass over the body of a function in affine normal form.
class ScopBuilder {
public:
  ScopBuilder(func::FuncOp function, isl::ctx ctx)
      : function(function), ctx(ctx) {}

  FailureOr<Scop> build() {
    collectArrays();
    isl::set root =
        isl::set::universe(isl::space::unit(ctx).add_unnamed_tuple(0));
    FailureOr<std::vector<Tree>> children =
        visitBlock(function.getBody().front(), root);
    if (failed(children))
      return failure();
    if (children->empty())
      return function.emitError("no loops to schedule"), failure();
    scop.originalOrder = makeSequence(std::move(*children));
    return std::move(scop);
  }

private:
  void collectArrays() {
    for (BlockArgument argument : function.getArguments())
      if (isa<MemRefType>(argument.getType()))
        addArray(argument);
    for (Operation &op : function.getBody().front())
      if (isa<memref::AllocOp, memref::AllocaOp, memref::GetGlobalOp>(op))
        addArray(op.getResult(0));
  }

  /// Two names of one global are one array.
  void addArray(Value value) {
    if (auto global = value.getDefiningOp<memref::GetGlobalOp>())
      for (unsigned i = 0; i < scop.arrays.size(); ++i)
        if (auto other = scop.arrays[i].getDefiningOp<memref::GetGlobalOp>())
          if (other.getName() == global.getName()) {
            arrayNumbers[value] = i;
            return;
          }
    arrayNumbers[value] = scop.arrays.size();
    scop.arrays.push_back(value);
  }

  //===--- affine values --------------------------------------------------===//

  /// The affs of `values`, each an enclosing iv or a symbol.
  FailureOr<llvm::SmallVector<isl::aff>>
  affsOf(ValueRange values, const isl::set &domain, Operation *user) {
    llvm::SmallVector<isl::aff> affs;
    isl::multi_aff identity = domain.space().identity_multi_aff_on_domain();
    for (Value value : values) {
      auto iv = llvm::find(ivs, value);
      if (iv != ivs.end()) {
        affs.push_back(identity.at(iv - ivs.begin()));
        continue;
      }
      return user->emitError("a size or index known only at run time cannot be "
                             "scheduled"),
             failure();
    }
    if (affs.empty())
      affs.push_back(domain.space().zero_aff_on_domain());
    return affs;
  }

  FailureOr<llvm::SmallVector<isl::aff>> affsOf(AffineMap map,
                                                ValueRange operands,
                                                const isl::set &domain,
                                                Operation *user) {
    llvm::SmallVector<Value> values;
    map = withoutSymbols(composedMap(map, operands, values));
    FailureOr<llvm::SmallVector<isl::aff>> dims = affsOf(values, domain, user);
    if (failed(dims))
      return failure();
    llvm::SmallVector<isl::aff> results;
    for (AffineExpr expr : map.getResults())
      results.push_back(affFromExpr(expr, *dims));
    return results;
  }

  //===--- control flow ---------------------------------------------------===//

  FailureOr<std::vector<Tree>> visitBlock(Block &block,
                                          const isl::set &domain) {
    std::vector<Tree> children;
    for (Operation &op : block) {
      FailureOr<std::vector<Tree>> visited = visitOp(op, domain);
      if (failed(visited))
        return failure();
      for (Tree &child : *visited)
        children.push_back(std::move(child));
    }
    return children;
  }

  FailureOr<std::vector<Tree>> visitOp(Operation &op, const isl::set &domain) {
    if (auto loop = dyn_cast<affine::AffineForOp>(op))
      return visitLoop(loop, domain);
    if (auto condition = dyn_cast<affine::AffineIfOp>(op))
      return visitIf(condition, domain);
    bool isOrderless =
        isMemoryEffectFree(&op) || hasSingleEffect<MemoryEffects::Read>(&op) ||
        op.hasTrait<OpTrait::IsTerminator>() ||
        isa<memref::AllocOp, memref::AllocaOp, memref::DeallocOp>(op);
    if (isOrderless)
      return std::vector<Tree>();
    return visitStatement(op, domain);
  }

  FailureOr<std::vector<Tree>> visitLoop(affine::AffineForOp loop,
                                         const isl::set &outer) {
    if (loop.getNumIterOperands() > 0)
      return loop.emitError(
                 "loop-carried values must be demoted to memory first"),
             failure();
    // The new dimension is appended to the domain of the enclosing loops.
    isl::space space = isl::space::unit(ctx).add_unnamed_tuple(ivs.size() + 1);
    isl::set domain =
        isl::manage(isl_set_add_dims(outer.copy(), isl_dim_set, 1));
    isl::aff iv = space.identity_multi_aff_on_domain().at(ivs.size());
    auto lowers = affsOf(loop.getLowerBoundMap(), loop.getLowerBoundOperands(),
                         domain, loop);
    auto uppers = affsOf(loop.getUpperBoundMap(), loop.getUpperBoundOperands(),
                         domain, loop);
    if (failed(lowers) || failed(uppers))
      return failure();
    for (isl::aff &bound : *lowers)
      domain = domain.intersect(iv.ge_set(bound));
    for (isl::aff &bound : *uppers)
      domain = domain.intersect(isl::pw_aff(iv).lt_set(isl::pw_aff(bound)));
    if (int64_t step = loop.getStepAsInt(); step != 1) {
      isl::pw_aff lower((*lowers)[0]);
      for (isl::aff &bound : *lowers)
        lower = lower.max(isl::pw_aff(bound));
      isl::pw_aff offset = isl::pw_aff(iv).sub(lower);
      isl::pw_aff remainder = isl::manage(isl_pw_aff_mod_val(
          offset.release(), isl_val_int_from_si(ctx.get(), step)));
      domain = domain.intersect(
          remainder.eq_set(isl::pw_aff(iv).sub(isl::pw_aff(iv))));
    }
    ivs.push_back(loop.getInductionVar());
    FailureOr<std::vector<Tree>> body = visitBlock(*loop.getBody(), domain);
    ivs.pop_back();
    if (failed(body) || body->empty())
      return body;
    Tree inner = makeSequence(std::move(*body));
    std::vector<Tree> result;
    result.push_back(
        makeBand({memberOf(inner.domain, ivs.size())}, std::move(inner)));
    return result;
  }

  /// Position `dim` of every statement's instance vector, as a band member.
  isl::union_pw_aff memberOf(const isl::union_set &domain, unsigned dim) {
    isl::union_pw_aff member;
    domain.foreach_set([&](isl::set set) {
      isl::aff value = set.space().identity_multi_aff_on_domain().at(dim);
      isl::union_pw_aff part(isl::pw_aff(value).intersect_domain(set));
      member = member.is_null() ? part : member.union_add(part);
    });
    return member;
  }

  FailureOr<std::vector<Tree>> visitIf(affine::AffineIfOp op,
                                       const isl::set &domain) {
    if (op.getNumResults() > 0)
      return op.emitError(
                 "values of a condition must be demoted to memory first"),
             failure();
    IntegerSet condition = op.getIntegerSet();
    AffineMap values =
        AffineMap::get(condition.getNumDims(), condition.getNumSymbols(),
                       condition.getConstraints(), op.getContext());
    FailureOr<llvm::SmallVector<isl::aff>> affs =
        affsOf(values, op.getOperands(), domain, op);
    if (failed(affs))
      return failure();
    isl::set holds = isl::set::universe(domain.space());
    for (auto [index, value] : llvm::enumerate(*affs)) {
      isl::aff zero = value.sub(value);
      holds =
          holds.intersect(condition.isEq(index) ? isl::set(value.eq_set(zero))
                                                : isl::set(value.ge_set(zero)));
    }
    FailureOr<std::vector<Tree>> children =
        visitBlock(*op.getThenBlock(), domain.intersect(holds));
    if (succeeded(children) && op.hasElse()) {
      FailureOr<std::vector<Tree>> others =
          visitBlock(*op.getElseBlock(), domain.subtract(holds));
      if (failed(others))
        return failure();
      for (Tree &other : *others)
        children->push_back(std::move(other));
    }
    return children;
  }

  //===--- statements -----------------------------------------------------===//

  FailureOr<std::vector<Tree>> visitStatement(Operation &root,
                                              const isl::set &outer) {
    Statement statement;
    statement.name = "S" + std::to_string(scop.statements.size());
    statement.root = &root;
    statement.ivs = ivs;
    statement.domain = isl::manage(
        isl_set_set_tuple_name(outer.copy(), statement.name.c_str()));
    if (auto limits = root.getAttrOfType<StringAttr>(domainName))
      statement.domain =
          statement.domain.intersect(readInstances(limits.getValue(), ctx));
    collectSlice(&root, statement.slice);
    statement.isVectorizable = llvm::all_of(statement.slice, hasVectorForm);
    statement.usesCounters = llvm::any_of(
        statement.slice, [&](Operation *op) { return usesCounter(op); });
    for (Operation *op : statement.slice)
      if (failed(addAccesses(op, statement)))
        return failure();
    std::vector<Tree> result;
    if (!statement.domain.is_empty()) {
      result.push_back(makeLeaf(isl::union_set(statement.domain)));
      scop.statements.push_back(std::move(statement));
    }
    return result;
  }

  /// Appends the ops that compute `op`'s operands, then `op`.
  void collectSlice(Operation *op, llvm::SmallVectorImpl<Operation *> &slice) {
    llvm::SetVector<Value> operands(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), operands);
    for (Value operand : operands) {
      Operation *definition = operand.getDefiningOp();
      if (definition && !arrayNumbers.contains(operand) &&
          !llvm::is_contained(slice, definition))
        collectSlice(definition, slice);
    }
    slice.push_back(op);
  }

  bool usesCounter(Operation *op) {
    if (affineAccessOf(op))
      return false;
    llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), values);
    return llvm::any_of(
        values, [&](Value value) { return llvm::is_contained(ivs, value); });
  }

  static bool hasVectorForm(Operation *op) {
    if (isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
            arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op))
      return false; // A masked lane could divide by zero.
    return isa<affine::AffineLoadOp, affine::AffineStoreOp,
               affine::AffineApplyOp, arith::ConstantOp>(op) ||
           OpTrait::hasElementwiseMappableTraits(op);
  }

  LogicalResult addAccesses(Operation *op, Statement &statement) {
    if (std::optional<AffineAccess> access = affineAccessOf(op))
      return addAffineAccess(op, *access, statement);
    if (auto load = dyn_cast<memref::LoadOp>(op))
      return addWholeAccess(op, load.getMemRef(), false, statement);
    if (auto store = dyn_cast<memref::StoreOp>(op))
      return addWholeAccess(op, store.getMemRef(), true, statement);
    if (isMemoryEffectFree(op))
      return success();
    return addOpaqueAccesses(op, statement);
  }

  LogicalResult addAffineAccess(Operation *op, const AffineAccess &access,
                                Statement &statement) {
    auto array = arrayNumbers.find(access.memref);
    if (array == arrayNumbers.end())
      return op->emitError("accesses a view; views must be folded first");
    std::optional<AffineMap> map = accessMap(op, statement);
    if (!map)
      return op->emitError("a size or index known only at run time cannot be "
                           "scheduled");
    statement.accesses.push_back(
        {array->second,
         accessRelation(statement.domain, array->second, *map, access.width),
         access.isWrite, true, op});
    return success();
  }

  /// Any element of the array may be meant.
  LogicalResult addWholeAccess(Operation *op, Value memref, bool isWrite,
                               Statement &statement) {
    auto array = arrayNumbers.find(memref);
    if (array == arrayNumbers.end())
      return op->emitError("accesses a view; views must be folded first");
    unsigned rank = cast<MemRefType>(memref.getType()).getRank();
    isl::space space = statement.domain.space().add_named_tuple(
        arrayId(ctx, array->second), rank);
    isl::map relation = isl::map::universe(space);
    statement.accesses.push_back({array->second,
                                  relation.intersect_domain(statement.domain),
                                  isWrite, false, op});
    return success();
  }

  /// An opaque op may read and write every array that it mentions, and is kept
  /// in order with every other opaque op.
  LogicalResult addOpaqueAccesses(Operation *op, Statement &statement) {
    llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), values);
    for (Value value : values) {
      if (!isa<MemRefType>(value.getType()))
        continue;
      if (failed(addWholeAccess(op, value, false, statement)) ||
          failed(addWholeAccess(op, value, true, statement)))
        return failure();
    }
    isl::space space =
        statement.domain.space().add_named_tuple(isl::id(ctx, "world"), 0);
    isl::map relation =
        isl::map::universe(space).intersect_domain(statement.domain);
    statement.accesses.push_back({~0u, relation, true, false, op});
    return success();
  }

  func::FuncOp function;
  isl::ctx ctx;
  Scop scop;
  llvm::DenseMap<Value, unsigned> arrayNumbers;
  llvm::SmallVector<Value> ivs;
};

} // namespace

FailureOr<Scop> buildScop(func::FuncOp function, isl::ctx ctx) {
  return ScopBuilder(function, ctx).build();
}

const Statement &Scop::statement(llvm::StringRef name) const {
  for (const Statement &statement : statements)
    if (statement.name == name)
      return statement;
  llvm_unreachable("the schedule names a statement that the function lacks");
}

unsigned Scop::elementBits(unsigned array) const {
  return cast<MemRefType>(arrays[array].getType())
      .getElementType()
      .getIntOrFloatBitWidth();
}

isl::union_map
Scop::accesses(llvm::function_ref<bool(const Access &)> isMeant) const {
  isl::union_map all(originalOrder.domain.ctx(), "{ }");
  for (const Statement &statement : statements)
    for (const Access &access : statement.accesses)
      if (isMeant(access))
        all = all.unite(isl::union_map(access.relation));
  return all;
}
} // namespace autotune
