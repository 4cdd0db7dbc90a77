"""LLVM IR to objects: stubs, spill counts, refusals."""

import ctypes

import numpy as np
import pytest

from autotune import object_code
from autotune.object_code import (
    SCHEDULED_ATTRIBUTE,
    LoadedCode,
    NativeCompiler,
    ObjectCodeError,
    calling_stub,
    count_spills,
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


_ASSEMBLY = """
f:
\tmovq\t%rax, 8(%rsp)
.LBB0_1:
\tvaddps\t%zmm0, %zmm1, %zmm2
\tvaddps\t%zmm0, %zmm1, %zmm2
\tvaddps\t%zmm0, %zmm1, %zmm2
.LBB0_2:
\tvfmadd231ps\t(%rax), %zmm0, %zmm1
\tvmovups\t64(%rsp), %zmm3
\tvfmadd231ps\t128(%rsp), %zmm3, %zmm1
\tjne\t.LBB0_2
.LBB0_3:
\tvmulps\t%zmm0, %zmm1, %zmm2
\tvmovups\t-64(%rbp), %zmm3
\tjne\t.LBB0_3
\tvmovups\t%zmm3, 64(%rsp)
\tjne\t.LBB0_1
\tretq
"""


def test_spills_are_counted_in_the_hottest_innermost_loop() -> None:
    assert count_spills(_ASSEMBLY) == 2
    assert count_spills(_ASSEMBLY.replace("vfmadd231ps", "vmovups")) == 1
    assert count_spills("f:\n\tmovq\t8(%rsp), %rax\n\tretq\n") == 0


def test_register_pressure_shows(native: NativeCompiler) -> None:
    """A loop with 64 accumulators of 512 bits cannot keep them all in registers."""

    def loop(num_accumulators: int) -> str:
        names = range(num_accumulators)
        phis = "\n".join(
            f"%a{n} = phi <16 x float> [zeroinitializer, %entry], [%b{n}, %loop]" for n in names
        )
        body = "\n".join(
            f"%p{n} = getelementptr <16 x float>, ptr %x, i64 {n}\n"
            f"%v{n} = load volatile <16 x float>, ptr %p{n}\n"
            f"%b{n} = fadd <16 x float> %a{n}, %v{n}"
            for n in names
        )
        stores = "\n".join(f"store <16 x float> %b{n}, ptr %p{n}" for n in names)
        return f"""define void @f(ptr %x) {{
          entry:
            br label %loop
          loop:
            %i = phi i64 [0, %entry], [%next, %loop]
            {phis}
            {body}
            %next = add i64 %i, 1
            %again = icmp slt i64 %next, 1000
            br i1 %again, label %loop, label %exit
          exit:
            {stores}
            ret void
          }}"""

    assert native.compile(loop(4)).num_spills == 0
    assert native.compile(loop(64)).num_spills >= 32


def _strided_loop(name: str, attribute: str = "") -> str:
    return f"""define void @{name}(ptr noalias %a, ptr noalias %b, i64 %n) {attribute} {{
    entry:
      br label %loop
    loop:
      %i = phi i64 [ 0, %entry ], [ %next, %loop ]
      %offset = mul nuw nsw i64 %i, 1000
      %from = getelementptr inbounds double, ptr %a, i64 %offset
      %value = load volatile double, ptr %from
      %to = getelementptr inbounds double, ptr %b, i64 %offset
      store volatile double %value, ptr %to
      %next = add nuw nsw i64 %i, 1
      %again = icmp slt i64 %next, %n
      br i1 %again, label %loop, label %exit
    exit:
      ret void
    }}
    """


def test_strength_is_reduced_where_something_with_loops_is_not_scheduled(
    native: NativeCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f'noinline "{SCHEDULED_ATTRIBUTE}"'
    call = "define void @g(ptr %a, i64 %n) {\ncall void @f(ptr %a, ptr %a, i64 %n)\nret void\n}\n"
    programs = {
        "plain": _strided_loop("f"),
        "scheduled": _strided_loop("f", mark),
        "called": _strided_loop("f", mark) + call,
        "mixed": _strided_loop("f", mark) + _strided_loop("h"),
    }
    hashes = {name: native.compile(text).object_hash for name, text in programs.items()}
    for is_scheduled in (False, True):
        monkeypatch.setattr(object_code, "_is_scheduled", lambda _, answer=is_scheduled: answer)
        forced = {name: native.compile(text).object_hash for name, text in programs.items()}
        is_same = {name: forced[name] == hashes[name] for name in programs}
        assert is_same == {
            "plain": not is_scheduled,
            "scheduled": is_scheduled,
            "called": is_scheduled,
            "mixed": not is_scheduled,
        }
