"""One way to compute a program, in a process of its own that answers commands.

Libraries of different kinds keep their threads and their settings apart this way; only the one that
is asked runs. The module is both sides: `Contender` is the caller's, `main` the process's.
"""

import ctypes
import importlib
import math
import mmap
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks.program import Array, Program

# Large pages, for every contender: times do not depend on where arrays happen to lie.
_LARGE_PAGE_BYTES = 2 << 20
# Threads that may move share a core at times.
_BIND = {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores"}
# Cores that have slept are slow at first, or two of a virtual machine's share one.
_WARM_SECS = 0.2


class ContenderError(Exception):
    """A contender crashed or was stopped."""


class Contender:
    """A process that computes one program again and again; a context manager.

    Args:
        program: What it computes.
        library: Shared library with the program's C interface; None for NumPy.
        num_threads: Threads it may use, and cores that it is pinned to; OpenMP's each to one.
        seed: Of the inputs.
        environment: Variables to set before anything is loaded.
        python: The process's interpreter; by default this one.
    """

    def __init__(
        self,
        program: Program,
        library: Path | None,
        num_threads: int,
        seed: int,
        environment: Mapping[str, str],
        python: str = sys.executable,
    ) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(num_threads))
        if num_threads > 1:
            threads |= _BIND
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.contender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads, **environment},
        )
        self.about = str(self._ask((program, library, num_threads, seed)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def secs(self, limit_secs: float | None = None) -> float:
        """Runs on fresh inputs, short calls again and again; returns a call's seconds.

        Of short calls, the median of those after cores had time to wake up.

        Raises:
            ContenderError: The process crashed, or took longer than the limit.
        """
        watchdog = threading.Timer(limit_secs or math.inf, self._process.kill)
        if limit_secs is not None:
            watchdog.start()
        try:
            return float(self._ask("secs"))
        finally:
            watchdog.cancel()

    def outputs(self) -> list[Array]:
        """Returns the arrays as the last run left them."""
        return list(self._ask("outputs"))

    def _ask(self, command: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            pickle.dump(command, self._process.stdin)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            status = self._process.wait()
            raise ContenderError(f"ended with status {status}") from error


def aligned_copy(array: Array) -> Array:
    """Returns a copy in large pages of its own, where the system grants them."""
    num_pages = -(-array.nbytes // _LARGE_PAGE_BYTES) + 1
    mapping = mmap.mmap(-1, num_pages * _LARGE_PAGE_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    mapping.madvise(mmap.MADV_HUGEPAGE)
    memory = np.frombuffer(mapping, np.uint8)
    start = -memory.ctypes.data % _LARGE_PAGE_BYTES
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def openblas_core() -> str:
    """Name of the CPU that NumPy's OpenBLAS chose its kernels for; empty where it does not say."""
    multiarray = importlib.import_module("numpy._core._multiarray_umath")
    library = ctypes.CDLL(multiarray.__file__)
    for name in ("scipy_openblas_get_corename64_", "openblas_get_corename"):
        function = getattr(library, name, None)
        if function is not None:
            function.restype = ctypes.c_char_p
            return str(function().decode())
    return ""


def _prepare(
    program: Program, library: Path | None, arrays: list[Array]
) -> tuple[str, Callable[[], object]]:
    """Returns what the contender is, and its call."""
    if library is None:
        assert program.prepare is not None
        return f"NumPy {np.__version__}, OpenBLAS {openblas_core()}", program.prepare(arrays)
    function = ctypes.CDLL(str(library))[program.entry]
    function.restype = None
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
    return library.name, lambda: function(*pointers)


def _timed(call: Callable[[], object], arrays: list[Array], inputs: list[Array]) -> float:
    """Seconds of one call on fresh inputs."""
    for array, values in zip(arrays, inputs, strict=True):
        np.copyto(array, values)
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def secs_when_awake(call: Callable[[], object], arrays: list[Array], inputs: list[Array]) -> float:
    """Seconds of a call once cores are awake: the median of the latter half of the time to wake up.

    A call that takes that long by itself is the only one.
    """
    start = time.monotonic()
    calls = [(start, _timed(call, arrays, inputs))]
    if calls[0][1] >= _WARM_SECS:
        return calls[0][1]
    while len(calls) == 1 or time.monotonic() < start + _WARM_SECS:
        calls.append((time.monotonic(), _timed(call, arrays, inputs)))
    late = [secs for began, secs in calls if began >= start + _WARM_SECS / 2]
    return median(late or [calls[-1][1]])


def main() -> None:
    """Serves commands from standard input until it ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def answer(value: object) -> None:
        pickle.dump(value, sink)
        sink.flush()

    program, library, num_threads, seed = pickle.load(source)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-num_threads:])
    inputs = program.inputs(seed)
    arrays = [aligned_copy(array) for array in inputs]
    about, call = _prepare(program, library, arrays)
    answer(about)
    while True:
        try:
            command = pickle.load(source)
        except EOFError:
            return
        if command == "outputs":
            answer(arrays)
            continue
        answer(secs_when_awake(call, arrays, inputs))


if __name__ == "__main__":
    main()
