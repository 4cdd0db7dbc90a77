//===- CheckInput.cpp - Refuse what has no affine normal form -------------===//
//
// Everything here looks at the user's program before any other pass touches
// it, so that a refusal names the user's own operation and line.
//
//===----------------------------------------------------------------------===//

#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

namespace autotune {
#define GEN_PASS_DEF_CHECKINPUT
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

constexpr llvm::StringLiteral knownDialects[] = {
    "affine", "arith", "bufferization", "builtin", "cf",     "func",
    "linalg", "math",  "memref",        "scf",     "tensor", "ub"};

bool isSupportedElement(Type type) {
  if (type.isF16() || type.isBF16() || type.isF32() || type.isF64())
    return true;
  auto integer = dyn_cast<IntegerType>(type);
  return integer && integer.isSignless() &&
         llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
}

/// Index tensors and memrefs hold shapes for `reshape`; they may appear inside
/// a function but not in its signature.
LogicalResult checkType(Operation *op, Type type) {
  if (isa<VectorType>(type))
    return op->emitError() << "type " << type
                           << " is not supported: write the program on scalars";
  if (isa<UnrankedTensorType, UnrankedMemRefType>(type))
    return op->emitError() << "dynamic rank: " << type
                           << " needs a static shape";
  auto shaped = dyn_cast<ShapedType>(type);
  Type element = shaped ? shaped.getElementType() : type;
  bool isNumber = isa<FloatType, IntegerType, ComplexType>(element);
  if ((isNumber && !isSupportedElement(element)) ||
      (shaped && !isNumber && !element.isIndex()))
    return op->emitError() << "element type " << element
                           << " is not supported (f16, bf16, f32, f64, i1, i8, "
                              "i16, i32 and i64 are)";
  return success();
}

LogicalResult checkSignature(func::FuncOp function) {
  FunctionType type = function.getFunctionType();
  for (Type value :
       llvm::concat<const Type>(type.getInputs(), type.getResults())) {
    if (failed(checkType(function, value)))
      return failure();
    if (value.isIndex())
      return function.emitError()
             << "dynamic size: a parameter of type index is not supported, "
                "make it a constant";
    auto shaped = dyn_cast<ShapedType>(value);
    if (!shaped)
      continue;
    if (!shaped.hasStaticShape())
      return function.emitError()
             << "dynamic shape " << value
             << " in the signature: give every dimension a size";
    if (shaped.getElementType().isIndex())
      return function.emitError() << "element type index is not supported in "
                                     "the signature: use i32 or i64";
    auto memref = dyn_cast<MemRefType>(value);
    if (memref && !memref.getLayout().isIdentity())
      return function.emitError()
             << "layout of " << memref
             << " is not supported in the signature: pass a contiguous buffer";
  }
  return success();
}

LogicalResult checkLoop(scf::ForOp loop) {
  APInt step;
  if (matchPattern(loop.getStep(), m_ConstantInt(&step)) &&
      !step.isStrictlyPositive())
    return loop.emitError()
           << "infinite loop: scf.for with step " << step.getSExtValue();
  return success();
}

LogicalResult checkLoop(scf::WhileOp loop) {
  APInt condition;
  if (matchPattern(loop.getConditionOp().getCondition(),
                   m_ConstantInt(&condition)) &&
      !condition.isZero())
    return loop.emitError()
           << "infinite loop: scf.while with a condition that is always true";
  return success();
}

LogicalResult checkFunction(Operation *op) {
  // By its name it is clamp, by MLIR's description and expansion
  // max(min(x, lower), upper).
  if (isa<math::ClampFOp>(op))
    return op->emitError() << "math.clampf is not supported, since its meaning "
                              "is in doubt: use arith.maximumf and minimumf";
  if (isa<math::IPowIOp>(op))
    return op->emitError() << "powers of integers are not supported: multiply";
  auto power = dyn_cast<math::FPowIOp>(op);
  if (power && getElementTypeOrSelf(power.getRhs()).isInteger(64))
    return op->emitError() << "an exponent of type i64 is not supported: use "
                              "i32, or math.powf";
  return success();
}

LogicalResult checkOperation(Operation *op) {
  StringRef dialect = op->getName().getDialectNamespace();
  if (!llvm::is_contained(knownDialects, dialect))
    return op->emitError() << "dialect " << dialect << " is not supported";
  if (isa<cf::ControlFlowDialect>(op->getDialect()) && !isa<cf::AssertOp>(op))
    return op->emitError() << "unstructured control flow is not supported: use "
                              "scf.for, scf.while or scf.if";
  if (isa<func::CallIndirectOp>(op))
    return op->emitError() << "indirect calls are not supported";
  if (auto loop = dyn_cast<scf::ForOp>(op))
    if (failed(checkLoop(loop)))
      return failure();
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    if (failed(checkLoop(loop)))
      return failure();
  for (Type type : op->getResultTypes())
    if (failed(checkType(op, type)))
      return failure();
  return checkFunction(op);
}

/// Walks the functions that the entry reaches.
class CallGraph {
public:
  /// Checks `function` and everything it calls.
  LogicalResult check(func::FuncOp function) {
    if (!path.insert(function))
      return function.emitError() << "recursion is not supported: function '"
                                  << function.getName() << "' calls itself";
    WalkResult result = function.walk([&](Operation *op) {
      if (op != function && failed(checkOperation(op)))
        return WalkResult::interrupt();
      auto call = dyn_cast<func::CallOp>(op);
      if (call && failed(checkCallee(call)))
        return WalkResult::interrupt();
      return WalkResult::advance();
    });
    path.pop_back();
    checked.insert(function);
    return failure(result.wasInterrupted());
  }

private:
  LogicalResult checkCallee(func::CallOp call) {
    auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(
        call, call.getCalleeAttr());
    return !callee || checked.contains(callee) ? success() : check(callee);
  }

  SymbolTableCollection symbols;
  llvm::SetVector<Operation *> path;
  llvm::SmallPtrSet<Operation *, 8> checked;
};

class CheckInputPass : public impl::CheckInputBase<CheckInputPass> {
  using CheckInputBase::CheckInputBase;

  void runOnOperation() override {
    auto function = getOperation().lookupSymbol<func::FuncOp>(entry);
    if (!function || function.isDeclaration()) {
      getOperation().emitError() << "no function '" << entry << "' with a body";
      return signalPassFailure();
    }
    if (failed(checkSignature(function)) || failed(CallGraph().check(function)))
      return signalPassFailure();
    for (auto other : getOperation().getOps<func::FuncOp>())
      if (other != function)
        other.setPrivate();
    function->setAttr("autotune.entry", UnitAttr::get(&getContext()));
    getOperation().walk([](cf::AssertOp assertion) { assertion.erase(); });
  }
};

} // namespace
} // namespace autotune
