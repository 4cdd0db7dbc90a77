"""LLVM IR to objects: stubs, refusals."""

import ctypes

import numpy as np
import pytest

from autotune.object_code import (
    LoadedCode,
    NativeCompiler,
    ObjectCodeError,
    calling_stub,
)
from autotune.workload import Argument, Role, Target


@pytest.fixture(scope="module")
def native(target: Target) -> NativeCompiler:
    return NativeCompiler(target.cpu, target.features)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("define void @f( {", "LLVM refuses the module: .*expected"),
        ("define i32 @f() {\n ret void\n}", "LLVM refuses the module"),
    ],
)
def test_bad_ir_is_refused(native: NativeCompiler, text: str, reason: str) -> None:
    with pytest.raises(ObjectCodeError, match=reason):
        native.compile(text)


@pytest.mark.parametrize("element", ["f64", "f32", "f16", "i8", "i32", "index", "i1"])
def test_stub_passes_scalars_and_counts(native: NativeCompiler, element: str) -> None:
    llvm_type = {"f64": "double", "f32": "float", "f16": "half", "index": "i64"}.get(
        element, element
    )
    dtype = {"f64": "d", "f32": "f", "f16": "e", "i8": "b", "i32": "i", "index": "q", "i1": "?"}
    function = native.compile(
        f"""define void @f(ptr %out, {llvm_type} %value, ptr %calls) {{
          store {llvm_type} %value, ptr %out
          %old = load i64, ptr %calls
          %new = add i64 %old, 1
          store i64 %new, ptr %calls
          ret void
        }}"""
    )
    arguments = [
        Argument(Role.RESULT, element, ()),
        Argument(Role.SCALAR, element, ()),
        Argument(Role.BUFFER, "i64", (1,)),
    ]
    stub = LoadedCode(native, native.compile(calling_stub("stub", arguments)).object_code)
    loaded = LoadedCode(native, function.object_code)
    out, value = np.zeros((), dtype[element]), np.ones((), dtype[element])
    calls = np.zeros(1, np.int64)
    values = (ctypes.c_void_p * 3)(out.ctypes.data, value.ctypes.data, calls.ctypes.data)
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    prototype(stub.address("stub"))(loaded.address("f"), values, 5)
    assert out == value
    assert calls == 5
    with pytest.raises(ObjectCodeError, match="does not define g"):
        loaded.address("g")
