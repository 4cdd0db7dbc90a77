//===- OptimisingCompiler.cpp - LLVM for candidates -----------------------===//
//
// From LLVM IR to objects with the LLVM that MLIR is linked to.
//
//===----------------------------------------------------------------------===//

#include "OptimisingCompiler.h"

#include <llvm-c/Core.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/PassInstrumentation.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Target/TargetMachine.h>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace autotune {
namespace {

/// What modules are called in objects.
constexpr char moduleName[] = "<string>";

/// Owns what one of LLVM's functions returned.
template <typename Pointer, void (*dispose)(Pointer)> struct Disposer {
  using pointer = Pointer;
  void operator()(Pointer owned) const { dispose(owned); }
};
template <typename Pointer, void (*dispose)(Pointer)>
using Owned = std::unique_ptr<Pointer, Disposer<Pointer, dispose>>;

using Context = Owned<LLVMContextRef, LLVMContextDispose>;
using OwnedModule = Owned<LLVMModuleRef, LLVMDisposeModule>;
using Buffer = Owned<LLVMMemoryBufferRef, LLVMDisposeMemoryBuffer>;
using Layout = Owned<LLVMTargetDataRef, LLVMDisposeTargetData>;
using TargetMachine = Owned<LLVMTargetMachineRef, LLVMDisposeTargetMachine>;

std::string taken(char *message) {
  std::string text(message ? message : "");
  LLVMDisposeMessage(message);
  return text;
}

/// Sets LLVM's options by their names on command lines.
void setOptions(const std::vector<std::string> &options) {
  std::vector<const char *> arguments{"autotune"};
  for (const std::string &option : options)
    arguments.push_back(option.c_str());
  LLVMParseCommandLineOptions(arguments.size(), arguments.data(), "");
}

/// What code is compiled for.
class Machine {
public:
  Machine(const std::string &cpu, const std::string &features) {
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    LLVMInitializeNativeAsmParser();
    triple = taken(LLVMGetDefaultTargetTriple());
    LLVMTargetRef target = nullptr;
    char *error = nullptr;
    if (LLVMGetTargetFromTriple(triple.c_str(), &target, &error))
      throw std::runtime_error(taken(error));
    machine.reset(LLVMCreateTargetMachine(
        target, triple.c_str(), cpu.c_str(), features.c_str(),
        LLVMCodeGenLevelAggressive, LLVMRelocPIC, LLVMCodeModelDefault));
    layout.reset(LLVMCreateTargetDataLayout(machine.get()));
  }

  llvm::TargetMachine *target() const {
    return reinterpret_cast<llvm::TargetMachine *>(machine.get());
  }

  void describe(LLVMModuleRef module) const {
    LLVMSetTarget(module, triple.c_str());
    LLVMSetModuleDataLayout(module, layout.get());
  }

  nb::bytes emit(LLVMModuleRef module, LLVMCodeGenFileType kind) const {
    char *error = nullptr;
    LLVMMemoryBufferRef buffer = nullptr;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine.get(), module, kind, &error,
                                            &buffer))
      throw std::runtime_error(taken(error));
    Buffer owned(buffer);
    return nb::bytes(LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
  }

  /// The object of an assembly text.
  nb::bytes assemble(nb::bytes assembly) const {
    Context context(LLVMContextCreate());
    OwnedModule module(
        LLVMModuleCreateWithNameInContext(moduleName, context.get()));
    LLVMSetModuleInlineAsm2(module.get(), assembly.c_str(), assembly.size());
    describe(module.get());
    return emit(module.get(), LLVMObjectFile);
  }

private:
  std::string triple;
  TargetMachine machine;
  Layout layout;
};

/// A module in LLVM's memory.
class Module {
public:
  /// Throws what LLVM says of a text that is no module.
  Module(const Machine &machine, const std::string &text)
      : context(LLVMContextCreate()) {
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(
        text.data(), text.size(), moduleName);
    LLVMModuleRef parsed = nullptr;
    char *error = nullptr;
    // The buffer is LLVM's from here on.
    if (LLVMParseIRInContext(context.get(), buffer, &parsed, &error))
      throw nb::value_error(taken(error).c_str());
    module.reset(parsed);
    machine.describe(parsed);
  }

  /// Runs a pass pipeline, in LLVM's syntax, without the passes of some
  /// classes.
  void optimise(const Machine &machine, const std::string &pipeline,
                const std::vector<std::string> &omitted) {
    llvm::PassInstrumentationCallbacks callbacks;
    llvm::StringSet<> names;
    for (const std::string &name : omitted)
      names.insert(name);
    callbacks.registerShouldRunOptionalPassCallback(
        [&](llvm::StringRef name, llvm::Any) { return !names.contains(name); });
    llvm::PassBuilder builder(machine.target(), tuning(), std::nullopt,
                              &callbacks);
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager components;
    llvm::ModuleAnalysisManager modules;
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    llvm::ModulePassManager passes;
    if (llvm::Error error = builder.parsePassPipeline(passes, pipeline))
      throw std::runtime_error(llvm::toString(std::move(error)));
    passes.run(*llvm::unwrap(module.get()), modules);
  }

  /// Selects and schedules instructions and allocates registers.
  nb::bytes assembly(const Machine &machine) const {
    return machine.emit(module.get(), LLVMAssemblyFile);
  }

  /// Whether an instruction has a vector for its result.
  bool hasVectors() const {
    for (const llvm::Function &function : *llvm::unwrap(module.get()))
      for (const llvm::Instruction &each : llvm::instructions(function))
        if (each.getType()->isVectorTy())
          return true;
    return false;
  }

  /// Whether what has loops in the module is functions with the attribute, and
  /// something is.
  bool hasOnly(const std::string &attribute) const {
    bool hasAny = false;
    for (LLVMValueRef function = LLVMGetFirstFunction(module.get()); function;
         function = LLVMGetNextFunction(function)) {
      if (LLVMIsDeclaration(function))
        continue;
      bool isMarked =
          LLVMGetStringAttributeAtIndex(function, LLVMAttributeFunctionIndex,
                                        attribute.c_str(), attribute.size());
      hasAny |= isMarked;
      if (!isMarked && LLVMCountBasicBlocks(function) > 1)
        return false;
    }
    return hasAny;
  }

private:
  static llvm::PipelineTuningOptions tuning() {
    llvm::PipelineTuningOptions options;
    options.LoopVectorization = options.LoopInterleaving = true;
    options.SLPVectorization = options.LoopUnrolling = true;
    return options;
  }

  Context context; ///< Outlives what is in it.
  OwnedModule module;
};

} // namespace

void bindOptimisingCompiler(nb::module_ &module) {
  module.def("set_llvm_options", &setOptions, nb::arg("options"),
             "Sets LLVM's options, as on the command lines of its tools.");
  nb::class_<Machine>(module, "Machine", "What code is compiled for.")
      .def(nb::init<const std::string &, const std::string &>(), nb::arg("cpu"),
           nb::arg("features"))
      .def("assemble", &Machine::assemble, nb::arg("assembly"),
           "Returns the object of an assembly text.");
  nb::class_<Module>(module, "Module", "A module in LLVM's memory.")
      .def(nb::init<const Machine &, const std::string &>(), nb::arg("machine"),
           nb::arg("text"), "Raises ValueError where LLVM refuses the text.")
      .def("optimise", &Module::optimise, nb::arg("machine"),
           nb::arg("pipeline"), nb::arg("omitted"),
           "Runs a pass pipeline, in LLVM's syntax, without the passes of some "
           "classes.")
      .def("assembly", &Module::assembly, nb::arg("machine"),
           "Returns the module's code as an assembly text.")
      .def("has_vectors", &Module::hasVectors,
           "Whether an instruction has a vector for its result.")
      .def("has_only", &Module::hasOnly, nb::arg("attribute"),
           "Whether all functions with loops have the attribute, and one has.");
}

} // namespace autotune
