"""The process that runs candidates: loads object code and NumPy buffers, never MLIR.

A candidate's first call is checked against what the untransformed program computes; then it is
called again and again, and a later call is checked once more.
"""

import argparse
import contextlib
import os
import time
from dataclasses import replace

from autotune.counters import Counters
from autotune.heap_memory import check_allocations
from autotune.interference import (
    CROWDING_RATIO,
    INTERPRETER_RATIO,
    Interference,
    interpreter_loop,
)
from autotune.measurement import Failure, FailureKind, Measurement
from autotune.object_code import LoadedCode, NativeCompiler, ObjectCodeError
from autotune.prepared_workload import PreparedWorkload
from autotune.repeats import Sample, time_alone, time_in_turn
from autotune.runner import CompareRequest, MeasureRequest, PrepareRequest
from autotune.timer import Repeat, Timer, has_invariant_counter
from autotune.worker_process import serve

_HIGHEST_PRIORITY = -20


class _Candidate:
    """Code whose first call gave right results.

    Args:
        prepared: Its workload.
        code: The code, loaded.
        first: The first call.
    """

    def __init__(self, prepared: PreparedWorkload, code: LoadedCode, first: Repeat) -> None:
        self.first = first
        self.num_calls = 0
        """Calls after the first."""
        self._prepared = prepared
        self._code = code

    def repeat(self, estimate_secs: float) -> Repeat:
        """Times it once more, given how long a call takes about."""
        timed = self._prepared.repeat(self._code, self._prepared.num_calls(estimate_secs))
        self._prepared.candidate_spent_secs += timed.total_secs
        self.num_calls += timed.num_calls
        return timed

    def check_again(self) -> str | None:
        """Returns what is wrong with the results of a later call; None if nothing."""
        return self._prepared.check_again(self._code, self.num_calls > 0)


class TimingWorker:
    """Answers the requests of `autotune.runner`."""

    def __init__(self) -> None:
        self._prepared: dict[str, PreparedWorkload] = {}
        self._counters = Counters()
        self._interference = _notice_interference()
        self._allocation: LoadedCode | None = None

    def handle(self, request: object) -> object:
        """Returns the answer that the request's class describes."""
        match request:
            case PrepareRequest():
                return self._prepare(request)
            case MeasureRequest():
                return self._measure(request)
            case CompareRequest():
                return self._compare(request)
        raise TypeError(f"not a request: {request!r}")

    def _prepare(self, request: PrepareRequest) -> tuple[Repeat, ...] | Failure:
        for forgotten in request.forget:
            del self._prepared[forgotten]
        if self._allocation is None:
            native = NativeCompiler(request.target.cpu, request.target.features)
            self._allocation = check_allocations(native)
        self._interference.grant(request.config.patience_secs)
        try:
            prepared = PreparedWorkload(request, self._counters, self._interference)
        except ObjectCodeError as error:
            return Failure(FailureKind.RUN_ERROR, str(error))
        is_repeated = len(prepared.baseline_repeats) > 1
        changed = prepared.check_again(prepared.baseline, is_repeated) if is_repeated else None
        if changed is not None:
            return Failure(FailureKind.NON_DETERMINISTIC, f"a later call differs: {changed}")
        self._prepared[request.workload.hash] = prepared
        return prepared.baseline_repeats.beside(prepared.baseline_repeats.usual_clock)

    def _measure(self, request: MeasureRequest) -> Measurement:
        start = time.monotonic()
        prepared = self._prepared[request.workload_hash]
        self._interference.grant(prepared.config.patience_secs)
        candidate = _check(prepared, request.object_code)
        if isinstance(candidate, Failure):
            return Measurement((), (), time.monotonic() - start, candidate)

        def repeat(estimate_secs: float) -> Repeat:
            prepared.catch_up(prepared.config.baseline_share)
            return candidate.repeat(estimate_secs)

        before = self._counters.read()
        clock = self._interference.working_secs
        sample = time_alone(prepared.config, candidate.first, repeat, request.best_secs, clock)
        after = self._counters.read()
        measurement = _finish(prepared, candidate, sample, start)
        num_calls = max(1, candidate.num_calls)
        counters = tuple((name, (after[name] - before[name]) / num_calls) for name in before)
        return replace(measurement, counters=counters if measurement.failure is None else ())

    def _compare(self, request: CompareRequest) -> tuple[Measurement, ...]:
        start = time.monotonic()
        prepared = self._prepared[request.workload_hash]
        num_candidates = len(request.object_codes)
        self._interference.grant(prepared.config.patience_secs * num_candidates)
        checked = [_check(prepared, object_code) for object_code in request.object_codes]
        candidates = [each for each in checked if isinstance(each, _Candidate)]

        def repeat(position: int, estimate_secs: float) -> Repeat:
            prepared.catch_up(share=1.0)
            return candidates[position].repeat(estimate_secs)

        firsts, clock = [x.first for x in candidates], self._interference.working_secs
        samples = time_in_turn(prepared.config, firsts, repeat, clock)
        return tuple(
            _finish(prepared, each, samples.pop(0), start)
            if isinstance(each, _Candidate)
            else Measurement((), (), time.monotonic() - start, each)
            for each in checked
        )


def _check(prepared: PreparedWorkload, object_code: bytes) -> _Candidate | Failure:
    """Loads code and compares the results of its first call."""
    try:
        code = prepared.load(object_code)
        first = prepared.repeat(code, 1)
    except ObjectCodeError as error:
        return Failure(FailureKind.RUN_ERROR, str(error))
    wrong = prepared.check()
    if wrong is None:
        return _Candidate(prepared, code, first)
    results = prepared.digest()
    prepared.repair()
    prepared.repeat(code, 1)
    is_repeatable = results == prepared.digest()
    prepared.repair()
    if is_repeatable:
        return Failure(FailureKind.WRONG_RESULT, wrong)
    return Failure(FailureKind.NON_DETERMINISTIC, f"the next call differs; {wrong}")


def _finish(
    prepared: PreparedWorkload, candidate: _Candidate, sample: Sample, start: float
) -> Measurement:
    """Checks a later call, and returns what came of the candidate."""
    wrong = candidate.check_again()
    if wrong is not None:
        prepared.repair()
        failure = Failure(FailureKind.NON_DETERMINISTIC, f"a later call differs; {wrong}")
        return Measurement((), (), time.monotonic() - start, failure)
    beside = prepared.baseline_repeats.beside(sample.core_hz)
    baseline_secs = tuple(repeat.own_secs for repeat in beside)
    elapsed_secs = time.monotonic() - start
    measurement = Measurement(sample.secs, baseline_secs, elapsed_secs, None)
    return replace(measurement, num_disturbed=sample.num_disturbed, core_hz=sample.core_hz)


def _notice_interference() -> Interference:
    """Returns what finds out that the core is shared, by the best means that there is."""
    if not has_invariant_counter():
        return Interference(interpreter_loop, INTERPRETER_RATIO)
    return Interference(Timer(NativeCompiler("x86-64", ""), 1).crowding, CROWDING_RATIO)


def _take_priority() -> None:
    """Keeps other processes off the core where the system lets this one."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _HIGHEST_PRIORITY)


def main() -> None:
    """Serves requests on the given cores."""
    parser = argparse.ArgumentParser(prog="python -m autotune.timing_worker")
    parser.add_argument("--cores", required=True, help="comma-separated cores to run on")
    parser.add_argument("--memory-bytes", type=int, required=True)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, map(int, arguments.cores.split(",")))
    _take_priority()
    serve(TimingWorker().handle, arguments.memory_bytes)


if __name__ == "__main__":
    main()
