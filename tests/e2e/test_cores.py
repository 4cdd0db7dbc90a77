"""Which cores the processes of a run are on."""

import os
import time

import pytest

from autotune.compilation import Program, open_workshop
from autotune.database import Database
from autotune.progress import SilentProgress
from autotune.tune import TuneConfig
from tests.children import children_running
from tests.e2e.shell import MATMUL


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
        (worker,) = children_running("autotune.timing_worker")
        timing, own = os.sched_getaffinity(worker), os.sched_getaffinity(0)
    assert len(timing) == 1
    assert timing | own == allowed
    assert not timing & own
    assert os.sched_getaffinity(0) == allowed
