"""The loop around a search strategy: ask, build, time, record, tell.

Hides the order of things. The next candidates are chosen and built while the current ones are
timed, one at a time; every measurement is committed before the next one starts; the strategy
hears of a batch only after it was asked for the next one, so that a search takes the same course
whatever the speed of the builds. A run that was cut off takes up where it was: its committed
measurements are replayed to the strategy, and none is timed again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from autotune.database import Database, Run
from autotune.measurement import (
    Artefact,
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    Measurement,
    TuningRecord,
)
from autotune.progress import TuningProgress
from autotune.schedule import Schedule
from autotune.search import Explorer, Outcome, SearchStrategy
from autotune.workload import Target, Workload

_MAX_ASKED_PER_TRIAL = 4


class Compiler(Protocol):
    """Lists what is legal, and builds candidates, several at once."""

    def describe(self, candidate: Candidate) -> Future[Description | Failure]:
        """Says what the candidate's schedule makes of the loops."""

    def expand(self, candidate: Candidate) -> Future[Expansion | Failure]:
        """Lists what can follow the candidate's schedule."""

    def build(self, candidate: Candidate) -> Future[BuildResult]:
        """Compiles a candidate; the empty schedule gives the baseline."""


class Runner(Protocol):
    """Checks and times artefacts, one at a time."""

    def run(self, workload: Workload, baseline: Artefact, artefact: Artefact) -> Measurement:
        """Checks the outputs of `artefact`, and times it beside the baseline."""

    def compare(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> list[Measurement]:
        """Checks and times artefacts in turn, side by side with each other and the baseline."""


@dataclass(frozen=True)
class Session:
    """What tuning works with.

    Attributes:
        compiler: Lists and builds candidates.
        runner: Times them.
        database: Keeps the measurements.
        target: The machine.
        progress: Hears what happens.
        clock: Seconds, monotonic.
        reproduce: Returns a shell command that runs a candidate again.
    """

    compiler: Compiler
    runner: Runner
    database: Database
    target: Target
    progress: TuningProgress
    clock: Callable[[], float]
    reproduce: Callable[[Candidate], str]


@dataclass(frozen=True)
class Bounds:
    """When a search ends.

    Attributes:
        num_trials: Candidates to measure, failures included.
        deadline_secs: Time on the session's clock; None for no limit.
        batch: Candidates to ask for at once.
    """

    num_trials: int
    deadline_secs: float | None
    batch: int


@dataclass(frozen=True)
class _Job:
    """A schedule that was asked for: measured in an earlier session, or being built."""

    schedule: Schedule
    record: TuningRecord | None
    build: Future[BuildResult] | None


class SearchLoop:
    """Measures what a strategy asks for.

    Args:
        session: Compiler, runner, database.
        workload: What to tune.
        baseline: Its code without any transformation.
        run: Where the measurements are recorded; those it has are replayed.
    """

    def __init__(self, session: Session, workload: Workload, baseline: Artefact, run: Run) -> None:
        self._session = session
        self._workload = workload
        self._baseline = baseline
        self._run = run
        records = session.database.records(run)
        self._known = {record.schedule: record for record in records}
        self._by_object: dict[str, Measurement] = {}
        self._num_asked = 0
        self.records: list[TuningRecord] = []

    def search(self, strategy: SearchStrategy, explorer: Explorer, bounds: Bounds) -> bool:
        """Fills `records` with the trials; returns whether it went on to the end.

        Args:
            strategy: Decides what to measure.
            explorer: The strategy's own.
            bounds: When to stop. False is returned where time was up before the trials.
        """
        with ThreadPoolExecutor(1) as chooser:
            current = self._choose(strategy, bounds, self._num_left(bounds, 0))
            while current:
                # Counted before records arrive beside the choice: it must not depend on timing.
                num_left = self._num_left(bounds, len(current))
                if self._is_exclusive:
                    following = self._choose(strategy, bounds, num_left)
                    outcomes = self._measure_all(current, explorer, bounds)
                else:
                    choice = chooser.submit(self._choose, strategy, bounds, num_left)
                    outcomes = self._measure_all(current, explorer, bounds)
                    following = choice.result()
                strategy.tell(outcomes)
                if not following:
                    following = self._choose(strategy, bounds, self._num_left(bounds, 0))
                current = following
        return not self._is_late(bounds) or len(self.records) >= bounds.num_trials

    @property
    def _is_exclusive(self) -> bool:
        """Whether timing needs every core, so that nothing may be chosen meanwhile."""
        return self._session.target.num_threads >= self._session.target.num_cores

    def _is_late(self, bounds: Bounds) -> bool:
        return bounds.deadline_secs is not None and self._session.clock() >= bounds.deadline_secs

    def _num_left(self, bounds: Bounds, num_in_flight: int) -> int:
        num_left = bounds.num_trials - len(self.records) - num_in_flight
        return min(num_left, _MAX_ASKED_PER_TRIAL * bounds.num_trials - self._num_asked)

    def _choose(self, strategy: SearchStrategy, bounds: Bounds, num_left: int) -> list[_Job]:
        """Asks for the next batch and starts to build it; empty where the search is over."""
        if num_left <= 0 or self._is_late(bounds):
            return []
        schedules = strategy.ask(min(bounds.batch, num_left))
        self._num_asked += len(schedules)
        return [self._start(schedule) for schedule in schedules]

    def _start(self, schedule: Schedule) -> _Job:
        if schedule in self._known:
            return _Job(schedule, self._known[schedule], None)
        build = self._session.compiler.build(Candidate(self._workload, schedule))
        return _Job(schedule, None, build)

    def _measure_all(self, jobs: list[_Job], explorer: Explorer, bounds: Bounds) -> list[Outcome]:
        outcomes = []
        for job in jobs:
            if job.record is None and self._is_late(bounds):
                break
            outcomes.append(Outcome(job.schedule, self._measure(job, explorer)))
        return outcomes

    def _measure(self, job: _Job, explorer: Explorer) -> Measurement:
        """Returns the measurement of a candidate, new or known; a new one is committed."""
        if job.record is not None:
            self._count(job.record)
            return job.record.measurement
        assert job.build is not None
        built = job.build.result()
        object_hash = "" if built.artefact is None else built.artefact.object_hash
        if object_hash in self._by_object:
            return self._by_object[object_hash]
        if built.artefact is None:
            measurement = Measurement((), (), 0.0, built.failure)
        else:
            measurement = self._time(built)
        state = explorer.visit(job.schedule)
        record = TuningRecord(
            self._workload.hash,
            self._session.target.key,
            job.schedule,
            "" if state is None else state.tree_hash,
            object_hash,
            measurement,
        )
        self._session.database.add(self._run, record)
        self._count(record)
        return measurement

    def _time(self, built: BuildResult) -> Measurement:
        assert built.artefact is not None
        measurement = self._session.runner.run(self._workload, self._baseline, built.artefact)
        if measurement.failure is None:
            return measurement
        command = self._session.reproduce(built.candidate)
        return replace(measurement, failure=replace(measurement.failure, reproducer=command))

    def _count(self, record: TuningRecord) -> None:
        self.records.append(record)
        if record.object_hash:
            self._by_object[record.object_hash] = record.measurement
        self._session.progress.trial(record.measurement)
