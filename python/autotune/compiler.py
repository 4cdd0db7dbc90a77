"""The compiler as seen from a process that never imports MLIR.

Text goes in, values come out. Work is done by a pool of worker processes; a candidate that makes a
worker abort, hang or run out of memory costs that candidate, and the worker is replaced.
"""

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from autotune.errors import InputError
from autotune.measurement import (
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    FailureKind,
    ModuleBuild,
)
from autotune.proxy import ProxyChoice
from autotune.reproducer import Reproducers
from autotune.schedule import Schedule
from autotune.target import physical_memory_bytes
from autotune.worker_process import (
    WorkerCrashError,
    WorkerMemoryError,
    WorkerProcess,
    WorkerTimeoutError,
)
from autotune.worker_queue import WorkerQueue
from autotune.workload import Modes, ModuleParts, Target, Workload

T = TypeVar("T")

_WORKER = "autotune.compile_worker"
_MOST_MEMORY_BYTES = 8 << 30
_WHOLE_PROGRAM = 10.0
_DESCRIPTION = 0.25  # A search waits for each; most take a hundredth of a second.
_BUSY_MACHINE = 3.0  # Time by the clock for a second of CPU time.
_NICENESS = 2  # Beside one other process it leaves two fifths of the core.


@dataclass(frozen=True)
class FrontEndRequest:
    """Bring a program to affine normal form; answered by ModuleParts or InputError."""

    source: bytes
    filename: str
    entry: str | None
    modes: Modes


@dataclass(frozen=True)
class ExpandRequest:
    """List what can follow a schedule; answered by Expansion or Failure."""

    candidate: Candidate
    target: Target


@dataclass(frozen=True)
class BuildRequest:
    """Compile a candidate; answered by BuildResult."""

    candidate: Candidate
    target: Target


@dataclass(frozen=True)
class BuildModuleRequest:
    """Compile a whole program; answered by ModuleBuild or Failure."""

    text: str
    schedules: tuple[tuple[str, Schedule], ...]
    target: Target


@dataclass(frozen=True)
class DescribeRequest:
    """Say what a schedule makes of the loops; answered by Description or Failure."""

    candidate: Candidate


@dataclass(frozen=True)
class ShortenRequest:
    """Make a smaller problem of a workload; answered by ProxyChoice.

    Attributes:
        workload: The whole.
        share: What should be left of its time.
        num_threads: Threads that must have work.
    """

    workload: Workload
    share: float
    num_threads: int


Request = (
    FrontEndRequest
    | DescribeRequest
    | ExpandRequest
    | BuildRequest
    | BuildModuleRequest
    | ShortenRequest
)


@dataclass(frozen=True)
class _Job:
    """A request on its way; `finish` makes the future's value from an answer or a Failure."""

    request: Request
    finish: Callable[[object], object]
    future: "Future[object]"


_Jobs = WorkerQueue[_Job]


class CompilerPool:
    """Compile workers; a context manager. Methods may be called from any thread.

    One worker only describes and expands: a search waits for each of these in turn, and they should
    not queue behind builds. Builds go to its core last, and run there with lower priority.

    Args:
        target: What the code is for.
        num_workers: Processes that build, started when there is work for them.
        timeout_secs: Longest CPU time for a request about one candidate, and a third of the longest
            time by the clock; whole programs get ten times as long, descriptions a quarter.
        cores: Cores for the workers, one each in turn; None for those of this process.
        reproducers: Where failing candidates are kept; None keeps none, and failures carry no
            reproducer.
    """

    def __init__(
        self,
        target: Target,
        num_workers: int,
        timeout_secs: float,
        cores: frozenset[int] | None = None,
        reproducers: Reproducers | None = None,
    ) -> None:
        self._target = target
        self._timeout_secs = timeout_secs
        self._reproducers = reproducers
        self._builds, self._questions = _Jobs(), _Jobs()
        self._is_closed = False
        ordered = sorted(cores or os.sched_getaffinity(0))
        first = ordered[0]
        cores_of_builds = list(itertools.islice(itertools.cycle(ordered), num_workers))
        cores_of_builds.sort(key=lambda core: core == first)
        self._lanes = [_Lane(self._questions, 0, timeout_secs, first)]
        for rank, core in enumerate(cores_of_builds):
            niceness = _NICENESS if core == first else 0
            self._lanes.append(_Lane(self._builds, rank, timeout_secs, core, niceness))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers, and what they are at; futures that are not done are cancelled."""
        self._is_closed = True
        for jobs in (self._questions, self._builds):
            for job in jobs.close():
                job.future.cancel()
        for lane in self._lanes:
            lane.close()

    @contextlib.contextmanager
    def paused(self, cores: frozenset[int]) -> Iterator[None]:
        """Stops the workers on `cores` for as long as something is timed there."""
        lanes = [lane for lane in self._lanes if lane.core in cores]
        for lane in lanes:
            lane.pause()
        try:
            yield
        finally:
            for lane in lanes:
                lane.resume()

    def front_end(
        self, source: bytes, filename: str, entry: str | None, modes: Modes
    ) -> ModuleParts:
        """Returns a program, text or bytecode, in affine normal form.

        Args:
            source: The program.
            filename: Its name, for messages.
            entry: Public function to compile; None where there is only one.
            modes: What may happen to floating-point arithmetic.

        Raises:
            InputError: The program cannot be taken; the text says where and why.
        """

        def finish(answer: object) -> ModuleParts | InputError:
            if isinstance(answer, Failure):
                return InputError(f"{filename}: {answer.message}")
            assert isinstance(answer, ModuleParts | InputError)
            return answer

        parts = self._submit(FrontEndRequest(source, filename, entry, modes), finish).result()
        if isinstance(parts, InputError):
            raise parts
        return parts

    def describe(self, candidate: Candidate) -> "Future[Description | Failure]":
        """Says what the candidate's schedule makes of the loops; a Failure where it is not legal.

        Much cheaper than `expand`.
        """

        def finish(answer: object) -> Description | Failure:
            if isinstance(answer, Failure):
                return self._with_reproducer(candidate, answer)
            assert isinstance(answer, Description)
            return answer

        return self._submit(DescribeRequest(candidate), finish)

    def expand(self, candidate: Candidate) -> "Future[Expansion | Failure]":
        """Lists what can follow the candidate's schedule; a Failure where it is not legal."""

        def finish(answer: object) -> Expansion | Failure:
            if isinstance(answer, Failure):
                return self._with_reproducer(candidate, answer, is_listed=True)
            assert isinstance(answer, Expansion)
            return answer

        return self._submit(ExpandRequest(candidate, self._target), finish)

    def build(self, candidate: Candidate) -> "Future[BuildResult]":
        """Compiles a candidate; the empty schedule gives the baseline."""

        def finish(answer: object) -> BuildResult:
            failure = answer.failure if isinstance(answer, BuildResult) else answer
            if isinstance(failure, Failure):
                return BuildResult(candidate, None, self._with_reproducer(candidate, failure))
            assert isinstance(answer, BuildResult)
            return answer

        return self._submit(BuildRequest(candidate, self._target), finish)

    def shorten(self, workload: Workload, share: float) -> "Future[ProxyChoice]":
        """Makes a smaller problem with about a share of the workload's time, or says why not."""

        def finish(answer: object) -> ProxyChoice:
            if isinstance(answer, Failure):
                return ProxyChoice(None, answer.message)
            assert isinstance(answer, ProxyChoice)
            return answer

        request = ShortenRequest(workload, share, self._target.num_threads)
        return self._submit(request, finish)

    def build_module(self, text: str, schedules: Mapping[str, Schedule]) -> ModuleBuild | Failure:
        """Compiles a program in affine normal form with a schedule for each workload function.

        Args:
            text: `ModuleParts.text`.
            schedules: By the name of the workload function; the others stay as they are.
        """

        def finish(answer: object) -> ModuleBuild | Failure:
            assert isinstance(answer, ModuleBuild | Failure)
            return answer

        request = BuildModuleRequest(text, tuple(schedules.items()), self._target)
        return self._submit(request, finish).result()

    def _submit(self, request: Request, finish: Callable[[object], T]) -> "Future[T]":
        if self._is_closed:
            raise RuntimeError("the compiler pool is closed")
        future: Future[T] = Future()
        is_question = isinstance(request, DescribeRequest | ExpandRequest)
        jobs = self._questions if is_question else self._builds
        jobs.put(_Job(request, finish, future))  # type: ignore[arg-type]
        return future

    def _with_reproducer(
        self, candidate: Candidate, failure: Failure, is_listed: bool = False
    ) -> Failure:
        if self._reproducers is None:
            return failure
        command = self._reproducers.command(candidate, is_listed=is_listed)
        return replace(failure, reproducer=command)


def _memory_bytes() -> int:
    """Most memory for one worker."""
    return min(_MOST_MEMORY_BYTES, physical_memory_bytes() // 4)


def _patience(request: Request) -> float:
    match request:
        case FrontEndRequest() | BuildModuleRequest():
            return _WHOLE_PROGRAM
        case DescribeRequest():
            return _DESCRIPTION
    return 1.0


class _Lane:
    """One worker process with the thread that feeds it; the thread outlives each process.

    Args:
        jobs: Where its work comes from.
        rank: Its place among those that take from there.
        timeout_secs: See `CompilerPool`.
        core: Where the worker runs.
        niceness: Added to that of this process.

    Attributes:
        core: Where the worker runs.
    """

    def __init__(
        self, jobs: _Jobs, rank: int, timeout_secs: float, core: int, niceness: int = 0
    ) -> None:
        self.core = core
        self._jobs = jobs
        self._rank = rank
        self._niceness = niceness
        self._timeout_secs = timeout_secs
        self._worker: WorkerProcess | None = None
        self._is_paused = False
        self._lock = threading.Lock()  # of the two above
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the worker at once, then the thread."""
        with self._lock:
            if self._worker is not None:
                self._worker.kill()
        self._thread.join()

    def pause(self) -> None:
        """Stops the worker, and one that replaces it, until `resume`."""
        with self._lock:
            self._is_paused = True
            self._jobs.hold(self._rank, True)
            if self._worker is not None:
                self._worker.pause()

    def resume(self) -> None:
        """Lets the worker go on."""
        with self._lock:
            self._is_paused = False
            if self._worker is not None:
                self._worker.resume()
            self._jobs.hold(self._rank, False)

    def _run(self) -> None:
        while (job := self._jobs.get(self._rank)) is not None:
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(job.finish(self._answer(job.request)))
        if self._worker is not None:
            self._worker.close()

    def _answer(self, request: Request) -> object:
        if self._worker is None or not self._worker.is_alive:
            self._restart()
        assert self._worker is not None
        try:
            cpu_secs = self._timeout_secs * _patience(request)
            return self._worker.request(request, _BUSY_MACHINE * cpu_secs, cpu_secs)
        except WorkerMemoryError as error:
            message = f"the compiler takes too much memory: {error}"
            return Failure(FailureKind.OUT_OF_MEMORY, message)
        except WorkerCrashError as error:
            return Failure(FailureKind.COMPILE_CRASH, f"the compiler crashed: {error}")
        except WorkerTimeoutError as error:
            return Failure(FailureKind.COMPILE_TIMEOUT, f"the compiler gave no answer: {error}")

    def _restart(self) -> None:
        arguments = [f"--memory-bytes={_memory_bytes()}", f"--cores={self.core}"]
        arguments.append(f"--niceness={self._niceness}")
        environment = {"LLVM_DISABLE_SYMBOLIZATION": "1"}
        with self._lock:
            if self._worker is not None:
                self._worker.close()
            self._worker = WorkerProcess(_WORKER, arguments, environment)
            if self._is_paused:
                self._worker.pause()
