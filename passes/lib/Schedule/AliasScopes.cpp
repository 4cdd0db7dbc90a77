//===- AliasScopes.cpp - Disjoint buffers stay so in parallel regions -----===//

#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_ALIASSCOPES
#include "autotune/SchedulePasses.h.inc"

/// The field of a structure that is put together here; null for others.
static Value fieldOf(LLVM::ExtractValueOp field) {
  Value whole = field.getContainer();
  while (auto insertion = whole.getDefiningOp<LLVM::InsertValueOp>()) {
    if (insertion.getPosition() == field.getPosition())
      return insertion.getValue();
    whole = insertion.getContainer();
  }
  return nullptr;
}

/// The pointer that an address is computed from, through the descriptors of
/// memrefs.
static Value rootOf(Value address) {
  while (address) {
    if (auto element = address.getDefiningOp<LLVM::GEPOp>())
      address = element.getBase();
    else if (auto field = address.getDefiningOp<LLVM::ExtractValueOp>())
      address = fieldOf(field);
    else
      return address;
  }
  return nullptr;
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
  if (root.getDefiningOp<LLVM::AllocaOp>())
    return true;
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
        if (Value root = rootOf(address); root && isOwnBuffer(root, function))
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
