//===- ResultsToArguments.cpp - Results become out-parameters -------------===//

#include "autotune/FrontEndPasses.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace autotune {
#define GEN_PASS_DEF_RESULTSTOARGUMENTS
#include "autotune/FrontEndPasses.h.inc"

namespace {

using namespace mlir;

/// Whether `value` is a buffer that may simply live in an argument of `type`.
bool isOwnBuffer(Value value, Type type, Block &entryBlock) {
  auto alloc = value.getDefiningOp<memref::AllocOp>();
  return alloc && alloc->getBlock() == &entryBlock && alloc.getType() == type;
}

void writeResult(OpBuilder &builder, Location loc, Value value,
                 Value argument) {
  if (!isa<MemRefType>(value.getType())) {
    memref::StoreOp::create(builder, loc, value, argument, ValueRange{});
    return;
  }
  Operation *alloc = value.getDefiningOp();
  if (isOwnBuffer(value, argument.getType(), *builder.getInsertionBlock())) {
    value.replaceAllUsesWith(argument);
    alloc->erase();
    return;
  }
  memref::CopyOp::create(builder, loc, value, argument);
}

class ResultsToArgumentsPass
    : public impl::ResultsToArgumentsBase<ResultsToArgumentsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration() || !function->hasAttr("autotune.entry"))
      return;
    Operation *terminator = function.getBody().back().getTerminator();
    auto marked =
        NamedAttribute(StringAttr::get(&getContext(), "autotune.result"),
                       UnitAttr::get(&getContext()));
    for (unsigned i = 0, e = terminator->getNumOperands(); i != e; ++i) {
      Type type = terminator->getOperand(i).getType();
      auto memref = dyn_cast<MemRefType>(type);
      auto argumentType =
          memref ? MemRefType::get(memref.getShape(), memref.getElementType())
                 : MemRefType::get({}, type);
      unsigned index = function.getNumArguments();
      if (failed(function.insertArgument(
              index, argumentType, DictionaryAttr::get(&getContext(), marked),
              terminator->getLoc())))
        return signalPassFailure();
      OpBuilder builder(terminator);
      writeResult(builder, terminator->getLoc(), terminator->getOperand(i),
                  function.getArgument(index));
    }
    terminator->setOperands({});
    function.setFunctionType(FunctionType::get(
        &getContext(), function.getFunctionType().getInputs(), {}));
    if (function.getResAttrsAttr())
      function.removeResAttrsAttr();
  }
};

} // namespace
} // namespace autotune
