"""Which cores the processes of a run are on."""

import os
import time
from pathlib import Path

import pytest

from autotune.compilation import Program, open_workshop
from autotune.database import Database
from autotune.progress import SilentProgress
from autotune.tune import TuneConfig
from tests.e2e.shell import MATMUL


def timing_workers() -> list[int]:
    """The timing workers below this process."""
    found = []
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, children.read_text().split()):
            if b"autotune.timing_worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")
def test_the_search_keeps_off_the_core_of_timed_code(tmp_path):
    """Else it waits while anything is timed, or disturbs it."""
    allowed = os.sched_getaffinity(0)
    program = Program(MATMUL.encode(), "matmul.mlir", num_threads=1)
    with (
        open_workshop(program, tmp_path / "failures", time.monotonic) as workshop,
        Database(str(tmp_path / "tuning.db")) as database,
    ):
        workshop.tune(database, TuneConfig(trials=1), SilentProgress())
        (worker,) = timing_workers()
        timing, own = os.sched_getaffinity(worker), os.sched_getaffinity(0)
    assert len(timing) == 1
    assert timing | own == allowed
    assert not timing & own
    assert os.sched_getaffinity(0) == allowed
