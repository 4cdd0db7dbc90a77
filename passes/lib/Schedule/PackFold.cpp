//===- PackFold.cpp - What packed copies compute --------------------------===//

#include "PackFold.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace autotune {

/// Every form is a buffer of its own.
constexpr unsigned maxForms = 2;

/// Whether the value is the same wherever it is used.
static bool isFixed(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return matchPattern(value, m_Constant());
}

/// Whether the op may run on elements that the program never loads, and needs
/// nothing but `element`.
static bool dependsOnly(Operation *op, Value element) {
  auto isKnown = [&](Value operand) {
    return operand == element || isFixed(operand);
  };
  return op->getNumResults() == 1 && op->getNumRegions() == 0 && isPure(op) &&
         MemRefType::isValidElementType(op->getResult(0).getType()) &&
         llvm::all_of(op->getOperands(), isKnown);
}

FoldedOps opsOnElement(Operation *load) {
  FoldedOps ops;
  Value element = load->getResult(0);
  while (element.hasOneUse()) {
    Operation *user = *element.user_begin();
    if (!dependsOnly(user, element))
      break;
    ops.push_back(user);
    element = user->getResult(0);
  }
  return ops;
}

static bool isSameOperand(Value a, Value b) {
  Attribute x, y;
  if (a == b)
    return true;
  return matchPattern(a, m_Constant(&x)) && matchPattern(b, m_Constant(&y)) &&
         x == y;
}

/// Whether the ops compute the same of elements `x` and `y`.
static bool isSameOp(Operation *a, Value x, Operation *b, Value y) {
  if (a->getName() != b->getName() ||
      a->getNumOperands() != b->getNumOperands() ||
      a->getAttrDictionary() != b->getAttrDictionary() ||
      a->getResultTypes() != b->getResultTypes())
    return false;
  for (auto [p, q] : llvm::zip(a->getOperands(), b->getOperands()))
    if ((p == x) != (q == y) || (p != x && !isSameOperand(p, q)))
      return false;
  return true;
}

/// How many ops after `first` compute the same as those after `second`.
static unsigned numEqual(Operation *first, llvm::ArrayRef<Operation *> ops,
                         Operation *second, llvm::ArrayRef<Operation *> other) {
  unsigned num = 0;
  Value x = first->getResult(0), y = second->getResult(0);
  while (num < ops.size() && num < other.size() &&
         isSameOp(ops[num], x, other[num], y)) {
    x = ops[num]->getResult(0);
    y = other[num]->getResult(0);
    ++num;
  }
  return num;
}

/// The loads of the array.
static llvm::SmallVector<Operation *> loadsOf(const Scop &scop,
                                              unsigned array) {
  llvm::SmallVector<Operation *> loads;
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && isa<affine::AffineLoadOp>(access.op))
        loads.push_back(access.op);
  return loads;
}

FoldedOps foldedOps(const Scop &scop, unsigned array) {
  llvm::SmallVector<Operation *> loads = loadsOf(scop, array);
  if (loads.empty())
    return {};
  FoldedOps common = opsOnElement(loads.front());
  for (Operation *load : loads)
    common.truncate(numEqual(loads.front(), common, load, opsOnElement(load)));
  return common;
}

bool isFollowedBy(Operation *load, const FoldedOps &ops) {
  FoldedOps own = opsOnElement(load);
  if (own.empty() || ops.empty())
    return own.empty() && ops.empty();
  Operation *other = ops.front();
  for (Value operand : other->getOperands())
    if (Operation *definition = operand.getDefiningOp();
        definition && isa<affine::AffineLoadOp>(definition))
      return own.size() == ops.size() &&
             numEqual(load, own, definition, ops) == ops.size();
  return false;
}

llvm::SmallVector<FoldedOps> copiedForms(const Scop &scop, unsigned array) {
  llvm::SmallVector<FoldedOps> forms;
  for (Operation *load : loadsOf(scop, array))
    if (llvm::none_of(forms, [&](const FoldedOps &ops) {
          return isFollowedBy(load, ops);
        }))
      forms.push_back(opsOnElement(load));
  if (forms.empty() || forms.size() > maxForms)
    return {foldedOps(scop, array)};
  return forms;
}

Value emitFolded(OpBuilder &builder, llvm::ArrayRef<Operation *> ops,
                 Value element) {
  auto vector = dyn_cast<VectorType>(element.getType());
  for (Operation *op : ops) {
    llvm::SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      Operation *definition = operand.getDefiningOp();
      bool isConstant = definition && matchPattern(definition, m_Constant());
      if (definition && !isConstant) {
        operands.push_back(element);
        continue;
      }
      if (isConstant)
        operand = builder.clone(*definition)->getResult(0);
      if (vector)
        operand = vector::BroadcastOp::create(
            builder, op->getLoc(), vector.clone(operand.getType()), operand);
      operands.push_back(operand);
    }
    Type type = op->getResult(0).getType();
    OperationState state(op->getLoc(), op->getName(), operands,
                         vector ? vector.clone(type) : type, op->getAttrs());
    element = builder.create(state)->getResult(0);
  }
  return element;
}

} // namespace autotune
