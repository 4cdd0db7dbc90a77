"""The process behind `tests.sandbox`: answers pickled requests on standard input."""

import ctypes
import importlib
import io
import os
import pickle
import sys
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from mlir import ir
from mlir.dialects.llvm import translate_module_to_llvmir
from mlir.passmanager import PassManager

from autotune.errors import FrontEndError
from autotune.front_end import canonicalize
from autotune.object_code import openmp_runtime
from autotune.workload import Modes, ModuleParts
from tests.guarded_buffer import GuardedBuffer
from tests.statement_slices import sink_slices

importlib.import_module("autotune._passes")

# Independent of the project's own lowering; `scf.parallel` becomes a sequential loop.
UPSTREAM_LOWERING = (
    "builtin.module(func.func(expand-strided-metadata,lower-affine,convert-vector-to-scf),"
    "convert-scf-to-cf,convert-math-to-llvm,convert-vector-to-llvm,expand-strided-metadata,"
    "lower-affine,convert-cf-to-llvm,convert-arith-to-llvm,convert-index-to-llvm,"
    "finalize-memref-to-llvm,convert-func-to-llvm{use-bare-ptr-memref-call-conv=1},"
    "convert-ub-to-llvm,reconcile-unrealized-casts)"
)


def transform(text: str, pipeline: str) -> tuple[str | None, str, dict[str, Any]]:
    diagnostics: list[str] = []

    def note(diagnostic: ir.Diagnostic) -> bool:
        diagnostics.append(f"{diagnostic.location}: {diagnostic.message}")
        return True

    with ir.Context() as context:
        context.emit_error_diagnostics = True
        context.attach_diagnostic_handler(note)
        try:
            module = ir.Module.parse(text)
            PassManager.parse(pipeline).run(module.operation)
        except (ir.MLIRError, ValueError) as error:
            return None, "\n".join(diagnostics) or str(error), {}
        function = module.body.operations[0]
        attributes = {
            attribute: plain_value(function.attributes[attribute])
            for attribute in function.attributes
            if attribute.startswith("autotune.")
        }
        return str(module), "", {name[9:]: value for name, value in attributes.items()}


def plain_value(attribute: ir.Attribute) -> Any:
    if isinstance(attribute, ir.StringAttr):
        return attribute.value
    if isinstance(attribute, ir.ArrayAttr):
        return [plain_value(element) for element in attribute]
    return str(attribute)


def run_upstream(text: str, entry: str, arrays: list[np.ndarray[Any, Any]]) -> list[Any]:
    with ir.Context():
        module = ir.Module.parse(text)
        PassManager.parse(UPSTREAM_LOWERING).run(module.operation)
        llvm_ir = translate_module_to_llvmir(module.operation)
    return call_native(llvm_ir, entry, arrays)


def call_native(llvm_ir: str, entry: str, arrays: list[np.ndarray[Any, Any]]) -> list[Any]:
    machine = llvm.Target.from_default_triple().create_target_machine(opt=1)
    with llvm.create_mcjit_compiler(llvm.parse_assembly(llvm_ir), machine) as engine:
        return call(engine, entry, arrays)


def run_object(
    object_code: bytes, entry: str, arrays: list[np.ndarray[Any, Any]], gap_bytes: int
) -> list[Any]:
    llvm.load_library_permanently(str(openmp_runtime()))
    machine = llvm.Target.from_default_triple().create_target_machine()
    with llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine) as engine:
        engine.add_object_file(llvm.ObjectFileRef.from_data(object_code))
        return call(engine, entry, arrays, gap_bytes)


def call(
    engine: Any, entry: str, inputs: list[np.ndarray[Any, Any]], gap_bytes: int = 0
) -> list[Any]:
    engine.finalize_object()
    buffers = [GuardedBuffer(array, gap_bytes) for array in inputs]
    arrays = [buffer.array for buffer in buffers]
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))(
        engine.get_function_address(entry)
    )
    function(*[array.ctypes.data for array in arrays])
    return [buffer.released() for buffer in buffers]


def take_in(
    source: bytes, filename: str, entry: str | None, modes: Modes
) -> ModuleParts | FrontEndError:
    try:
        return canonicalize(source, filename, entry, modes)
    except FrontEndError as error:
        return error


def to_bytecode(text: str) -> bytes:
    with ir.Context():
        buffer = io.BytesIO()
        ir.Module.parse(text).operation.write_bytecode(buffer)
        return buffer.getvalue()


REQUESTS = {
    "sink_slices": sink_slices,
    "take_in": take_in,
    "to_bytecode": to_bytecode,
    "transform": transform,
    "run_upstream": run_upstream,
    "run_object": run_object,
}


def main() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    # The answers keep the pipe to themselves: anything printed goes to standard error.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            kind, *arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = True, REQUESTS[kind](*arguments)
        except (ir.MLIRError, RuntimeError, ValueError) as error:
            answer = False, str(error)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
