"""The runner: verified times, and candidates that are wrong, crash or hang."""

import operator
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Artefact, Candidate, FailureKind, MeasureConfig, Measurement
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.target import host_name
from autotune.workload import Target, Workload
from tests.children import children_running
from tests.faults import CODE, assemble
from tests.unit.kernels import buffer, matmul, scalar, workload

_CONFIG = MeasureConfig(budget_secs=0.02, slack_secs=2.0, patience_secs=0.0)
_LENGTH = 100
_VECTOR = f"memref<{_LENGTH}xf32>"
_DOUBLE = f"""
  affine.for %i = 0 to {_LENGTH} {{
    %a = affine.load %0[%i] : {_VECTOR}
    %b = arith.addf %a, %a : f32
    affine.store %b, %0[%i] : {_VECTOR}
  }}"""


@pytest.fixture(scope="module")
def runner(target: Target) -> Iterator[LocalRunner]:
    with LocalRunner(target, _CONFIG) as local:
        yield local


def _build(pool: CompilerPool, of: Workload) -> Artefact:
    artefact = pool.build(Candidate(of, Schedule())).result().artefact
    assert artefact is not None
    return artefact


def _run(
    pool: CompilerPool, runner: LocalRunner, body: str, baseline: str = _DOUBLE
) -> Measurement:
    reference = workload(baseline, buffer("f32", _LENGTH))
    candidate = workload(body, buffer("f32", _LENGTH))
    return runner.run(reference, _build(pool, reference), _build(pool, candidate))


def test_equal_programs_are_timed_beside_each_other(
    pool: CompilerPool, runner: LocalRunner
) -> None:
    downwards = replace(matmul(8), text=matmul(8).text.replace("[%i", "[7 - %i"))
    artefacts = [_build(pool, each) for each in (matmul(8), downwards)]
    measurement = runner.run(matmul(8), *artefacts)
    assert measurement.failure is None
    assert all(secs > 0 for secs in measurement.run_secs)
    assert measurement.run_secs != measurement.baseline_secs
    assert measurement.host == host_name()
    assert len(measurement.baseline_secs) >= 1


def test_the_baseline_itself_is_not_timed_twice(pool: CompilerPool, runner: LocalRunner) -> None:
    artefact = _build(pool, matmul(8))
    measurement = runner.run(matmul(8), artefact, artefact)
    assert measurement.run_secs == measurement.baseline_secs != ()
    assert measurement.host == host_name()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_DOUBLE.replace("addf", "mulf"), r"argument 0: 100 of 100 elements differ; at \[0\]"),
        (_DOUBLE.replace("0 to 100", "0 to 99"), r"1 of 100 elements differ; at \[99\]"),
        ("", "100 of 100 elements differ"),
        (
            f"""%beside = arith.constant {_LENGTH} : index
            %zero = arith.constant 0.0 : f32
            memref.store %zero, %0[%beside] : {_VECTOR}
            {_DOUBLE}""",
            "argument 0: written out of bounds",
        ),
    ],
)
def test_wrong_results(pool: CompilerPool, runner: LocalRunner, body: str, reason: str) -> None:
    failure = _run(pool, runner, body).failure
    assert failure is not None
    assert failure.kind is FailureKind.WRONG_RESULT
    assert re.search(reason, failure.message)
    assert _run(pool, runner, _DOUBLE).failure is None


@pytest.mark.parametrize(
    ("offset", "operation"),
    [(4096, "load"), (4096, "store"), (-4096, "load"), (1 << 40, "store")],
)
def test_far_accesses_crash(
    pool: CompilerPool, runner: LocalRunner, offset: int, operation: str
) -> None:
    access = {
        "load": f"%v = memref.load %0[%far] : {_VECTOR}\nmemref.store %v, %0[%near] : {_VECTOR}",
        "store": f"memref.store %zero, %0[%far] : {_VECTOR}",
    }
    constants = (
        f"%far = arith.constant {offset} : index\n%near = arith.constant 0 : index\n"
        "%zero = arith.constant 0.0 : f32\n"
    )
    failure = _run(pool, runner, constants + access[operation] + _DOUBLE).failure
    assert failure is not None
    assert failure.kind is FailureKind.RUN_ERROR
    assert "SIGSEGV" in failure.message
    assert _run(pool, runner, _DOUBLE).failure is None


def test_abort_is_a_failure(pool: CompilerPool, runner: LocalRunner) -> None:
    body = f"""%false = arith.constant false
      cf.assert %false, "never"
      {_DOUBLE}"""
    failure = _run(pool, runner, body).failure
    assert failure is not None
    assert failure.kind is FailureKind.RUN_ERROR
    assert "SIGABRT" in failure.message


def test_hang_is_a_failure(pool: CompilerPool, runner: LocalRunner) -> None:
    body = """%zero = arith.constant 0 : index
      %value = arith.constant 0.0 : f32
      scf.while : () -> () {
        %again = arith.constant true
        scf.condition(%again)
      } do {
        %old = memref.load %0[%zero] : memref<100xf32>
        %new = math.sqrt %old : f32
        memref.store %new, %0[%zero] : memref<100xf32>
        scf.yield
      }"""
    failure = _run(pool, runner, body).failure
    assert failure is not None
    assert failure.kind is FailureKind.RUN_TIMEOUT
    assert _run(pool, runner, _DOUBLE).failure is None


@pytest.mark.parametrize("kind", CODE)
def test_faults_are_told_apart(pool: CompilerPool, target: Target, kind: FailureKind) -> None:
    """Each costs its candidate, and the next one gets right times from a sound worker."""
    reference = workload(_DOUBLE, buffer("f32", _LENGTH))
    baseline = _build(pool, reference)
    config = replace(_CONFIG, slack_secs=0.5, memory_bytes=1 << 30)
    with LocalRunner(target, config) as runner:
        failure = runner.run(reference, baseline, assemble(CODE[kind], target)).failure
        assert failure is not None
        assert failure.kind is kind
        assert "\n" not in failure.message
        upwards = workload(_DOUBLE.replace("[%i]", f"[{_LENGTH - 1} - %i]"), buffer("f32", _LENGTH))
        assert runner.run(reference, baseline, _build(pool, upwards)).failure is None


def test_memory_that_is_never_used_counts(pool: CompilerPool, target: Target) -> None:
    untouched = CODE[FailureKind.OUT_OF_MEMORY].replace("store volatile i8 1, ptr %memory", "")
    with LocalRunner(target, replace(_CONFIG, memory_bytes=1 << 30)) as runner:
        reference = workload(_DOUBLE, buffer("f32", _LENGTH))
        artefact = assemble(untouched.replace("@malloc", "@aligned_alloc"), target)
        failure = runner.run(reference, _build(pool, reference), artefact).failure
    assert failure is not None
    assert failure.kind is FailureKind.OUT_OF_MEMORY


def test_freed_memory_is_there_for_the_next_buffer(pool: CompilerPool, target: Target) -> None:
    """Not handed back and mapped anew: that takes as long as short code, or nothing."""
    ones = f"""%one = arith.constant 1.0 : f32
      affine.for %i = 0 to {_LENGTH} {{
        affine.store %one, %0[%i] : memref<{_LENGTH}xf32>
      }}"""
    leftover = f"""
      declare ptr @malloc(i64)
      declare void @free(ptr)
      define void @kernel(ptr %values) {{
      entry:
        %first = call ptr @malloc(i64 20000000)
        %there = getelementptr i8, ptr %first, i64 10000000
        store volatile float 1.0, ptr %there
        call void @free(ptr %first)
        %second = call ptr @malloc(i64 20000000)
        %here = getelementptr i8, ptr %second, i64 10000000
        %value = load volatile float, ptr %here
        call void @free(ptr %second)
        br label %loop
      loop:
        %i = phi i64 [ 0, %entry ], [ %next, %loop ]
        %place = getelementptr float, ptr %values, i64 %i
        store float %value, ptr %place
        %next = add i64 %i, 1
        %again = icmp ult i64 %next, {_LENGTH}
        br i1 %again, label %loop, label %end
      end:
        ret void
      }}"""
    reference = workload(ones, buffer("f32", _LENGTH))
    with LocalRunner(target, _CONFIG) as runner:
        artefact = assemble(leftover, target)
        assert runner.run(reference, _build(pool, reference), artefact).failure is None


def test_results_that_are_right_only_once(pool: CompilerPool, target: Target) -> None:
    once = f"""
      @calls = internal global i64 0
      define void @kernel(ptr %values) {{
      entry:
        %before = load i64, ptr @calls
        %now = add i64 %before, 1
        store i64 %now, ptr @calls
        %is_first = icmp eq i64 %before, 0
        br i1 %is_first, label %loop, label %end
      loop:
        %i = phi i64 [ 0, %entry ], [ %next, %loop ]
        %place = getelementptr float, ptr %values, i64 %i
        %old = load float, ptr %place
        %new = fadd float %old, %old
        store float %new, ptr %place
        %next = add i64 %i, 1
        %more = icmp ult i64 %next, {_LENGTH}
        br i1 %more, label %loop, label %end
      end:
        ret void
      }}"""
    reference = workload(_DOUBLE, buffer("f32", _LENGTH))
    with LocalRunner(target, _CONFIG) as runner:
        failure = runner.run(reference, _build(pool, reference), assemble(once, target)).failure
        assert failure is not None
        assert failure.kind is FailureKind.NON_DETERMINISTIC
        assert failure.message.startswith("a later call differs; argument 0: 100 of 100")
        other = CODE[FailureKind.NON_DETERMINISTIC]
        failure = runner.run(reference, *[assemble(other, target)] * 2).failure
        assert failure is None  # It is the workload's hash that counts: prepared already.
        unsteady = replace(reference, hash="another")
        failure = runner.run(unsteady, *[assemble(other, target)] * 2).failure
        assert failure is not None
        assert failure.kind is FailureKind.NON_DETERMINISTIC
        assert failure.message.startswith("the untransformed program fails")


def test_candidates_side_by_side(pool: CompilerPool, target: Target) -> None:
    reference = workload(_DOUBLE, buffer("f32", _LENGTH))
    baseline = _build(pool, reference)
    wrong = assemble(CODE[FailureKind.WRONG_RESULT], target)
    crash = assemble(CODE[FailureKind.RUN_ERROR], target)
    good = _build(
        pool, workload(_DOUBLE.replace("[%i]", f"[{_LENGTH - 1} - %i]"), buffer("f32", _LENGTH))
    )
    with LocalRunner(target, replace(_CONFIG, finalist_budget_secs=0.05)) as runner:
        timed = runner.compare(reference, baseline, [good, wrong, good])
        kinds = [each.failure and each.failure.kind for each in timed]
        assert kinds == [None, FailureKind.WRONG_RESULT, None]
        assert all(len(each.run_secs) >= 1 for each in timed if each.failure is None)
        assert timed[0] != timed[2]  # Each is timed on its own.
        timed = runner.compare(reference, baseline, [good, crash, wrong])
        kinds = [each.failure and each.failure.kind for each in timed]
        assert kinds == [None, FailureKind.RUN_ERROR, FailureKind.WRONG_RESULT]
        assert runner.compare(reference, baseline, []) == []


def test_cold_caches(pool: CompilerPool, target: Target) -> None:
    """What lies in the first cache otherwise comes from memory, for the baseline, too."""
    array = "memref<8192xf32>"
    body = f"""
      affine.for %i = 0 to 8192 {{
        %a = affine.load %0[%i] : {array}
        affine.store %a, %1[%i] : {array}
      }}"""
    copy = workload(body, *[buffer("f32", 8192)] * 2)
    backward = replace(copy, text=copy.text.replace("[%i]", "[8191 - %i]"))
    artefacts = [_build(pool, each) for each in (copy, backward)]
    fastest = {}
    for is_cold in (False, True):
        with LocalRunner(replace(target, cold_cache=is_cold), _CONFIG) as runner:
            timed = runner.run(copy, *artefacts)
            assert timed.failure is None
            fastest[is_cold] = min(timed.run_secs), min(timed.baseline_secs)
            assert _run(pool, runner, _DOUBLE.replace("addf", "mulf")).failure is not None
    assert all(map(operator.lt, fastest[False], fastest[True]))


def test_failing_baseline_says_so(pool: CompilerPool, runner: LocalRunner) -> None:
    crash = _DOUBLE.replace("%0[%i]", "%0[%i + 1000000000]")
    failure = _run(pool, runner, _DOUBLE, baseline=crash).failure
    assert failure is not None
    assert failure.kind is FailureKind.RUN_ERROR
    assert failure.message.startswith("the untransformed program fails")


def test_repeats_start_from_the_inputs(pool: CompilerPool, runner: LocalRunner) -> None:
    """Squaring again and again would overflow, and then nothing would be left to compare."""
    square = _DOUBLE.replace("arith.addf %a, %a", "arith.mulf %a, %a")
    for _ in range(3):
        assert _run(pool, runner, square, baseline=square).failure is None


def test_scalars_reach_the_code(pool: CompilerPool, runner: LocalRunner) -> None:
    arguments = [buffer("f64", 4, 4), scalar("f32"), scalar("index"), buffer("i32", 4)]
    body = """
      %s = arith.extf %1 : f32 to f64
      %n = arith.index_cast %2 : index to i32
      affine.for %i = 0 to 4 {
        affine.store %n, %3[%i] : memref<4xi32>
        affine.for %j = 0 to 4 {
          affine.store %s, %0[%i, %j] : memref<4x4xf64>
        }
      }"""
    right = workload(body, *arguments)
    wrong = workload(body.replace("%s = arith.extf %1", "%s = arith.extf %m"), *arguments)
    wrong = replace(wrong, text=wrong.text.replace("%s =", "%m = arith.negf %1 : f32\n%s ="))
    baseline = _build(pool, right)
    assert runner.run(right, baseline, baseline).failure is None
    failure = runner.run(right, baseline, _build(pool, wrong)).failure
    assert failure is not None
    assert failure.kind is FailureKind.WRONG_RESULT


def test_reassociated_sums_pass_only_where_allowed(pool: CompilerPool, target: Target) -> None:
    forward = """
      affine.for %i = 0 to 1000 {
        %a = affine.load %0[%i] : memref<1000xf32>
        %s = affine.load %1[0] : memref<1xf32>
        %t = arith.addf %s, %a : f32
        affine.store %t, %1[0] : memref<1xf32>
      }"""
    arguments = [buffer("f32", 1000), buffer("f32", 1)]
    reference = workload(forward, *arguments)
    baseline = _build(pool, reference)
    backward = _build(pool, workload(forward.replace("%0[%i]", "%0[999 - %i]"), *arguments))
    wrong = _build(pool, workload(forward.replace("0 to 1000", "0 to 999"), *arguments))
    kinds = {}
    for fp in ("contract", "reassoc"):
        with LocalRunner(target, replace(_CONFIG, fp=fp)) as runner:
            for name, artefact in (("backward", backward), ("wrong", wrong)):
                failure = runner.run(reference, baseline, artefact).failure
                kinds[fp, name] = failure and failure.kind
    assert kinds == {
        ("contract", "backward"): FailureKind.WRONG_RESULT,
        ("contract", "wrong"): FailureKind.WRONG_RESULT,
        ("reassoc", "backward"): None,
        ("reassoc", "wrong"): FailureKind.WRONG_RESULT,
    }


def test_two_threads(pool: CompilerPool, target: Target) -> None:
    if target.num_cores < 2:
        pytest.skip("one core")
    parallel = f"""
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %end = arith.constant {_LENGTH} : index
      scf.parallel (%i) = (%zero) to (%end) step (%one) {{
        %a = memref.load %0[%i] : {_VECTOR}
        %b = arith.addf %a, %a : f32
        memref.store %b, %0[%i] : {_VECTOR}
      }}"""
    others = _workers()
    with LocalRunner(replace(target, num_threads=2), _CONFIG) as runner:
        assert _run(pool, runner, parallel).failure is None
        (worker,) = _workers() - others
        assert list(Path("/dev/shm").glob(f"*KMP*_{worker}_*"))
        wrong = _run(pool, runner, parallel.replace("addf", "mulf")).failure
        assert wrong is not None
        assert wrong.kind is FailureKind.WRONG_RESULT
    assert not list(Path("/dev/shm").glob(f"*KMP*_{worker}_*"))


def test_worker_that_was_killed_between_runs_is_replaced(
    pool: CompilerPool, target: Target
) -> None:
    others = _workers()
    with LocalRunner(target, _CONFIG) as runner:
        assert _run(pool, runner, _DOUBLE).failure is None
        (worker,) = _workers() - others
        os.kill(worker, signal.SIGKILL)
        os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
        assert _run(pool, runner, _DOUBLE).failure is None
    assert _workers() == others


def test_forgets_workloads_that_do_not_fit(
    pool: CompilerPool, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = matmul(16), matmul(24)
    with LocalRunner(target, _CONFIG) as runner:
        artefacts = {each: _build(pool, each) for each in (first, second)}
        assert runner.run(first, artefacts[first], artefacts[first]).failure is None
        monkeypatch.setattr("autotune.runner.physical_memory_bytes", lambda: 50_000)
        for each in (second, first, second):
            assert runner.run(each, artefacts[each], artefacts[each]).failure is None


def _workers() -> set[int]:
    """Process ids of this process's timing workers."""
    return children_running("autotune.timing_worker")
