//===- OptimisingCompiler.cpp - LLVM for candidates -----------------------===//
//
// From LLVM IR to objects with the LLVM that MLIR is linked to.
//
//===----------------------------------------------------------------------===//

#include "OptimisingCompiler.h"

#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

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
using Options = Owned<LLVMPassBuilderOptionsRef, LLVMDisposePassBuilderOptions>;
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

  LLVMTargetMachineRef get() const { return machine.get(); }

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

  /// Runs a pass pipeline, in LLVM's syntax.
  void optimise(const Machine &machine, const std::string &pipeline) {
    Options options(LLVMCreatePassBuilderOptions());
    LLVMPassBuilderOptionsSetLoopVectorization(options.get(), true);
    LLVMPassBuilderOptionsSetLoopInterleaving(options.get(), true);
    LLVMPassBuilderOptionsSetLoopUnrolling(options.get(), true);
    LLVMPassBuilderOptionsSetSLPVectorization(options.get(), true);
    if (LLVMErrorRef error = LLVMRunPasses(module.get(), pipeline.c_str(),
                                           machine.get(), options.get())) {
      char *message = LLVMGetErrorMessage(error);
      std::string text(message);
      LLVMDisposeErrorMessage(message);
      throw std::runtime_error(text);
    }
  }

  /// Selects and schedules instructions and allocates registers.
  nb::bytes assembly(const Machine &machine) const {
    return machine.emit(module.get(), LLVMAssemblyFile);
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
           nb::arg("pipeline"), "Runs a pass pipeline, in LLVM's syntax.")
      .def("assembly", &Module::assembly, nb::arg("machine"),
           "Returns the module's code as an assembly text.")
      .def("has_only", &Module::hasOnly, nb::arg("attribute"),
           "Whether all functions with loops have the attribute, and one has.");
}

} // namespace autotune
