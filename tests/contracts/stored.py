"""What the tests of the database store, and the processes that they start."""

import os
import subprocess
import sys

from autotune.database import Database
from autotune.measurement import Measurement, TuningRecord
from autotune.run_exchange import export_runs
from autotune.schedule import Schedule
from autotune.workload import Target, Workload

TARGET = Target("toy", "+avx", 2, 1, 512, 32, 48 << 10, 2 << 20, 0, "mlir 1")
WORKLOAD = Workload("matmul", "module {}", "ab" * 32, ())
TILE = Schedule.parse("autotune-tile{band=0 sizes=8,16}")
VECTORIZE = Schedule.parse("autotune-tile{band=0 sizes=8,16},autotune-parallelize{band=0 member=0}")


def measured(ratio: float) -> Measurement:
    times = (1.0, 1.1, 0.9), (ratio, ratio, ratio)
    return Measurement(*times, 0.5, None, 2, (("cycles", 7.0),))


def record(schedule: Schedule, measurement: Measurement, target: Target = TARGET) -> TuningRecord:
    return TuningRecord(WORKLOAD.hash, target.key, schedule, "tree", "object", measurement)


def lines_of(database: Database) -> list[str]:
    return list(export_runs(database, database.runs()))


def finished(database: Database, ratio: float, trials: int = 8, target: Target = TARGET):
    run = database.start_run(WORKLOAD, target, "seed=0", trials)
    database.add(run, record(TILE, measured(ratio), target))
    return database.finish_run(run, trials, TILE, measured(ratio))


def start_python(code: str, *arguments: str, **settings) -> subprocess.Popen[str]:
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **settings)
