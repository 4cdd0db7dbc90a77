"""LLVM IR to candidates' objects: spill counts, refusals, what is done for scheduled functions."""

import time

import mlir.ir  # noqa: F401  (before the passes)
import pytest

from autotune import optimising_compiler
from autotune.build_stages import StageClock
from autotune.object_code import ObjectCodeError
from autotune.optimising_compiler import (
    SCHEDULED_ATTRIBUTE,
    OptimisedCode,
    OptimisingCompiler,
    count_spills,
)
from autotune.workload import Target


@pytest.fixture(scope="module")
def compiler(target: Target) -> OptimisingCompiler:
    return OptimisingCompiler(target.cpu, target.features)


def _compile(compiler: OptimisingCompiler, text: str) -> OptimisedCode:
    return compiler.compile(text, StageClock(time.process_time))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("define void @f( {", "LLVM refuses the module: .*expected"),
        ("define i32 @f() {\n ret void\n}", "LLVM refuses the module"),
    ],
)
def test_bad_ir_is_refused(compiler: OptimisingCompiler, text: str, reason: str) -> None:
    with pytest.raises(ObjectCodeError, match=reason):
        _compile(compiler, text)


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
    # Elements of a buffer on the stack are no spills.
    assert count_spills(_ASSEMBLY.replace("64(%rsp), %zmm3", "64(%rsp,%rax), %zmm3")) == 1
    assert count_spills("f:\n\tmovq\t8(%rsp), %rax\n\tretq\n") == 0


def test_register_pressure_shows(compiler: OptimisingCompiler) -> None:
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

    assert _compile(compiler, loop(4)).num_spills == 0
    assert _compile(compiler, loop(64)).num_spills >= 32


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
    compiler: OptimisingCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f'noinline "{SCHEDULED_ATTRIBUTE}"'
    call = "define void @g(ptr %a, i64 %n) {\ncall void @f(ptr %a, ptr %a, i64 %n)\nret void\n}\n"
    programs = {
        "plain": _strided_loop("f"),
        "scheduled": _strided_loop("f", mark),
        "called": _strided_loop("f", mark) + call,
        "mixed": _strided_loop("f", mark) + _strided_loop("h"),
    }
    hashes = {name: _compile(compiler, text).object_hash for name, text in programs.items()}
    for is_scheduled in (False, True):
        monkeypatch.setattr(
            optimising_compiler, "_is_scheduled", lambda _, answer=is_scheduled: answer
        )
        forced = {name: _compile(compiler, text).object_hash for name, text in programs.items()}
        is_same = {name: forced[name] == hashes[name] for name in programs}
        assert is_same == {
            "plain": not is_scheduled,
            "scheduled": is_scheduled,
            "called": is_scheduled,
            "mixed": not is_scheduled,
        }


def _copying_loop(element: str, attribute: str = "") -> str:
    return f"""define void @f(ptr noalias %a, ptr noalias %b, i64 %n) {attribute} {{
    entry:
      br label %loop
    loop:
      %i = phi i64 [ 0, %entry ], [ %next, %body ]
      %again = icmp slt i64 %i, %n
      br i1 %again, label %body, label %exit
    body:
      %from = getelementptr {element}, ptr %a, i64 %i
      %value = load volatile {element}, ptr %from, align 8
      %to = getelementptr {element}, ptr %b, i64 %i
      store volatile {element} %value, ptr %to, align 8
      %next = add nuw nsw i64 %i, 1
      br label %loop
    exit:
      ret void
    }}
    """


@pytest.mark.parametrize(
    ("element", "attribute", "is_lean"),
    [
        ("<4 x double>", f'"{SCHEDULED_ATTRIBUTE}"', True),
        ("<4 x double>", "", False),
        ("double", f'"{SCHEDULED_ATTRIBUTE}"', False),
        ("double", "", False),
    ],
)
def test_scheduled_vectors_go_through_fewer_passes(
    compiler: OptimisingCompiler,
    monkeypatch: pytest.MonkeyPatch,
    element: str,
    attribute: str,
    is_lean: bool,
) -> None:
    text = _copying_loop(element, attribute)
    built = _compile(compiler, text)
    monkeypatch.setattr(optimising_compiler, "_OMITTED_FOR_VECTORS", ("LoopRotatePass",))
    assert (_compile(compiler, text).object_hash != built.object_hash) is is_lean
