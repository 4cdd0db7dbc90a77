"""Times candidates in an isolated process, one at a time, and checks what they compute.

Hides the timing worker: where it is pinned, what it remembers of a workload, and that it gets
replaced when a candidate crashes or hangs.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Self

from autotune.element_types import element_type
from autotune.measurement import Artefact, Failure, FailureKind, MeasureConfig, Measurement
from autotune.target import host_name, physical_memory_bytes, timing_cores
from autotune.timer import Repeat
from autotune.worker_process import (
    WorkerCrashError,
    WorkerMemoryError,
    WorkerProcess,
    WorkerTimeoutError,
)
from autotune.workload import Target, Workload

# glibc keeps what was freed for the next call. By itself it gives back what lies at the end of its
# heap, or not, as some other buffer lies behind it: calls of one code took 0.35 or 0.6 ms. Larger
# buffers than these are mapped anew in each call, as in every process.
_KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
}
_COPIES = 3


@dataclass(frozen=True)
class PrepareRequest:
    """Run a workload's baseline and remember it; answered by a tuple of its repeats or Failure.

    Attributes:
        workload: Only its name, hash and arguments matter.
        baseline: Object code of the untransformed program.
        target: What the code is for.
        config: How to time.
        forget: Hashes of workloads that are not needed any more.
        baseline_repeats: What an earlier worker found; empty where there are none.
    """

    workload: Workload
    baseline: bytes
    target: Target
    config: MeasureConfig
    forget: tuple[str, ...]
    baseline_repeats: tuple[Repeat, ...]


@dataclass(frozen=True)
class MeasureRequest:
    """Check and time a candidate of a prepared workload; answered by Measurement.

    Attributes:
        workload_hash: Which workload.
        object_code: The candidate's.
        best_secs: Time of the best candidate so far; infinite where there is none.
    """

    workload_hash: str
    object_code: bytes
    best_secs: float


@dataclass(frozen=True)
class CompareRequest:
    """Check candidates and time them in turn; answered by a tuple of one Measurement for each.

    Attributes:
        workload_hash: Which workload.
        object_codes: The candidates'.
    """

    workload_hash: str
    object_codes: tuple[bytes, ...]


_Request = PrepareRequest | MeasureRequest | CompareRequest


@contextmanager
def _as_it_is(_: frozenset[int]) -> Iterator[None]:
    yield


class LocalRunner:
    """Times on this machine; a context manager. One thread at a time may use it.

    Args:
        target: The machine; timed code runs on `target.num_threads` cores, the last ones allowed.
        config: How to time.
        cores: Where the code runs; None for `timing_cores`.
        quiet: Entered while something runs there, to keep the cores free of other work.
    """

    def __init__(
        self,
        target: Target,
        config: MeasureConfig,
        cores: frozenset[int] | None = None,
        quiet: Callable[[frozenset[int]], AbstractContextManager[None]] = _as_it_is,
    ) -> None:
        self._target = target
        self._config = config
        self._cores = cores or timing_cores(target.num_threads)
        self._quiet = quiet
        self._worker: WorkerProcess | None = None
        self._prepared: OrderedDict[str, tuple[Repeat, ...]] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._baseline_repeats: dict[str, tuple[Repeat, ...]] = {}
        self._memory_bytes = config.memory_bytes or physical_memory_bytes() * 3 // 4
        self._best_secs: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def submit(
        self, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        """Like `run`; the result is there."""
        future: Future[Measurement] = Future()
        future.set_result(self.run(workload, baseline, artefact))
        return future

    def run(self, workload: Workload, baseline: Artefact, artefact: Artefact) -> Measurement:
        """Returns the candidate's verified times, or why there are none.

        Args:
            workload: What both compute.
            baseline: The untransformed program, built from the empty schedule.
            artefact: The candidate; the baseline itself is allowed.
        """
        start = time.monotonic()
        repeats = self._prepare(workload, baseline)
        if isinstance(repeats, Failure):
            return _failed(repeats, start)
        if artefact.object_hash == baseline.object_hash:
            secs = tuple(repeat.own_secs for repeat in repeats)
            return _here(Measurement(secs, secs, time.monotonic() - start, None))
        best_secs = self._best_secs.get(workload.hash, math.inf)
        request = MeasureRequest(workload.hash, artefact.object_code, best_secs)
        answer = self._request(request, self._timeout_secs(repeats, self._config.budget_secs))
        if isinstance(answer, Failure):
            return _failed(answer, start)
        assert isinstance(answer, Measurement)
        if answer.failure is None:
            self._best_secs[workload.hash] = min(best_secs, *answer.run_secs)
        return _here(answer)

    def compare(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> list[Measurement]:
        """Times candidates in turn, side by side with the baseline; one measurement for each.

        Takes longer than `run` and tells smaller differences apart.
        """
        if len(artefacts) > 1:
            start = time.monotonic()
            repeats = self._prepare(workload, baseline)
            if isinstance(repeats, Failure):
                return [_failed(repeats, start)] * len(artefacts)
            codes = tuple(artefact.object_code for artefact in artefacts)
            timeout_secs = self._timeout_secs(repeats, self._config.finalist_budget_secs)
            request = CompareRequest(workload.hash, codes)
            answer = self._request(request, timeout_secs * len(codes))
            if not isinstance(answer, Failure):
                assert isinstance(answer, tuple)
                return [_here(measurement) for measurement in answer]
        return [self.run(workload, baseline, artefact) for artefact in artefacts]

    def _timeout_secs(self, baseline: tuple[Repeat, ...], budget_secs: float) -> float:
        config = self._config
        baseline_secs = max(repeat.own_secs for repeat in baseline)
        own_secs = config.timeout_ratio * baseline_secs + 3 * budget_secs
        return config.slack_secs + config.patience_secs + own_secs

    def _prepare(self, workload: Workload, baseline: Artefact) -> tuple[Repeat, ...] | Failure:
        """Returns the baseline's repeats; starts the worker and runs the baseline if needed."""
        if self._worker is None or not self._worker.is_alive:
            self._restart()
        if workload.hash in self._prepared:
            self._prepared.move_to_end(workload.hash)
            return self._prepared[workload.hash]
        self._sizes[workload.hash] = _size_bytes(workload)
        forget = self._too_many(self._sizes[workload.hash])
        known = self._baseline_repeats.get(workload.hash, ())
        request = PrepareRequest(
            workload, baseline.object_code, self._target, self._config, forget, known
        )
        answer = self._request(request, self._config.baseline_timeout_secs)
        if isinstance(answer, Failure):
            message = f"the untransformed program fails: {answer.message}"
            return Failure(answer.kind, message, answer.reproducer)
        assert isinstance(answer, tuple)
        self._prepared[workload.hash] = self._baseline_repeats[workload.hash] = answer
        return answer

    def _too_many(self, size_bytes: int) -> tuple[str, ...]:
        """Drops the longest unused workloads until `size_bytes` more take two thirds of memory."""
        forget = []
        limit = self._memory_bytes * 2 // 3
        used = sum(self._sizes[key] for key in self._prepared)
        while self._prepared and used + size_bytes > limit:
            forget.append(self._prepared.popitem(last=False)[0])
            used -= self._sizes[forget[-1]]
        return tuple(forget)

    def _request(self, request: _Request, timeout_secs: float) -> object:
        assert self._worker is not None
        try:
            with self._quiet(self._cores):
                return self._worker.request(request, timeout_secs)
        except WorkerMemoryError as error:
            return Failure(FailureKind.OUT_OF_MEMORY, f"the code takes too much memory: {error}")
        except WorkerCrashError as error:
            return Failure(FailureKind.RUN_ERROR, f"the code crashed: {error}")
        except WorkerTimeoutError as error:
            return Failure(FailureKind.RUN_TIMEOUT, f"the code was stopped: {error}")

    def _restart(self) -> None:
        self.close()
        self._prepared.clear()
        num_threads = self._target.num_threads
        environment = {
            "OMP_NUM_THREADS": str(num_threads),
            "OMP_PROC_BIND": "true",
            "OMP_PLACES": "cores",
            "OMP_DYNAMIC": "false",
            "OPENBLAS_NUM_THREADS": "1",
            **_KEEP_MEMORY,
        }
        cores = ",".join(map(str, sorted(self._cores)))
        arguments = [f"--cores={cores}", f"--memory-bytes={self._memory_bytes}"]
        self._worker = WorkerProcess("autotune.timing_worker", arguments, environment)


def _failed(failure: Failure, start: float) -> Measurement:
    return _here(Measurement((), (), time.monotonic() - start, failure))


def _here(measurement: Measurement) -> Measurement:
    return replace(measurement, host=host_name())


def _size_bytes(workload: Workload) -> int:
    """Memory that a prepared workload takes: buffers, inputs and expected outputs."""
    sizes = (
        math.prod(argument.shape) * element_type(argument.element).dtype.itemsize
        for argument in workload.arguments
    )
    return _COPIES * sum(sizes)
