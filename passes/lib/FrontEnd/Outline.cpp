//===- Outline.cpp - Split the entry into workloads -----------------------===//

#include "Statements.h"
#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace autotune {
#define GEN_PASS_DEF_OUTLINE
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// Operations of the entry that become one workload.
struct Group {
  SmallVector<Operation *> ops;
  llvm::SmallSetVector<Value, 8> buffers;
  unsigned numStatements = 0;
};

/// The values from outside that `op` and its regions use.
llvm::SetVector<Value> valuesUsedBy(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

/// Whether `value` is an index computed outside `op`.
bool isOutsideIndex(Value value, Operation *op) {
  if (!value.getType().isIndex())
    return false;
  Operation *definition = value.getDefiningOp();
  if (!definition)
    return isa<func::FuncOp>(value.getParentBlock()->getParentOp());
  return !op->isAncestor(definition) &&
         !definition->hasTrait<OpTrait::ConstantLike>();
}

/// Why the core cannot take `op`, a statement or nest at the top level: it
/// needs loops whose bounds are known, and cannot link calls. Empty for work.
StringRef reasonToKeep(Operation *op) {
  if (!isa<affine::AffineForOp, affine::AffineIfOp>(op) && !isStore(op))
    return "not an affine loop nest";
  StringRef reason;
  op->walk([&](Operation *inner) {
    if (isa<CallOpInterface>(inner))
      reason = "it calls a function outside the module";
    if (llvm::any_of(inner->getOperands(), [&](Value operand) {
          return isOutsideIndex(operand, op);
        }))
      reason = "its loops or indices depend on values known only at run time";
    return reason.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return reason;
}

bool isTunable(Operation *op) {
  bool isWork = isStatement(op) || isa<affine::AffineForOp>(op) ||
                isa<affine::AffineIfOp>(op);
  return isWork && reasonToKeep(op).empty();
}

bool containsLoop(Operation *op) {
  return op->walk([](affine::AffineForOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// Says which parts of a workload the core keeps as they are.
void reportOpaque(Operation *op) {
  op->walk(
      [](Operation *inner) {
        if (opaqueAround(inner->getParentOp()))
          return;
        if (isOpaque(inner))
          inner->emitRemark() << inner->getName()
                              << " is an opaque statement: it is kept in order";
        else if (isa<memref::LoadOp, memref::StoreOp>(inner))
          inner->emitRemark()
              << inner->getName()
              << " has an index that is not affine: it may touch any element";
      });
}

/// Whether `op` may move into the workload with the statement that uses it.
bool isPartOfSlice(Operation *op) {
  return op && !op->hasTrait<OpTrait::IsTerminator>() &&
         (isLoad(op) || (isMemoryEffectFree(op) && op->getNumRegions() == 0));
}

unsigned countStatements(Operation *op) {
  unsigned count = 0;
  op->walk([&](Operation *inner) {
    count += isStatement(inner) && !opaqueAround(inner->getParentOp());
  });
  return count;
}

/// Moves groups out of one entry function.
class Outliner {
public:
  Outliner(func::FuncOp entry, unsigned maxStatements)
      : entry(entry), maxStatements(maxStatements) {}

  void run() {
    std::vector<Group> groups = formGroups();
    for (Group &group : groups)
      outline(group);
    placeBuffers();
  }

private:
  /// Consecutive tunable operations that share buffers, directly or through
  /// operations between them, form a group; what else has an effect ends it.
  std::vector<Group> formGroups() {
    std::vector<Group> groups;
    size_t firstOpen = 0;
    for (Operation &op : entry.getBody().front()) {
      if (!isTunable(&op)) {
        if (isStatement(&op) || op.getNumRegions() != 0) {
          firstOpen = groups.size();
          op.emitRemark() << op.getName()
                          << " is left as it is: " << reasonToKeep(&op);
        }
        continue;
      }
      groups.push_back(groupOf(&op));
      mergeLast(groups, firstOpen);
    }
    llvm::erase_if(groups, [](const Group &group) {
      return llvm::none_of(group.ops, containsLoop);
    });
    return groups;
  }

  Group groupOf(Operation *op) {
    Group group;
    group.ops.push_back(op);
    group.numStatements = countStatements(op);
    anyAccess(op, [&](Operation *access) {
      if (Value buffer = bufferOf(access))
        group.buffers.insert(buffer);
      return false;
    });
    return group;
  }

  /// Merges the last group with everything from the earliest open group that
  /// it shares a buffer with, as long as the result is small enough.
  void mergeLast(std::vector<Group> &groups, size_t firstOpen) {
    unsigned total = groups.back().numStatements;
    size_t first = groups.size() - 1;
    for (size_t i = first; i-- > firstOpen;) {
      total += groups[i].numStatements;
      if (total > maxStatements)
        break;
      if (llvm::any_of(groups.back().buffers, [&](Value buffer) {
            return groups[i].buffers.contains(buffer);
          }))
        first = i;
    }
    for (size_t i = first + 1; i < groups.size(); ++i) {
      llvm::append_range(groups[first].ops, groups[i].ops);
      groups[first].buffers.insert(groups[i].buffers.begin(),
                                   groups[i].buffers.end());
      groups[first].numStatements += groups[i].numStatements;
    }
    groups.resize(first + 1);
  }

  /// Collects what `value` needs from outside: operations that are copied into
  /// the workload, operands first, and values that become arguments.
  void collectSlice(Value value, llvm::SetVector<Operation *> &slice,
                    llvm::SetVector<Value> &arguments) {
    Operation *definition = value.getDefiningOp();
    if (!isPartOfSlice(definition)) {
      arguments.insert(value);
      return;
    }
    if (slice.contains(definition))
      return;
    for (Value operand : definition->getOperands())
      collectSlice(operand, slice, arguments);
    slice.insert(definition);
  }

  void outline(Group &group) {
    llvm::SetVector<Value> arguments;
    SmallVector<llvm::SetVector<Operation *>> slices;
    for (Operation *op : group.ops) {
      reportOpaque(op);
      llvm::SetVector<Operation *> slice;
      for (Value value : valuesUsedBy(op))
        collectSlice(value, slice, arguments);
      slices.push_back(std::move(slice));
    }
    llvm::SetVector<Value> temporaries = takeTemporaries(group, arguments);
    OpBuilder builder(entry);
    auto workload = func::FuncOp::create(
        builder, group.ops.front()->getLoc(),
        (entry.getName() + "_" + Twine(numWorkloads++)).str(),
        builder.getFunctionType(TypeRange(arguments.getArrayRef()), {}));
    workload.setPrivate();
    workload->setAttr("autotune.workload", builder.getUnitAttr());
    fillBody(workload, group, slices, arguments, temporaries);
    // Loads between the operations stay behind. They may run after all of
    // them: demotion has spilled what a later operation overwrites.
    builder.setInsertionPoint(group.ops.front());
    func::CallOp::create(builder, workload.getLoc(), workload,
                         arguments.getArrayRef());
    for (Operation *op : llvm::reverse(group.ops))
      op->erase();
  }

  /// Removes from `arguments` the buffers that only this group uses.
  llvm::SetVector<Value> takeTemporaries(const Group &group,
                                         llvm::SetVector<Value> &arguments) {
    llvm::SetVector<Value> temporaries;
    for (Value value : arguments)
      if (value.getDefiningOp<memref::AllocOp>() &&
          llvm::all_of(value.getUsers(), [&](Operation *user) {
            return isUsedOnlyIn(user, group);
          }))
        temporaries.insert(value);
    arguments.remove_if(
        [&](Value value) { return temporaries.contains(value); });
    return temporaries;
  }

  /// Whether `user` is in the group, or is a load at the top level all of
  /// whose users are.
  bool isUsedOnlyIn(Operation *user, const Group &group) {
    Operation *top = entry.getBody().findAncestorOpInRegion(*user);
    if (llvm::is_contained(group.ops, top))
      return true;
    return isPartOfSlice(top) &&
           llvm::all_of(top->getUsers(), [&](Operation *next) {
             return isUsedOnlyIn(next, group);
           });
  }

  void fillBody(func::FuncOp workload, const Group &group,
                ArrayRef<llvm::SetVector<Operation *>> slices,
                const llvm::SetVector<Value> &arguments,
                const llvm::SetVector<Value> &temporaries) {
    Block *body = workload.addEntryBlock();
    OpBuilder builder = OpBuilder::atBlockEnd(body);
    IRMapping mapping;
    for (auto [outside, inside] :
         llvm::zip_equal(arguments, body->getArguments()))
      mapping.map(outside, inside);
    for (Value temporary : temporaries)
      builder.clone(*temporary.getDefiningOp(), mapping);
    for (auto [op, slice] : llvm::zip_equal(group.ops, slices)) {
      for (Operation *definition : slice)
        if (!mapping.contains(definition->getResult(0)))
          builder.clone(*definition, mapping);
      builder.clone(*op, mapping);
    }
    for (Value temporary : temporaries)
      memref::DeallocOp::create(builder, workload.getLoc(),
                                mapping.lookup(temporary));
    func::ReturnOp::create(builder, workload.getLoc());
  }

  /// Erases what no longer has a use; frees the other buffers at the end.
  void placeBuffers() {
    Block &body = entry.getBody().front();
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (op.use_empty() && (isa<memref::AllocOp>(op) || isPartOfSlice(&op)))
        op.erase();
    OpBuilder builder(body.getTerminator());
    for (auto alloc : body.getOps<memref::AllocOp>())
      memref::DeallocOp::create(builder, alloc.getLoc(), alloc);
  }

  func::FuncOp entry;
  unsigned maxStatements;
  unsigned numWorkloads = 0;
};

class OutlinePass : public impl::OutlineBase<OutlinePass> {
  using OutlineBase::OutlineBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr("autotune.entry"))
        entries.push_back(function);
    for (func::FuncOp entry : entries)
      Outliner(entry, maxStatements).run();
  }
};

} // namespace
} // namespace autotune
