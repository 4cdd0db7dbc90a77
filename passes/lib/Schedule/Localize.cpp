//===- Localize.cpp - Scratch arrays of the caller ------------------------===//

#include "Model.h"
#include "NewStatements.h"
#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_LOCALIZE
#include "autotune/SchedulePasses.h.inc"

/// Arrays of more bytes are no scratch.
static constexpr int64_t maxScratchBytes = 1 << 16;

/// Whether the accesses have places, and a store is made again in a loop.
static bool looksRefilled(Value array) {
  bool isRepeated = false;
  for (Operation *user : array.getUsers()) {
    auto store = dyn_cast<affine::AffineStoreOp>(user);
    if (!store && !isa<affine::AffineLoadOp>(user))
      return false;
    for (Operation *loop = user; store && (loop = loop->getParentOp());)
      if (auto around = dyn_cast<affine::AffineForOp>(loop))
        isRepeated |= !llvm::is_contained(store.getMapOperands(),
                                          around.getInductionVar());
  }
  return isRepeated;
}

static isl::set elementsOf(const Scop &scop, unsigned array,
                           const isl::space &space) {
  isl::set elements = isl::set::universe(space);
  auto type = cast<MemRefType>(scop.arrays[array].getType());
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    elements = isl::manage(
        isl_set_lower_bound_si(elements.release(), isl_dim_set, dim, 0));
    elements = isl::manage(
        isl_set_upper_bound_si(elements.release(), isl_dim_set, dim, size - 1));
  }
  return elements;
}

/// Whether every instance finds by this access what the function has written.
static bool readsOwnValues(const Scop &scop, const Access &access) {
  Scop alone = scop;
  for (Statement &statement : alone.statements)
    llvm::erase_if(statement.accesses, [&](const Access &other) {
      return other.array == access.array && !other.isWrite &&
             other.op != access.op;
    });
  isl::union_map flow = computeFlow(alone, scop.originalOrder, access.array);
  return isl::union_set(access.relation.domain()).is_subset(flow.range());
}

/// Whether what the array holds before does not matter, all of it is written,
/// and elements are started afresh more than once.
static bool isRefilled(const Scop &scop, unsigned array) {
  isl::set written;
  bool isAgain = false;
  for (const Statement &statement : scop.statements) {
    bool isRead = llvm::any_of(statement.accesses, [&](const Access &access) {
      return access.array == array && !access.isWrite;
    });
    for (const Access &access : statement.accesses) {
      if (access.array != array)
        continue;
      if (!access.isWrite) {
        if (!readsOwnValues(scop, access))
          return false;
        continue;
      }
      if (!access.isExact)
        return false;
      isAgain |= !isRead && !access.relation.is_injective();
      isl::set range = access.relation.range();
      written = written.is_null() ? range : written.unite(range);
    }
  }
  return isAgain && elementsOf(scop, array, written.space()).is_subset(written);
}

/// Lets the function work on a buffer of its own, and copies that in the end.
static void localize(func::FuncOp function, Value array) {
  Block &body = function.getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&body);
  Location loc = function.getLoc();
  auto type = cast<MemRefType>(array.getType());
  Value buffer = memref::AllocOp::create(builder, loc, type,
                                         builder.getI64IntegerAttr(64));
  array.replaceAllUsesWith(buffer);
  // Buffers are freed after the copy, as after all other statements.
  builder = builderAtEnd(function);
  builder.setInsertionPoint(memref::DeallocOp::create(builder, loc, buffer));
  llvm::SmallVector<Value> element;
  for (int64_t size : type.getShape()) {
    auto loop = affine::AffineForOp::create(builder, loc, 0, size);
    builder.setInsertionPointToStart(loop.getBody());
    element.push_back(loop.getInductionVar());
  }
  AffineMap place = builder.getMultiDimIdentityMap(element.size());
  Value value =
      affine::AffineLoadOp::create(builder, loc, buffer, place, element);
  affine::AffineStoreOp::create(builder, loc, value, array, place, element);
}

namespace {
class LocalizePass : public impl::LocalizeBase<LocalizePass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    llvm::SmallVector<Value> refilled;
    for (Value argument : function.getArguments())
      if (isScratch(argument) && looksRefilled(argument) &&
          isProven(function, [&](const Scop &scop) {
            auto found = llvm::find(scop.arrays, argument);
            return found != scop.arrays.end() &&
                   isRefilled(scop, found - scop.arrays.begin());
          }))
        refilled.push_back(argument);
    for (Value argument : refilled)
      localize(function, argument);
  }

  static bool isScratch(Value argument) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    return type && type.hasStaticShape() && type.getLayout().isIdentity() &&
           type.getElementType().isIntOrFloat() && type.getRank() > 0 &&
           type.getNumElements() * type.getElementTypeBitWidth() <=
               8 * maxScratchBytes;
  }
};
} // namespace
} // namespace autotune
