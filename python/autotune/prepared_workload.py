"""A workload in the timing worker: its buffers, its inputs, and what its outputs must be.

Buffers that calls change are restored before every repeat, outside of the timed region, so that
values never drift. A repeat is one call, or as many as take 200 us where the baseline shows that
this many calls in place produce neither infinities nor subnormal numbers.
"""

import ctypes
import hashlib
import math
import time
from dataclasses import replace

import llvmlite.binding as llvm
import numpy as np

from autotune.buffers import (
    GuardedBuffer,
    have_equal_bits,
    is_finite,
    mismatch,
    random_inputs,
    reassociation_tolerance,
)
from autotune.counters import Counters
from autotune.element_types import element_type
from autotune.interference import Interference
from autotune.object_code import LoadedCode, NativeCompiler, calling_stub, openmp_runtime
from autotune.repeats import BaselineRepeats
from autotune.runner import PrepareRequest
from autotune.timer import Repeat, Timer

_REPEAT_SECS = 200e-6
_MAX_CALLS = 1000
_SCALES = (1.0, 2.0**-8)
_NUM_FIRST_BASELINE_REPEATS, _NUM_AT_A_CLOCK = 9, 3
_LEAST_CACHE_BYTES = 8 << 20
_STUB = "autotune_repeat"


class PreparedWorkload:
    """Buffers of one workload, with the inputs and the outputs that are expected.

    Args:
        request: The workload and its baseline.
        counters: Count while a candidate runs, not while the baseline does.
        interference: Is waited for before every repeat.

    Raises:
        ObjectCodeError: The baseline does not load.
    """

    def __init__(
        self, request: PrepareRequest, counters: Counters, interference: Interference
    ) -> None:
        self._workload = request.workload
        self.config = request.config
        self._num_threads = request.target.num_threads
        self._native = NativeCompiler(request.target.cpu, request.target.features)
        self._timer = Timer(self._native, self._num_threads)
        self._counters = counters
        self._interference = interference
        cache_bytes = max(request.target.l2_bytes, request.target.l3_bytes, _LEAST_CACHE_BYTES)
        self._no_counters = Counters(())
        self._is_cold = request.target.cold_cache
        self._evictor = np.zeros(2 * cache_bytes if self._is_cold else 0, np.uint8)
        arguments = request.workload.arguments
        stub = self._native.compile(calling_stub(_STUB, arguments))
        self._stub = LoadedCode(self._native, stub.object_code)
        self._buffers = [GuardedBuffer(argument) for argument in arguments]
        self._elements = [element_type(argument.element) for argument in arguments]
        addresses = [buffer.array.ctypes.data for buffer in self._buffers]
        self._values = (ctypes.c_void_p * len(addresses))(*addresses)
        self.baseline = self.load(request.baseline)
        self._latest: tuple[LoadedCode, int] = (self.baseline, 0)
        self.candidate_spent_secs = 0.0
        self.baseline_spent_secs = 0.0
        self._compute_expected()
        self._most_calls = self._calls_without_drift()
        self.baseline_repeats = self._time_baseline(request.baseline_repeats)

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
        stub, address = self._stub.address(_STUB), code.address(self._workload.name)
        self._interference.wait()
        self.restore()
        self._evictor += 1
        self._latest = code, num_calls
        with self._no_counters if code is self.baseline else self._counters:
            repeat = self._timer.time(stub, address, self._values, num_calls)
        return replace(repeat, is_disturbed=repeat.is_disturbed or self._interference.is_slow())

    def repeat_baseline(self) -> None:
        """Times the baseline once more."""
        repeat = self._repeat_after(self.baseline_repeats.latest)
        self.baseline_spent_secs += repeat.total_secs
        if not repeat.is_disturbed:
            self.baseline_repeats.add(repeat)

    def catch_up(self, share: float) -> None:
        """Repeats the baseline if that takes no more than a share of the candidates' time.

        Where it is not known well at the core's present clock, it may take as much as they do.
        """
        if self.baseline_repeats.count(self._timer.core_hz()) < _NUM_AT_A_CLOCK:
            share = 1.0
        spent_secs = self.baseline_spent_secs + self.baseline_repeats.latest.own_secs
        if spent_secs <= share * self.candidate_spent_secs:
            self.repeat_baseline()

    def num_calls(self, secs: float) -> int:
        """How many calls of `secs` make up a repeat."""
        if self._is_cold:
            return 1
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

    def check_again(self, code: LoadedCode, is_repeated: bool) -> str | None:
        """Checks a later call: races and memory without values may not show in the first.

        Args:
            code: What was timed.
            is_repeated: Whether there were calls after the first. Where there were none, because
                they take long, only threaded code is called again.
        """
        if not is_repeated and self._num_threads == 1:
            return None
        if not is_repeated or self._latest != (code, 1):
            self.repeat(code, 1)
        return self.check()

    def digest(self) -> bytes:
        """Returns a hash of all buffers."""
        digest = hashlib.sha256()
        for buffer in self._buffers:
            digest.update(np.atleast_1d(buffer.array).view(np.uint8).data)
        return digest.digest()

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
            self._first = self.repeat(self.baseline, 1)
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
        num_calls = min(_MAX_CALLS, math.ceil(_REPEAT_SECS / self._first.own_secs * 10))
        if num_calls == 1:
            return 1
        was_finite = self._are_finite()
        self.repeat(self.baseline, num_calls)
        return num_calls if was_finite and self._are_finite() else 1

    def _time_baseline(self, known: tuple[Repeat, ...]) -> BaselineRepeats:
        """Returns the first repeats; of these a cold call counts only where calls take long."""
        if known:
            return BaselineRepeats(known)
        deadline = time.monotonic() + self.config.baseline_budget_secs
        repeats = [self._first]
        if self._first.own_secs < self.config.budget_secs:
            repeats = [self._repeat_after(self._first)]
        while (
            time.monotonic() + repeats[-1].own_secs < deadline
            and len(repeats) < _NUM_FIRST_BASELINE_REPEATS
        ):
            repeat = self._repeat_after(repeats[-1])
            if not repeat.is_disturbed or len(repeats) < 2:
                repeats.append(repeat)
        return BaselineRepeats(repeats)

    def _repeat_after(self, last: Repeat) -> Repeat:
        """Times the baseline once more."""
        return self.repeat(self.baseline, self.num_calls(last.own_secs))
