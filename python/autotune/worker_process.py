"""Requests to another process, and the other side of it.

Hides framing, deadlines and the end of a worker: requests and answers are pickled values with a
length in front, the answers travel on a descriptor that nothing else in the worker can write to,
and a worker that crashes, hangs or garbles its answer is killed and reaped before the caller hears
of it. Time in which this process is stopped (as by Ctrl-Z) counts against no deadline. A worker
dies with the thread that started it.
"""

import contextlib
import ctypes
import math
import os
import pickle
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from autotune.errors import AutotuneError

_HEADER = struct.Struct("<4sQ")
_MAGIC = b"ATWP"
_PR_SET_PDEATHSIG = 1
_CPU_CLOCK = 2  # What makes a process id a clock id, as in clock_getcpuclockid(3).
_END_FIRST = "1000"
_CHUNK_BYTES = 1 << 20
_POLL_SECS = 0.5
_TELLING = re.compile(
    r"(?:Assertion `|LLVM ERROR|UNREACHABLE|terminate called|^\w*Error(?=:|$)).*", re.MULTILINE
)
_NO_MEMORY = re.compile(
    r"MemoryError|bad_alloc|out of memory|cannot allocate memory", re.IGNORECASE
)
# The OpenMP runtime registers itself in a file that it leaves behind where it is killed.
_OPENMP_TRACE = Path("/dev/shm/__KMP_REGISTERED_LIB")
_UNREADABLE = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)


class WorkerCrashError(AutotuneError):
    """The worker ended, or its answer made no sense."""


class WorkerMemoryError(WorkerCrashError):
    """The worker ended for want of memory."""


class WorkerTimeoutError(AutotuneError):
    """The worker did not answer in time."""


class WorkerProcess:
    """A running worker, `python -m MODULE`; answers one request at a time.

    Args:
        module: Name of the module; it calls `serve`.
        arguments: Its command line.
        environment: Variables to set on top of this process's.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._errors = os.memfd_create("worker-errors")
        os.set_inheritable(self._errors, False)
        flags = os.O_WRONLY | os.O_APPEND
        append_only = os.open(f"/proc/self/fd/{self._errors}", flags)
        search_path = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=append_only,
            env={**os.environ, "PYTHONPATH": search_path, **environment},
            bufsize=0,
            process_group=0,  # What a terminal sends to its foreground is for this process.
        )
        self._paused_since: float | None = None
        self._paused_secs = 0.0
        self._last_cpu_secs = 0.0
        os.close(append_only)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def request(self, value: object, timeout_secs: float, cpu_secs: float | None = None) -> object:
        """Returns the worker's answer to `value`.

        Args:
            value: Anything that can be pickled.
            timeout_secs: Longest time for the answer by the clock.
            cpu_secs: Longest CPU time for the answer; None for no limit.

        Raises:
            WorkerCrashError: The worker ended or answered with garbage; it is gone now. A
                WorkerMemoryError where it had no more memory.
            WorkerTimeoutError: No answer in time; the worker is gone now.
        """
        cpu_limit = math.inf if cpu_secs is None else self._cpu_secs() + cpu_secs
        deadline = _Deadline(self._running_secs() + timeout_secs, cpu_limit)
        os.ftruncate(self._errors, 0)
        payload = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        is_answered = False
        try:
            self._send(_HEADER.pack(_MAGIC, len(payload)) + payload, deadline)
            magic, size = _HEADER.unpack(self._receive(_HEADER.size, deadline))
            if magic != _MAGIC:
                raise WorkerCrashError("the worker's answer is garbled")
            answer = pickle.loads(self._receive(size, deadline))
            is_answered = True
            return answer
        except (BrokenPipeError, _EndOfAnswersError):
            raise self._explain_end() from None
        except _DeadlineError as error:
            limit = f"{cpu_secs:.3g} s of CPU time" if error.is_cpu else f"{timeout_secs:.3g} s"
            raise WorkerTimeoutError(f"no answer within {limit}") from None
        except _UNREADABLE as error:
            raise WorkerCrashError(f"the worker's answer is garbled: {error}") from None
        finally:
            if not is_answered:  # The answer on its way would be taken for the next.
                self.kill()

    def pause(self) -> None:
        """Stops the process where it is; the time until `resume` counts against no deadline."""
        if self.is_alive:
            self._paused_since = time.monotonic()
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused process go on."""
        if self._paused_since is not None:
            self._process.send_signal(signal.SIGCONT)
            self._paused_secs += time.monotonic() - self._paused_since
            self._paused_since = None

    def kill(self) -> None:
        """Ends the process at once and reaps it; does nothing when it is gone."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Ends the process and frees what belongs to it."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        os.close(self._errors)
        _OPENMP_TRACE.with_name(f"{_OPENMP_TRACE.name}_{self.pid}_{os.getuid()}").unlink(
            missing_ok=True
        )

    def _send(self, data: bytes, deadline: "_Deadline") -> None:
        assert self._process.stdin is not None
        view = memoryview(data)
        while view:
            self._wait(self._process.stdin.fileno(), select.POLLOUT, deadline)
            view = view[os.write(self._process.stdin.fileno(), view[:_CHUNK_BYTES]) :]

    def _receive(self, size: int, deadline: "_Deadline") -> bytes:
        assert self._process.stdout is not None
        chunks = []
        while size > 0:
            self._wait(self._process.stdout.fileno(), select.POLLIN, deadline)
            chunk = os.read(self._process.stdout.fileno(), min(size, _CHUNK_BYTES))
            if not chunk:
                raise _EndOfAnswersError
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _running_secs(self) -> float:
        """A clock that stands still while the worker is paused or this process is stopped."""
        since = self._paused_since
        return (time.monotonic() if since is None else since) - self._paused_secs

    def _cpu_secs(self) -> float:
        """CPU time of the worker so far; the last one known where it has ended."""
        clock = (~self.pid << 3) | _CPU_CLOCK
        with contextlib.suppress(OSError):
            self._last_cpu_secs = time.clock_gettime(clock)
        return self._last_cpu_secs

    def _wait(self, descriptor: int, event: int, deadline: "_Deadline") -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        while True:
            patience_secs = min(_POLL_SECS, max(0.0, deadline.running_secs - self._running_secs()))
            start = time.monotonic()
            if poll.poll(patience_secs * 1e3):
                return
            overslept_secs = time.monotonic() - start - patience_secs
            if overslept_secs > _POLL_SECS and self._paused_since is None:
                self._paused_secs += overslept_secs
            if self._running_secs() >= deadline.running_secs:
                raise _DeadlineError(is_cpu=False)
            if deadline.cpu_secs < math.inf and self._cpu_secs() >= deadline.cpu_secs:
                raise _DeadlineError(is_cpu=True)

    def _explain_end(self) -> WorkerCrashError:
        """Kills what is left of the process; returns how it ended, with its last words."""
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return WorkerCrashError("the worker closed its answers")
        if code == -signal.SIGKILL:
            return WorkerMemoryError("the worker was killed, as the system does for want of memory")
        reason = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        said = os.pread(self._errors, _CHUNK_BYTES, 0).decode(errors="replace")
        words = _last_words(said)
        kind = WorkerMemoryError if _NO_MEMORY.search(said) else WorkerCrashError
        return kind(f"the worker ended with {reason}{words and ': '}{words}")


class _EndOfAnswersError(Exception):
    pass


@dataclass(frozen=True)
class _Deadline:
    """By `_running_secs` and `_cpu_secs`."""

    running_secs: float
    cpu_secs: float


class _DeadlineError(Exception):
    def __init__(self, is_cpu: bool) -> None:
        super().__init__()
        self.is_cpu = is_cpu


def serve(handle: Callable[[object], object], memory_bytes: int) -> None:
    """Answers requests from standard input until it ends; for the worker's main function.

    Whatever the process prints goes to its standard error. An exception in `handle` ends it.

    Args:
        handle: Computes the answer of a request.
        memory_bytes: Address space that requests may take, beyond what the process has by now.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_bytes = _address_space_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    Path("/proc/self/oom_score_adj").write_text(_END_FIRST)
    for number in (signal.SIGINT, signal.SIGTERM):  # Its parent decides when it ends.
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        while header := requests.read(_HEADER.size):
            _, size = _HEADER.unpack(header)
            _answer(answers, handle(pickle.loads(requests.read(size))))


def _address_space_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _last_words(text: str) -> str:
    """Returns the line of a process's error output that best says why it ended."""
    telling = _TELLING.findall(text)
    return telling[0].strip() if telling else (text.splitlines() or [""])[-1].strip()


def _answer(answers: BinaryIO, value: object) -> None:
    payload = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    answers.write(_HEADER.pack(_MAGIC, len(payload)))
    answers.write(payload)
    answers.flush()
