"""Replays a recorded run: the same search, step by step, with the recorded measurements.

The search itself runs, with the real legality oracle and the real menus; nothing is built or
timed for it. It must ask for what was recorded, in the same order, to the choice of the winner.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from autotune.database import Database
from autotune.errors import AutotuneError, DatabaseError, InputError
from autotune.measurement import (
    Artefact,
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    FailureKind,
    Measurement,
    TuningRecord,
)
from autotune.progress import SilentProgress
from autotune.proxy import ProxyChoice
from autotune.replay_file import read_text
from autotune.report import WorkloadReport
from autotune.run_exchange import export_runs, import_runs
from autotune.schedule import Schedule
from autotune.search_loop import Compiler, Session
from autotune.tune import TuneConfig, tune
from autotune.tuning_run import Run
from autotune.workload import Target, Workload


class DivergenceError(AutotuneError):
    """The search takes another course than the recorded one; the text names the step."""


@dataclass(frozen=True)
class Step:
    """One trial of a search."""

    workload_name: str
    record: TuningRecord

    def __str__(self) -> str:
        return f"{self.workload_name}: {self.record.schedule or 'the program as it is'}"


@dataclass(frozen=True)
class Recording:
    """The runs of one session.

    Attributes:
        name: What messages call it.
        lines: The runs, as `run_exchange` writes them.
        runs: The runs by the hash of their workload.
        records: Their records, the baseline left out.
        baselines: What was measured of the untransformed workloads.
        target: What they were measured on.
    """

    name: str
    lines: tuple[str, ...]
    runs: dict[str, Run]
    records: dict[str, list[TuningRecord]]
    baselines: dict[str, Measurement | None]
    target: Target

    @property
    def config(self) -> TuneConfig:
        """How the runs were tuned; as many trials as were measured.

        Raises:
            DatabaseError: The settings are not this version's.
        """
        (text,) = {run.settings for run in self.runs.values()}
        known = {field.name for field in fields(TuneConfig)}
        try:
            settings: dict[str, Any] = json.loads(text)
            if not settings.keys() <= known:
                raise ValueError(f"{', '.join(sorted(settings.keys() - known))}: not known")
        except (ValueError, AttributeError) as error:
            raise DatabaseError(f"{self.name}: cannot read the settings {text}: {error}") from None
        return TuneConfig(trials=len(self.steps), resume=True, **settings)

    @property
    def steps(self) -> list[Step]:
        """The trials of all runs in order."""
        steps = [
            Step(run.workload_name, record)
            for key, run in self.runs.items()
            for record in self.records[key]
            if not record.is_copy
        ]
        return sorted(steps, key=lambda step: _number(step.record))

    def replay(
        self, workloads: Sequence[Workload], compiler: Compiler, clock: Callable[[], float]
    ) -> list[WorkloadReport]:
        """Returns the reports of those workloads that have a run.

        Args:
            workloads: Those of the program.
            compiler: Says what is legal.
            clock: Seconds, monotonic.

        Raises:
            InputError: The runs are of another program.
            DivergenceError: The search goes another way.
        """
        included = [workload for workload in workloads if workload.hash in self.runs]
        missing = self.runs.keys() - {workload.hash for workload in workloads}
        if missing:
            names = ", ".join(sorted(self.runs[key].workload_name for key in missing))
            raise InputError(f"{self.name} is of another program: this one has no workload {names}")
        listener = _Listener()
        with _copy(self) as database:
            session = Session(
                _RecordedCompiler(compiler, self),
                _RecordedRunner(self),
                database,
                self.target,
                listener,
                clock,
                lambda _: "",
            )
            reports = {each.name: each for each in tune(included, self.config, session)}
        self._check_steps(listener.steps(list(reports.values())))
        for workload in included:
            self._check_winner(self.runs[workload.hash], reports[workload.name])
        return list(reports.values())

    def _check_steps(self, taken: Sequence[Step]) -> None:
        recorded = self.steps
        for number, (before, now) in enumerate(zip(recorded, taken, strict=False), start=1):
            same = before.record.workload_hash == now.record.workload_hash
            if not same or before.record.schedule != now.record.schedule:
                raise DivergenceError(
                    f"{self.name} diverges at step {number} of {len(recorded)}: "
                    f"recorded is {before}, the search now asks for {now}"
                )
        if len(taken) < len(recorded):
            raise DivergenceError(
                f"{self.name} diverges at step {len(taken) + 1} of {len(recorded)}: "
                f"recorded is {recorded[len(taken)]}, the search now ends"
            )

    def _check_winner(self, run: Run, report: WorkloadReport) -> None:
        if run.winner not in (None, report.schedule):
            raise DivergenceError(
                f"{self.name} diverges at the final choice for {run.workload_name}: recorded is "
                f"{run.winner or 'the program as it is'}, now it is {report.schedule}"
            )


def read_recording(text: str, url: str) -> Recording:
    """Returns the run with a number, or those in a file of `db export`, with their session.

    Args:
        text: Number of a run in the database, or path of the file.
        url: Where the database is.

    Raises:
        DatabaseError: There is no such run, or no measurement in it.
        InputError: The file cannot be read.
    """
    if text.isdecimal():
        name = f"run {text}"
        with Database(url) as database:
            session = database.run(int(text)).origin.session
            lines = tuple(export_runs(database, database.runs(session=session)))
    else:
        name = text
        lines = tuple(read_text(Path(text)).splitlines())
    with Database("sqlite://") as database:
        import_runs(database, lines, name)
        runs = database.runs()
        if len({run.origin.session for run in runs}) != 1:
            raise DatabaseError(f"{name}: not one session; write one with db export --run RUN")
        records = {run.workload_hash: database.records(run) for run in runs}
        baselines = {run.workload_hash: database.baseline(run) for run in runs}
        target = database.target(runs[0].target_key)
    by_hash = {run.workload_hash: run for run in runs}
    recording = Recording(name, lines, by_hash, records, baselines, target)
    if not recording.steps:
        raise DatabaseError(f"{name} has no measurement")
    return recording


class _RecordedCompiler:
    """Lists what is legal; builds nothing, but knows the schedules that have measurements."""

    def __init__(self, compiler: Compiler, recording: Recording) -> None:
        self._compiler = compiler
        self._recording = recording

    def describe(self, candidate: Candidate) -> Future[Description | Failure]:
        return self._compiler.describe(candidate)

    def expand(self, candidate: Candidate) -> Future[Expansion | Failure]:
        return self._compiler.expand(candidate)

    def shorten(self, workload: Workload, share: float) -> Future[ProxyChoice]:
        future: Future[ProxyChoice] = Future()
        future.set_result(ProxyChoice(None, "the recorded run has no smaller problem"))
        return future

    def build(self, candidate: Candidate) -> Future[BuildResult]:
        future: Future[BuildResult] = Future()
        text = str(candidate.schedule)
        if text == "" or _final(self._recording, candidate.workload, candidate.schedule):
            artefact = Artefact(text.encode(), text, 0.0, 0)
            future.set_result(BuildResult(candidate, artefact, None))
        else:
            failure = Failure(FailureKind.ILLEGAL, "there is no measurement in the recorded run")
            future.set_result(BuildResult(candidate, None, failure))
        return future


class _RecordedRunner:
    """Answers with what was measured."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def submit(
        self, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        future: Future[Measurement] = Future()
        future.set_result(self._measurement(workload, artefact))
        return future

    def compare(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> list[Measurement]:
        return [self._measurement(workload, artefact) for artefact in artefacts]

    def _measurement(self, workload: Workload, artefact: Artefact) -> Measurement:
        schedule = Schedule.parse(artefact.object_code.decode())
        return _final(self._recording, workload, schedule) or self._baseline(workload)

    def _baseline(self, workload: Workload) -> Measurement:
        recording, key = self._recording, workload.hash
        final = recording.runs[key].final
        if final is not None and recording.runs[key].winner == Schedule():
            return final
        known = recording.baselines[key]
        if known is None:  # Runs of schema 1 have it beside the candidates only.
            beside = [record.measurement.baseline_secs for record in recording.records[key]]
            times = next(filter(None, beside), (math.inf,))
            known = Measurement(times, times, 0.0, None)
        return known


class _Listener(SilentProgress):
    """Hears which workload's turn it is."""

    def __init__(self) -> None:
        self._turns: list[str] = []

    def trial(self, workload: str, measurement: Measurement) -> None:
        self._turns.append(workload)

    def steps(self, reports: Sequence[WorkloadReport]) -> list[Step]:
        """Returns the trials of all workloads in the order in which they were heard of."""
        trials = {report.name: iter(report.records) for report in reports}
        return [Step(name, next(trials[name])) for name in self._turns]


@contextmanager
def _copy(recording: Recording) -> Iterator[Database]:
    """Gives a database with the runs as if they were cut off before the final comparison."""
    lines = []
    for line in recording.lines:
        value = json.loads(line)
        value["run"] |= {"winner": None, "final": None, "finalists": None}
        lines.append(json.dumps(value))
    with Database("sqlite://") as database:
        import_runs(database, lines, recording.name)
        yield database


def _final(recording: Recording, workload: Workload, schedule: Schedule) -> Measurement | None:
    """Returns the last measurement of a schedule; of a run that was cut off, the only one.

    There is none for what was only timed on a smaller problem.
    """
    if workload.hash not in recording.runs:
        return None
    run = recording.runs[workload.hash]
    if run.winner is not None:
        return dict(run.finalists).get(schedule)
    records = recording.records[workload.hash]
    whole = (r.measurement for r in records if r.schedule == schedule and not r.measurement.proxy)
    return next(whole, None)


def _number(record: TuningRecord) -> int:
    step = None if record.provenance is None else record.provenance.step
    return 0 if step is None else step
