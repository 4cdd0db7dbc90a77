"""The process that runs candidates: loads object code and NumPy buffers, never MLIR.

A prepared workload keeps its inputs and what the untransformed program made of them. A candidate's
first call is checked against that; then it is called again and again. Buffers that calls change are
restored before every repeat, outside of the timed region, so that values never drift. A repeat is
one call, or as many as take 200 us where the baseline shows that this many calls in place
produce neither infinities nor subnormal numbers.
"""

import argparse
import ctypes
import math
import os
import statistics
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import llvmlite.binding as llvm

from autotune.buffers import (
    GuardedBuffer,
    have_equal_bits,
    is_finite,
    mismatch,
    random_inputs,
    reassociation_tolerance,
)
from autotune.element_types import element_type
from autotune.measurement import Failure, FailureKind, MeasureConfig, Measurement
from autotune.object_code import (
    LoadedCode,
    NativeCompiler,
    ObjectCodeError,
    calling_stub,
    openmp_runtime,
)
from autotune.runner import MeasureRequest, PrepareRequest
from autotune.worker_process import serve

_REPEAT_SECS = 200e-6
_MAX_CALLS = 1000
_SCALES = (1.0, 2.0**-8)
_NUM_BASELINE_REPEATS = 9
_CLEAR_EXCESS, _FEW_REPEATS = 0.2, 3
_LONG_RATIO = 10.0
_MIN_CPU_SHARE = 0.95
_MIN_JUDGED_SECS = 1e-3
_STUB = "autotune_repeat"


@dataclass(frozen=True)
class Repeat:
    """One timed repeat.

    Attributes:
        secs: Wall time of one call.
        total_secs: Wall time of all calls.
        is_disturbed: Whether the thread did not have its core for all of that time.
    """

    secs: float
    total_secs: float
    is_disturbed: bool


class PreparedWorkload:
    """Buffers of one workload, with the inputs and the outputs that are expected.

    Args:
        request: The workload and its baseline.

    Raises:
        ObjectCodeError: The baseline does not load.
    """

    def __init__(self, request: PrepareRequest) -> None:
        self._workload = request.workload
        self.config = request.config
        self._num_threads = request.target.num_threads
        self._native = NativeCompiler(request.target.cpu, request.target.features)
        arguments = request.workload.arguments
        stub = self._native.compile(calling_stub(_STUB, arguments))
        self._stub = LoadedCode(self._native, stub.object_code)
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        self._repeat = prototype(self._stub.address(_STUB))
        self._buffers = [GuardedBuffer(argument) for argument in arguments]
        self._elements = [element_type(argument.element) for argument in arguments]
        addresses = [buffer.array.ctypes.data for buffer in self._buffers]
        self._values = (ctypes.c_void_p * len(addresses))(*addresses)
        self._baseline = self.load(request.baseline)
        self.baseline_repeats: deque[float] = deque(maxlen=_NUM_BASELINE_REPEATS)
        self.candidate_spent_secs = 0.0
        self.baseline_spent_secs = 0.0
        self._compute_expected()
        self._most_calls = self._calls_without_drift()
        self._time_baseline()

    def load(self, object_code: bytes) -> LoadedCode:
        """Returns code ready to be called.

        Raises:
            ObjectCodeError: The OpenMP runtime is needed and not installed.
        """
        if b"__kmpc_" in object_code:
            llvm.load_library_permanently(str(openmp_runtime()))
        return LoadedCode(self._native, object_code)

    def restore(self) -> None:
        """Puts the inputs into every buffer that the program changes."""
        for position in self._changed:
            self._buffers[position].array[...] = self._inputs[position]

    def repeat(self, code: LoadedCode, num_calls: int) -> Repeat:
        """Times `num_calls` calls on restored buffers."""
        address = code.address(self._workload.name)
        self.restore()
        cpu_start, start = time.thread_time(), time.perf_counter()
        self._repeat(address, self._values, num_calls)
        secs, cpu_secs = time.perf_counter() - start, time.thread_time() - cpu_start
        is_short = cpu_secs < _MIN_CPU_SHARE * secs and secs > _MIN_JUDGED_SECS
        return Repeat(secs / num_calls, secs, is_short and self._num_threads == 1)

    def repeat_baseline(self) -> None:
        """Times the baseline once more."""
        repeat = self.repeat(self._baseline, self.num_calls(self.baseline_repeats[-1]))
        self.baseline_spent_secs += repeat.total_secs
        if not repeat.is_disturbed or len(self.baseline_repeats) < 2:
            self.baseline_repeats.append(repeat.secs)

    def num_calls(self, secs: float) -> int:
        """How many calls of `secs` make up a repeat."""
        return max(1, min(self._most_calls, math.ceil(_REPEAT_SECS / max(secs, 1e-9))))

    def check(self) -> str | None:
        """Returns what is wrong with the buffers after one call on the inputs; None if nothing."""
        arguments = self._workload.arguments
        for position, buffer in enumerate(self._buffers):
            if not buffer.is_intact:
                return f"argument {position}: written out of bounds"
            element = self._elements[position]
            tolerance = None
            if self.config.fp == "reassoc" and element.is_float:
                tolerance = reassociation_tolerance(arguments, element)
            wrong = mismatch(buffer.array, self._expected[position], element, tolerance)
            if wrong is not None:
                return f"argument {position}: {wrong}"
        return None

    def check_again(self, code: LoadedCode) -> str | None:
        """Checks one more call of threaded code, whose races may not show in the first."""
        if self._num_threads == 1:
            return None
        self.repeat(code, 1)
        return self.check()

    def repair(self) -> None:
        """Writes every buffer and its surroundings afresh, after a wrong candidate."""
        for buffer, values in zip(self._buffers, self._inputs, strict=True):
            buffer.reset(values)

    def _compute_expected(self) -> None:
        """Finds inputs that give finite outputs where some scale does, and keeps the outputs."""
        for scale in _SCALES:
            self._inputs = random_inputs(self._workload.arguments, self.config.seed, scale)
            self.repair()
            self._changed: list[int] = []
            self._first_secs = self.repeat(self._baseline, 1).secs
            if self._are_finite():
                break
        self._expected = [buffer.array.copy() for buffer in self._buffers]
        pairs = enumerate(zip(self._inputs, self._expected, strict=True))
        self._changed = [at for at, (old, new) in pairs if not have_equal_bits(old, new)]

    def _are_finite(self) -> bool:
        pairs = zip(self._buffers, self._elements, strict=True)
        return all(is_finite(b.array, element) for b, element in pairs if element.is_float)

    def _calls_without_drift(self) -> int:
        """How many calls in place keep values finite: as many as one repeat needs, or one."""
        num_calls = min(_MAX_CALLS, math.ceil(_REPEAT_SECS / self._first_secs * 10))
        if num_calls == 1:
            return 1
        was_finite = self._are_finite()
        self.restore()
        self._repeat(self._baseline.address(self._workload.name), self._values, num_calls)
        return num_calls if was_finite and self._are_finite() else 1

    def _time_baseline(self) -> None:
        """Fills `baseline_repeats`; the first, cold call counts only where a call takes long."""
        deadline = time.monotonic() + self.config.baseline_budget_secs
        self.baseline_repeats.append(self._first_secs)
        if self._first_secs < self.config.budget_secs:
            self.repeat_baseline()
            self.baseline_repeats.popleft()
        while (
            time.monotonic() + self.baseline_repeats[-1] < deadline
            and len(self.baseline_repeats) < _NUM_BASELINE_REPEATS
        ):
            self.repeat_baseline()
        self.baseline_spent_secs = 0.0


class TimingWorker:
    """Answers the requests of `autotune.runner`."""

    def __init__(self) -> None:
        self._prepared: dict[str, PreparedWorkload] = {}

    def handle(self, request: object) -> object:
        """Returns the answer that the request's class describes."""
        match request:
            case PrepareRequest():
                return self._prepare(request)
            case MeasureRequest():
                return self._measure(request)
        raise TypeError(f"not a request: {request!r}")

    def _prepare(self, request: PrepareRequest) -> tuple[float, ...] | Failure:
        for forgotten in request.forget:
            del self._prepared[forgotten]
        try:
            prepared = PreparedWorkload(request)
        except ObjectCodeError as error:
            return Failure(FailureKind.RUN_ERROR, str(error))
        self._prepared[request.workload.hash] = prepared
        return tuple(prepared.baseline_repeats)

    def _measure(self, request: MeasureRequest) -> Measurement:
        start = time.monotonic()
        prepared = self._prepared[request.workload_hash]
        try:
            code = prepared.load(request.object_code)
            first = prepared.repeat(code, 1)
        except ObjectCodeError as error:
            failure = Failure(FailureKind.RUN_ERROR, str(error))
            return Measurement((), (), time.monotonic() - start, failure)
        wrong = prepared.check()
        run_secs: list[float] = []
        if wrong is None:
            run_secs = _time(prepared, code, first, request.best_secs)
            wrong = prepared.check_again(code)
        if wrong is not None:
            prepared.repair()
            failure = Failure(FailureKind.WRONG_RESULT, wrong)
            return Measurement((), (), time.monotonic() - start, failure)
        baseline_secs = tuple(prepared.baseline_repeats)
        return Measurement(tuple(run_secs), baseline_secs, time.monotonic() - start, None)


def _time(
    prepared: PreparedWorkload, code: LoadedCode, first: Repeat, best_secs: float
) -> list[float]:
    """Repeats until the median is known well or the budget is spent; the baseline in between.

    The first, cold call counts only where a call outlasts the budget. Repeats in which another
    process had the core are dropped as long as there are others.
    """
    config = prepared.config
    deadline = time.monotonic() + config.budget_secs
    hopeless_secs = config.hopeless_ratio * best_secs
    repeats = [first] if first.secs > config.budget_secs else []
    if repeats and first.secs > hopeless_secs:
        return _undisturbed(repeats)
    while _is_short(repeats, config) or time.monotonic() < deadline:
        estimate = repeats[-1].secs if repeats else first.secs
        repeats.append(prepared.repeat(code, prepared.num_calls(estimate)))
        prepared.candidate_spent_secs += repeats[-1].total_secs
        if len(repeats) > 1 and min(each.secs for each in repeats) > hopeless_secs:
            break
        _catch_up(prepared)
        secs = _undisturbed(repeats)
        if len(repeats) >= config.max_repeats or _is_narrow(secs, best_secs, config):
            break
    return _undisturbed(repeats)


def _is_short(repeats: Sequence[Repeat], config: MeasureConfig) -> bool:
    """Whether there must be another repeat, even though the budget is spent."""
    spent_secs = sum(repeat.total_secs for repeat in repeats)
    return len(repeats) < 2 and spent_secs < _LONG_RATIO * config.budget_secs


def _catch_up(prepared: PreparedWorkload) -> None:
    """Repeats the baseline when its share of the time allows."""
    allowed = prepared.config.baseline_share * prepared.candidate_spent_secs
    if prepared.baseline_spent_secs + prepared.baseline_repeats[-1] <= allowed:
        prepared.repeat_baseline()


def _undisturbed(repeats: Sequence[Repeat]) -> list[float]:
    good = [repeat.secs for repeat in repeats if not repeat.is_disturbed]
    return good or [repeat.secs for repeat in repeats]


def _is_narrow(secs: Sequence[float], best_secs: float, config: MeasureConfig) -> bool:
    """Whether the 95 % interval of the median is narrow (McGill, Tukey, Larsen 1978).

    What is clearly slower than the best need not be known as well.
    """
    excess = min(secs) / best_secs - 1.0
    if len(secs) < (config.min_repeats if excess < _CLEAR_EXCESS else _FEW_REPEATS):
        return False
    low, middle, high = statistics.quantiles(secs, n=4, method="inclusive")
    half_width = 1.57 * (high - low) / math.sqrt(len(secs))
    return half_width <= max(config.relative_interval, excess / 10.0) * middle


def main() -> None:
    """Serves requests on the given cores."""
    parser = argparse.ArgumentParser(prog="python -m autotune.timing_worker")
    parser.add_argument("--cores", required=True, help="comma-separated cores to run on")
    parser.add_argument("--memory-bytes", type=int, required=True)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, map(int, arguments.cores.split(",")))
    serve(TimingWorker().handle, arguments.memory_bytes)


if __name__ == "__main__":
    main()
