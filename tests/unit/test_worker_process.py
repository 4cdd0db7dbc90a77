"""Workers that end, hang, print and garble."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotune.worker_process import WorkerCrashError, WorkerProcess, WorkerTimeoutError

_WORKER = """
import ctypes, os, sys, time
from autotune.worker_process import serve

def handle(request):
    match request:
        case ["print", text]:
            print(text)
            os.write(1, text.encode())
            return len(text)
        case ["fail", text]:
            print("something first", file=sys.stderr)
            raise ValueError(text)
        case ["exit", code]:
            os._exit(code)
        case ["segfault"]:
            ctypes.string_at(0)
        case ["sleep", secs]:
            time.sleep(secs)
        case ["work", secs]:
            while time.process_time() < secs:
                pass
        case ["garble"]:
            for descriptor in range(3, 20):
                try:
                    os.write(descriptor, b"garbage, and more than one header of it")
                except OSError:
                    pass
        case ["allocate", size]:
            bytearray(size)
    return request

serve(handle, 2 << 30)
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerProcess]:
    (tmp_path / "odd_worker.py").write_text(_WORKER)
    monkeypatch.syspath_prepend(tmp_path)
    process = WorkerProcess("odd_worker", [], {})
    yield process
    process.close()


def test_answers_in_turn(worker: WorkerProcess) -> None:
    large = ["echo", b"x" * 5_000_000]
    assert worker.request(large, 60) == large
    assert worker.request(["echo", 1], 60) == ["echo", 1]


def test_prints_do_not_reach_the_answers(worker: WorkerProcess) -> None:
    assert worker.request(["print", "noise" * 100_000], 60) == 500_000
    assert worker.request(["echo"], 60) == ["echo"]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (["fail", "no such thing"], "exit status 1: ValueError: no such thing"),
        (["exit", 3], "exit status 3"),
        (["segfault"], "SIGSEGV"),
        (["garble"], "garbled"),
        (["allocate", 3 << 30], "MemoryError"),
    ],
)
def test_end_is_described(worker: WorkerProcess, request_: list[object], reason: str) -> None:
    with pytest.raises(WorkerCrashError, match=reason):
        worker.request(request_, 60)
    assert not worker.is_alive
    with pytest.raises(WorkerCrashError):
        worker.request(["echo"], 60)


def test_hang_is_ended(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerTimeoutError, match=r"no answer within 0\.5 s"):
        worker.request(["sleep", 60], 0.5)
    assert not worker.is_alive


def test_work_is_limited_by_its_own_time(worker: WorkerProcess) -> None:
    worker.request(["sleep", 1.5], 60, 0.5)
    with pytest.raises(WorkerTimeoutError, match=r"no answer within 0\.5 s of CPU time"):
        worker.request(["work", 60], 60, 0.5)
    assert not worker.is_alive


def test_worker_dies_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "odd_worker.py").write_text(_WORKER)
    script = (
        "import os, signal\n"
        "from autotune.worker_process import WorkerProcess\n"
        "worker = WorkerProcess('odd_worker', [], {})\n"
        "worker.request(['echo'], 60)\n"
        "print(worker.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    search_path = os.pathsep.join([str(tmp_path), *sys.path])
    environment = {**os.environ, "PYTHONPATH": search_path}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert _is_gone(int(done.stdout))


def _is_gone(pid: int) -> bool:
    """Waits for the end of a process that is not this one's child."""
    for _ in range(1000):
        status = Path(f"/proc/{pid}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.01)
    return False


def test_time_in_a_pause_counts_against_no_deadline(worker: WorkerProcess) -> None:
    assert worker.request(["echo", 1], 60) == ["echo", 1]
    worker.pause()
    threading.Timer(1.0, worker.resume).start()
    start = time.monotonic()
    assert worker.request(["echo", 2], 0.5) == ["echo", 2]
    assert time.monotonic() - start >= 0.9
    with pytest.raises(WorkerTimeoutError):
        worker.request(["sleep", 60], 0.5)


def test_time_in_which_this_process_is_stopped_counts_against_no_deadline(tmp_path: Path) -> None:
    (tmp_path / "odd_worker.py").write_text(_WORKER)
    script = (
        "import os, signal, subprocess\n"
        "from autotune.worker_process import WorkerProcess\n"
        "worker = WorkerProcess('odd_worker', [], {})\n"
        "worker.request(['echo'], 60)\n"
        "stop = f'sleep 0.3; kill -STOP {os.getpid()}; sleep 3; kill -CONT {os.getpid()}'\n"
        "stopper = subprocess.Popen(['sh', '-c', f'kill -STOP {worker.pid}; {stop}; '\n"
        "    f'sleep 0.2; kill -CONT {worker.pid}'])\n"
        "print(worker.request(['echo', 2], 2.5))\n"
        "worker.close()\n"
        "stopper.wait()\n"
    )
    search_path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "['echo', 2]\n", done.stderr
