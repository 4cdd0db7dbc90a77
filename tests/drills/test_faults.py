"""A tuning run in which a third of the candidates break something."""

import time
from collections import Counter
from pathlib import Path

import pytest

from autotune.compiler import CompilerPool
from autotune.database import Database
from autotune.measurement import FailureKind, MeasureConfig
from autotune.progress import SilentProgress
from autotune.report import WorkloadReport
from autotune.reproducer import Conditions, Reproducers
from autotune.runner import LocalRunner
from autotune.search import peak_speedup
from autotune.search_loop import Session
from autotune.target import detect
from autotune.tune import TuneConfig, tune
from autotune.workload import Target
from tests.children import children
from tests.faulty_compile_worker import FAULT_SEED, SHARES, fault
from tests.unit.kernels import matmul

_COMPILE_SECS = 5.0
_MEMORY_BYTES = 1 << 30
_MEASURE = MeasureConfig(
    budget_secs=0.03,
    baseline_budget_secs=0.1,
    slack_secs=0.5,
    patience_secs=0.0,
    memory_bytes=_MEMORY_BYTES,
)
_OF_LONG_CODE = (FailureKind.COMPILE_ERROR, FailureKind.COMPILE_TIMEOUT)
_WORKERS = ("timing_worker", "compile_worker")


@pytest.mark.parametrize("num_trials", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_third_of_the_candidates_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, num_trials: int
) -> None:
    monkeypatch.setattr("autotune.compiler._WORKER", "tests.faulty_compile_worker")
    monkeypatch.setattr("autotune.compiler._MOST_MEMORY_BYTES", _MEMORY_BYTES)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    kinds = Counter[FailureKind | None]()
    # Which schedules are tried depends on the machine, and which of them fail on chance.
    for seed in ("", "1", "2"):
        monkeypatch.setenv(FAULT_SEED, seed)
        folder = tmp_path / f"seed{seed}"
        folder.mkdir()
        kinds = _drill(folder, num_trials)
        assert list(scratch.iterdir()) == []
        if kinds.total() - kinds[None] >= num_trials // 4:
            break
    assert kinds.total() - kinds[None] >= num_trials // 4
    if num_trials == 1000:
        assert all(kinds[kind] >= share // 2 for kind, share in SHARES.items())


def _drill(folder: Path, num_trials: int) -> Counter[FailureKind | None]:
    """Tunes and checks everything; returns how many candidates failed in which way."""
    before = _workers()
    file = folder / "tuning.db"
    report = _tune(detect(), folder / "kept", str(file), num_trials)

    assert len(report.records) == num_trials
    for record in report.records:
        failure = record.measurement.failure
        expected = fault(record.schedule)
        if expected is not None:
            assert failure is not None, f"accepted: {record.schedule}"
            assert failure.kind is expected, failure.message
            assert failure.message
            assert failure.reproducer.startswith("./run python -m autotune.reproduce ")
        elif failure is not None:
            assert failure.kind in _OF_LONG_CODE, failure.message
    kinds = Counter(fault(record.schedule) for record in report.records)
    print({kind.value if kind else "valid": count for kind, count in kinds.items()})

    ratios = {r.schedule: peak_speedup(r.measurement) or 0.0 for r in report.records}
    assert report.schedule.transformations
    assert fault(report.schedule) is None
    assert ratios[report.schedule] in sorted(ratios.values())[-TuneConfig().num_finalists :]
    with Database(str(file)) as database:
        (run,) = database.runs()
        timed = [record for record in database.records(run) if not record.is_copy]
        assert timed == list(report.records)
        assert run.winner == report.schedule

    assert _workers() == before
    return kinds


def _tune(target: Target, kept: Path, database: str, num_trials: int) -> WorkloadReport:
    reproducers = Reproducers(kept, Conditions(1, _COMPILE_SECS, _MEASURE))
    config = TuneConfig(trials=num_trials, search="mcts", proposer="heuristic")
    with (
        CompilerPool(target, 2, _COMPILE_SECS, reproducers=reproducers) as compiler,
        LocalRunner(target, _MEASURE, quiet=compiler.paused) as runner,
        Database(database) as opened,
    ):
        session = Session(
            compiler,
            runner,
            opened,
            target,
            SilentProgress(),
            time.monotonic,
            lambda built: reproducers.command(built.candidate, built.artefact.object_code),
        )
        (report,) = tune([matmul(64)], config, session)
    return report


def _workers() -> Counter[str]:
    """States of this process's children that are workers, or that nobody has waited for."""
    found: Counter[str] = Counter()
    for child in children():
        if child.state == "Z" or any(name in child.command for name in _WORKERS):
            found[child.state if child.state == "Z" else "worker"] += 1
    return found
