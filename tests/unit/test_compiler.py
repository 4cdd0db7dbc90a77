"""The compiler pool: artefacts, failures with reasons, workers that crash and hang."""

import os
import re
import signal
import time
from concurrent.futures import wait

import pytest

from autotune.compiler import CompilerPool
from autotune.errors import InputError
from autotune.measurement import (
    Artefact,
    Candidate,
    Description,
    Expansion,
    Failure,
    FailureKind,
    ModuleBuild,
)
from autotune.schedule import Schedule
from autotune.workload import Modes, Target, Workload
from tests.children import children_running
from tests.unit.kernels import buffer, matmul, workload

_HUGE_VECTOR = workload(
    """
    %c = arith.constant dense<1.0> : vector<100000000xf32>
    %i = arith.constant 0 : index
    vector.store %c, %0[%i] : memref<4xf32>, vector<100000000xf32>""",
    buffer("f32", 4),
)


def _build(pool: CompilerPool, of: Workload, schedule: str = "") -> Artefact | Failure:
    result = pool.build(Candidate(of, Schedule.parse(schedule))).result()
    assert (result.artefact is None) != (result.failure is None)
    outcome = result.artefact or result.failure
    assert outcome is not None
    return outcome


def test_equal_programs_give_equal_code(pool: CompilerPool) -> None:
    first, again, other = (_build(pool, matmul(n)) for n in (16, 16, 24))
    assert isinstance(first, Artefact)
    assert isinstance(again, Artefact)
    assert isinstance(other, Artefact)
    assert first.object_code.startswith(b"\x7fELF")
    assert first.object_hash == again.object_hash != other.object_hash


def test_only_large_temporaries_are_allocated(pool: CompilerPool) -> None:
    packed = "autotune-pack{band=0 array=1 panel-dim=1 panel=8}"
    small, large = (_build(pool, matmul(n), packed) for n in (32, 512))
    assert isinstance(small, Artefact)
    assert isinstance(large, Artefact)
    assert b"aligned_alloc" not in small.object_code
    assert b"aligned_alloc" in large.object_code


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("%a = math.unknown %0", "custom op 'math.unknown' is unknown"),
        ("%a = arith.addf %0, %0 : f32", "different type than prior uses"),
        ("}", "custom op 'return' is unknown"),
    ],
)
def test_bad_text_is_a_failure_with_the_reason(pool: CompilerPool, body: str, reason: str) -> None:
    failure = _build(pool, workload(body, buffer("f32", 4)))
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.COMPILE_ERROR
    assert reason in failure.message
    assert "\n" not in failure.message


def test_assertion_costs_one_candidate(pool: CompilerPool) -> None:
    futures = [pool.build(Candidate(w, Schedule())) for w in (_HUGE_VECTOR, matmul(8))]
    crashed, built = (future.result() for future in futures)
    assert crashed.failure is not None
    assert crashed.failure.kind is FailureKind.COMPILE_CRASH
    assert "SIGABRT: Assertion `NumBits" in crashed.failure.message
    assert built.failure is None


def test_hang_costs_one_candidate(target: Target) -> None:
    others = _workers()
    with CompilerPool(target, num_workers=1, timeout_secs=4) as pool:
        assert isinstance(_build(pool, matmul(8)), Artefact)
        (worker,) = _workers() - others
        os.kill(worker, signal.SIGSTOP)
        hung = pool.build(Candidate(matmul(8), Schedule()))
        following = pool.build(Candidate(matmul(8), Schedule()))
        failure = hung.result().failure
        assert failure is not None
        assert failure.kind is FailureKind.COMPILE_TIMEOUT
        assert following.result().failure is None
        assert worker not in _workers()


def test_descriptions_may_take_a_quarter_of_the_time(target: Target) -> None:
    others = _workers()
    with CompilerPool(target, num_workers=1, timeout_secs=12) as pool:
        candidate = Candidate(matmul(8), Schedule())
        assert isinstance(pool.describe(candidate).result(), Description)
        (worker,) = _workers() - others
        os.kill(worker, signal.SIGSTOP)
        start = time.monotonic()
        failure = pool.describe(candidate).result()
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.COMPILE_TIMEOUT
        assert time.monotonic() - start < 12.0


def test_paused_workers_go_on_where_they_were(target: Target) -> None:
    cores = frozenset(os.sched_getaffinity(0))
    with CompilerPool(target, num_workers=1, timeout_secs=60) as pool:
        assert isinstance(_build(pool, matmul(8)), Artefact)
        with pool.paused(cores):
            built = pool.build(Candidate(matmul(24), Schedule()))
            assert not wait([built], timeout=1.0).done
        assert built.result().failure is None
        with pool.paused(frozenset()):
            assert isinstance(_build(pool, matmul(16)), Artefact)


def test_builds_leave_the_core_of_questions_to_them(target: Target) -> None:
    cores = frozenset(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("there is one core")
    before = _workers()
    with CompilerPool(target, num_workers=len(cores), timeout_secs=60) as pool:
        while len(pool._builds._waiting) < len(cores):
            time.sleep(0.001)
        assert isinstance(_build(pool, matmul(8)), Artefact)
        (worker,) = _workers() - before
        assert os.sched_getaffinity(worker) != {min(cores)}
        assert os.getpriority(os.PRIO_PROCESS, worker) == os.getpriority(os.PRIO_PROCESS, 0)
        with pool.paused(cores - {min(cores)}):
            assert isinstance(_build(pool, matmul(16)), Artefact)
            (other,) = _workers() - before - {worker}
        assert os.sched_getaffinity(other) == {min(cores)}
        assert os.getpriority(os.PRIO_PROCESS, other) > os.getpriority(os.PRIO_PROCESS, 0)


def test_close_cancels_what_waits_and_leaves_no_process(target: Target) -> None:
    before = _workers()
    with CompilerPool(target, num_workers=2, timeout_secs=60) as pool:
        assert isinstance(_build(pool, matmul(8)), Artefact)
        futures = [pool.build(Candidate(matmul(8), Schedule())) for _ in range(100)]
    assert futures[-1].cancelled()
    assert all(future.done() for future in futures)
    assert _workers() == before
    with pytest.raises(RuntimeError, match="closed"):
        pool.build(Candidate(matmul(8), Schedule()))


def test_module_keeps_only_the_entry_public(pool: CompilerPool) -> None:
    text = """
      func.func @entry(%a: memref<4xf32>) attributes {autotune.entry} {
        call @work(%a) : (memref<4xf32>) -> ()
        return
      }
      func.func @work(%a: memref<4xf32>) attributes {autotune.workload} {
        %zero = arith.constant 0.0 : f32
        affine.for %i = 0 to 4 {
          affine.store %zero, %a[%i] : memref<4xf32>
        }
        return
      }"""
    build = pool.build_module(text, {"work": Schedule()})
    assert isinstance(build, ModuleBuild)
    assert "define void @entry(ptr noalias" in build.llvm_ir
    assert "define internal void @work(ptr noalias" in build.llvm_ir
    assert "affine.for" in build.tuned_text


def test_untuned_code_addresses_rows_and_columns_as_c_does(pool: CompilerPool) -> None:
    text = """
      func.func @entry(%a: memref<8x16xf32>, %b: memref<8xf32>) attributes {autotune.entry} {
        affine.for %i = 1 to 8 {
          affine.for %j = 1 to 16 {
            %value = affine.load %a[%i, %j - 1] : memref<8x16xf32>
            affine.store %value, %b[%i - 1] : memref<8xf32>
          }
        }
        return
      }"""
    build = pool.build_module(text, {})
    assert isinstance(build, ModuleBuild)
    address = r"(%\d+) = getelementptr inbounds nuw float, ptr (%\d+), i64 (%\d+)"
    row, element, vector = re.findall(address, build.llvm_ir)
    assert f"{row[2]} = mul nuw nsw" in build.llvm_ir
    assert element[1] == row[0]
    # Column and index are summed before: `b[i]` on the way to `b[i - 1]` may be out of bounds.
    for index in (element[2], vector[2]):
        assert re.search(rf"{index} = add i64 %\d+, -1", build.llvm_ir)


def test_schedules_change_code_and_trees(pool: CompilerPool) -> None:
    untiled, tiled = (
        pool.expand(Candidate(matmul(64), Schedule.parse(text))).result()
        for text in ("", "autotune-tile{band=0 sizes=8,8,8}")
    )
    assert isinstance(untiled, Expansion)
    assert isinstance(tiled, Expansion)
    assert untiled.tree_hash != tiled.tree_hash
    assert {menu.name for menu in untiled.menus} >= {"autotune-tile", "autotune-vectorize"}
    built = _build(pool, matmul(64)), _build(pool, matmul(64), "autotune-tile{band=0 sizes=8,8,8}")
    assert isinstance(built[0], Artefact)
    assert isinstance(built[1], Artefact)
    assert built[0].object_hash != built[1].object_hash


@pytest.mark.parametrize(
    ("schedule", "kind", "reason"),
    [
        ("autotune-tile{band=7 sizes=8}", FailureKind.ILLEGAL, "band"),
        ("autotune-tile{band=0 sizes=8,8,8,8}", FailureKind.ILLEGAL, "member"),
        ("autotune-interchange{band=0 permutation=0,1,2}", FailureKind.ILLEGAL, "changes nothing"),
        (
            "autotune-unroll-and-jam{band=0 factors=16,16,8}",
            FailureKind.COMPILE_ERROR,
            "operations, more than",
        ),
    ],
)
def test_refused_schedules(
    pool: CompilerPool, schedule: str, kind: FailureKind, reason: str
) -> None:
    failure = _build(pool, matmul(64), schedule)
    assert isinstance(failure, Failure)
    assert failure.kind is kind
    assert reason in failure.message


_CRASHING = "scf.execute_region {\n" * 20_000 + "scf.yield\n}" * 20_000


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "bad.mlir"),
        (b"\x00\x01\xff junk", "bad.mlir:1:"),
        (b"func.func @f() {\n  %a = math.unknown\n}", "bad.mlir:2:8: .*unknown"),
        (f"func.func @f() {{\n{_CRASHING}\nreturn }}".encode(), "bad.mlir: the compiler crashed"),
    ],
)
def test_bad_programs_raise_one_line(pool: CompilerPool, source: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as raised:
        pool.front_end(source, "bad.mlir", None, Modes())
    assert "\n" not in str(raised.value)


def test_program_comes_apart_in_workloads(pool: CompilerPool) -> None:
    source = b"""
      func.func @twice(%a: memref<8xf32>) {
        affine.for %i = 0 to 8 {
          %x = affine.load %a[%i] : memref<8xf32>
          %y = arith.addf %x, %x : f32
          affine.store %y, %a[%i] : memref<8xf32>
        }
        return
      }"""
    parts = pool.front_end(source, "twice.mlir", None, Modes())
    assert parts.entry == "twice"
    assert parts.arguments == (buffer("f32", 8),)
    assert isinstance(_build(pool, parts.workloads[0]), Artefact)


def _workers() -> set[int]:
    """Process ids of this process's compile workers."""
    return children_running("autotune.compile_worker")
