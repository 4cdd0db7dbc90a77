"""From LLVM IR to object code and shared libraries, in processes that never import MLIR.

Hides llvmlite and the system's linker. Objects are relocatable and position independent, optimised
at O3 for one target. Candidates come from `autotune.optimising_compiler`.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import llvmlite.binding as llvm

from autotune.element_types import element_type
from autotune.errors import AutotuneError
from autotune.workload import Argument, Role

_LINKERS = ("cc", "gcc", "clang")


class ObjectCodeError(AutotuneError):
    """LLVM IR that does not compile, or objects that do not link."""


@dataclass(frozen=True)
class NativeCode:
    """What LLVM made of a module.

    Attributes:
        object_code: A relocatable ELF object.
        object_hash: Hexadecimal sha256 of it.
    """

    object_code: bytes
    object_hash: str


class NativeCompiler:
    """Compiles LLVM IR for one target: code that calls candidates, or that they call.

    Args:
        cpu: LLVM's name of the CPU.
        features: LLVM's feature string.
    """

    def __init__(self, cpu: str, features: str) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()
        self._cpu = cpu
        self._features = features
        self._machine = self.new_machine()

    def new_machine(self) -> llvm.TargetMachine:
        """Returns a description of the target, for an execution engine to own."""
        return llvm.Target.from_default_triple().create_target_machine(
            self._cpu, self._features, opt=3, reloc="pic", codemodel="default"
        )

    def compile(self, llvm_ir: str) -> NativeCode:
        """Returns the code of a module in LLVM's text form.

        Raises:
            ObjectCodeError: LLVM does not accept the module.
        """
        module = self._parse(llvm_ir)
        tuning = llvm.create_pipeline_tuning_options(speed_level=3)
        tuning.slp_vectorization = True
        builder = llvm.create_pass_builder(self._machine, tuning)
        builder.getModulePassManager().run(module, builder)
        object_code = self._machine.emit_object(module)
        return NativeCode(object_code, hashlib.sha256(object_code).hexdigest())

    def _parse(self, llvm_ir: str) -> llvm.ModuleRef:
        try:
            module = llvm.parse_assembly(llvm_ir)
        except RuntimeError as error:
            reason = _first_line(str(error).removeprefix("LLVM IR parsing error"))
            raise ObjectCodeError(f"LLVM refuses the module: {reason}") from None
        module.triple = self._machine.triple
        module.data_layout = str(self._machine.target_data)
        return module


def calling_stub(name: str, arguments: Sequence[Argument]) -> str:
    """Returns LLVM IR of `void NAME(void *function, void **values, int64_t count)`.

    It calls `function` `count` times, at least once; `values` holds a pointer to each buffer, and a
    pointer to each scalar. Callers so need not know how scalars are passed.
    """
    loads, passed = [], []
    for position, argument in enumerate(arguments):
        loads.append(f"%p{position} = getelementptr ptr, ptr %values, i64 {position}")
        loads.append(f"%a{position} = load ptr, ptr %p{position}")
        if argument.role is Role.SCALAR:
            llvm_type = element_type(argument.element).llvm
            loads.append(f"%s{position} = load {llvm_type}, ptr %a{position}")
            passed.append(f"{llvm_type} %s{position}")
        else:
            passed.append(f"ptr %a{position}")
    newline = "\n  "
    return f"""define void @{name}(ptr %function, ptr %values, i64 %count) {{
entry:
  {newline.join(loads)}
  br label %loop
loop:
  %done = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void %function({", ".join(passed)})
  %next = add i64 %done, 1
  %again = icmp slt i64 %next, %count
  br i1 %again, label %loop, label %exit
exit:
  ret void
}}
"""


class LoadedCode:
    """An object in this process's memory, ready to be called; the memory is freed with it."""

    def __init__(self, native: NativeCompiler, object_code: bytes) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), native.new_machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(object_code))
        self._engine.finalize_object()

    def address(self, symbol: str) -> int:
        """Returns the address of a function.

        Raises:
            ObjectCodeError: The object does not define it.
        """
        address: int = self._engine.get_function_address(symbol)
        if not address:
            raise ObjectCodeError(f"the object does not define {symbol}")
        return address


def link_library(objects: Sequence[Path], library: Path) -> None:
    """Links objects to a shared library, with libm and, where they need it, the OpenMP runtime.

    Raises:
        ObjectCodeError: No linker is installed, or it fails.
    """
    linker = next((path for name in _LINKERS if (path := shutil.which(name))), None)
    if linker is None:
        raise ObjectCodeError(
            f"no linker found (looked for {', '.join(_LINKERS)}); install gcc, "
            "or ask for object code only (--emit obj)"
        )
    command = [linker, "-shared", "-o", str(library), *map(str, objects), "-lm"]
    if any(b"__kmpc_" in path.read_bytes() for path in objects):
        runtime = openmp_runtime()
        command += [str(runtime), f"-Wl,-rpath,{runtime.parent}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ObjectCodeError(f"linking {library.name} failed: {_first_line(done.stderr)}")


def openmp_runtime() -> Path:
    """Returns the path of libiomp5, the runtime that LLVM's OpenMP calls need.

    Raises:
        ObjectCodeError: It is not installed.
    """
    library = Path(sys.prefix, "lib", "libiomp5.so")
    if not library.exists():
        raise ObjectCodeError(f"the OpenMP runtime is missing at {library}: install intel-openmp")
    return library


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
