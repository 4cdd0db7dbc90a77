//===- AliasScopes.cpp - Disjoint buffers stay so in parallel regions -----===//

#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_ALIASSCOPES
#include "autotune/SchedulePasses.h.inc"

/// The pointer that an address is computed from.
static Value rootOf(Value address) {
  while (auto element = address.getDefiningOp<LLVM::GEPOp>())
    address = element.getBase();
  return address;
}

static Value addressOf(Operation *op) {
  if (auto load = dyn_cast<LLVM::LoadOp>(op))
    return load.getAddr();
  if (auto store = dyn_cast<LLVM::StoreOp>(op))
    return store.getAddr();
  return nullptr;
}

/// Whether nothing else points to what the value points to.
static bool isOwnBuffer(Value root, LLVM::LLVMFuncOp function) {
  if (auto call = root.getDefiningOp<LLVM::CallOp>())
    return call.getCallee() == "aligned_alloc" || call.getCallee() == "malloc";
  auto argument = dyn_cast<BlockArgument>(root);
  return argument && argument.getOwner() == &function.getBody().front() &&
         function.getArgAttr(argument.getArgNumber(),
                             LLVM::LLVMDialect::getNoAliasAttrName());
}

namespace {
struct AliasScopesPass : impl::AliasScopesBase<AliasScopesPass> {
  void runOnOperation() override {
    LLVM::LLVMFuncOp function = getOperation();
    auto isParallel = [](omp::ParallelOp) { return WalkResult::interrupt(); };
    if (!function.walk(isParallel).wasInterrupted())
      return;
    llvm::MapVector<Value, SmallVector<LLVM::AliasAnalysisOpInterface>> users;
    function.walk([&](LLVM::AliasAnalysisOpInterface access) {
      if (Value address = addressOf(access))
        if (Value root = rootOf(address); isOwnBuffer(root, function))
          users[root].push_back(access);
    });
    SmallVector<Attribute> scopes = makeScopes(users.size());
    for (auto [number, entry] : llvm::enumerate(users)) {
      SmallVector<Attribute> others(scopes);
      others.erase(others.begin() + number);
      for (LLVM::AliasAnalysisOpInterface access : entry.second) {
        access.setAliasScopes(ArrayAttr::get(&getContext(), scopes[number]));
        access.setNoAliasScopes(ArrayAttr::get(&getContext(), others));
      }
    }
  }

private:
  SmallVector<Attribute> makeScopes(size_t count) {
    MLIRContext *context = &getContext();
    std::string name = getOperation().getName().str();
    auto domain = LLVM::AliasScopeDomainAttr::get(
        context, StringAttr::get(context, name), nullptr);
    SmallVector<Attribute> scopes;
    for (size_t number = 0; number < count; ++number)
      scopes.push_back(LLVM::AliasScopeAttr::get(
          context, StringAttr::get(context, name + "." + Twine(number)), domain,
          nullptr));
    return scopes;
  }
};
} // namespace
} // namespace autotune
