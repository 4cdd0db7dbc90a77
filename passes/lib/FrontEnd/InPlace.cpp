//===- InPlace.cpp - Scalars that live where they end ---------------------===//

#include "InPlace.h"

#include "Overlap.h"
#include "Statements.h"
#include "Temporary.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace autotune {

/// The operations of the allocation's block that access it, in their order;
/// nothing where something else is done with it, or elsewhere.
static SmallVector<Operation *> usersInBlock(Operation *allocation) {
  SmallVector<Operation *> users;
  for (Operation *user : allocation->getUsers()) {
    Operation *ancestor = allocation->getBlock()->findAncestorOpInBlock(*user);
    if (!ancestor || !isa<affine::AffineLoadOp, affine::AffineStoreOp>(user) ||
        bufferOf(user) != allocation->getResult(0))
      return {};
    if (!llvm::is_contained(users, ancestor))
      users.push_back(ancestor);
  }
  llvm::sort(users,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return users;
}

/// The one store that takes what is computed from `load`, in its block.
static affine::AffineStoreOp storeAfter(affine::AffineLoadOp load) {
  Operation *op = load;
  while (op->getNumResults() == 1 && op->hasOneUse()) {
    Operation *user = *op->user_begin();
    if (user->getBlock() != load->getBlock())
      return nullptr;
    if (auto store = dyn_cast<affine::AffineStoreOp>(user))
      return store;
    if (!isPure(user))
      return nullptr;
    op = user;
  }
  return nullptr;
}

/// Whether something between the two may access what `last` stores to.
static bool isAccessedBetween(Operation *first, affine::AffineStoreOp last) {
  for (Operation *op = first->getNextNode(); op != last; op = op->getNextNode())
    if (anyAccess(op, [&](Operation *access) {
          Value buffer = bufferOf(access);
          return !buffer || (isSameBuffer(buffer, last.getMemRef()) &&
                             mayMeet(last, access));
        }))
      return true;
  return false;
}

/// Whether something reads the place before `first` for what comes later.
static bool isReadAhead(Operation *first, affine::AffineStoreOp last) {
  for (Operation &op :
       llvm::make_range(first->getBlock()->begin(), first->getIterator())) {
    bool isRead = isLoad(&op) && isSameBuffer(bufferOf(&op), last.getMemRef());
    if (isRead && llvm::any_of(op.getUsers(), [&](Operation *user) {
          return first->isBeforeInBlock(
              first->getBlock()->findAncestorOpInBlock(*user));
        }))
      return true;
  }
  return false;
}

/// Erases a store of what is at its place.
static void eraseCopy(affine::AffineStoreOp store, const Place &place) {
  Value value = store.getValueToStore();
  if (!isElementAt(value, place, store))
    return;
  store.erase();
  if (value.use_empty())
    value.getDefiningOp()->erase();
}

/// Makes an access of a scalar one of the place.
static void redirect(Operation *access, const Place &place) {
  OpBuilder builder(access);
  Location loc = access->getLoc();
  if (auto load = dyn_cast<affine::AffineLoadOp>(access)) {
    load.replaceAllUsesWith(place.load(builder, loc, load.getType()));
    load.erase();
    return;
  }
  auto store = cast<affine::AffineStoreOp>(access);
  auto moved =
      affine::AffineStoreOp::create(builder, loc, store.getValueToStore(),
                                    place.buffer, place.map, place.operands);
  store.erase();
  eraseCopy(moved, place);
}

bool settleInPlace(Operation *allocation) {
  auto type = cast<MemRefType>(allocation->getResult(0).getType());
  Type element = type.getElementType();
  SmallVector<Operation *> users = usersInBlock(allocation);
  if (type.getRank() != 0 || users.size() < 3)
    return false;
  auto first = dyn_cast<affine::AffineStoreOp>(users.front());
  auto load = dyn_cast<affine::AffineLoadOp>(users.back());
  affine::AffineStoreOp last = load ? storeAfter(load) : nullptr;
  if (!first || !last || isAccessedBetween(first, last) ||
      isReadAhead(first, last) ||
      last.getMemRefType().getElementType() != element ||
      !isDefinedBefore(last.getMemRef(), first) ||
      !llvm::all_of(last.getMapOperands(), [&](Value operand) {
        return isDefinedBefore(operand, first);
      }))
    return false;
  Place place{last.getMemRef(), last.getAffineMap(),
              llvm::to_vector(last.getMapOperands())};
  for (Operation *user : llvm::make_early_inc_range(allocation->getUsers()))
    redirect(user, place);
  allocation->erase();
  eraseCopy(last, place);
  return true;
}

} // namespace autotune
