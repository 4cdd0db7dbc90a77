"""The loop around the search strategies of a program: ask, build, time, record, tell.

Hides the order of things. Batches of candidates come from one workload after the other, as the
allocation decides. The next batch is chosen and built, each candidate as soon as it is found, while
the current one is timed; what a runner measures at once is committed before the next candidate
starts; allocation and strategy hear of a batch only after the next one was chosen, so that a search
takes the same course whatever the speed of builds and runners. A run that was cut off takes up
where it was: its committed measurements are replayed to the strategy, and none is timed again.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from autotune.allocation import Allocation
from autotune.database import Database
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
from autotune.problem import Problem, start_build
from autotune.progress import TuningProgress
from autotune.proxy import ProxyChoice
from autotune.schedule import Schedule
from autotune.search import Explorer, Outcome, SearchStrategy, peak_speedup
from autotune.time_account import Spent
from autotune.tuning_run import Run
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

    def shorten(self, workload: Workload, share: float) -> Future[ProxyChoice]:
        """Makes a smaller problem with about a share of the workload's time, or says why not."""


class Runner(Protocol):
    """Checks and times artefacts, one at a time on each machine."""

    def submit(
        self, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        """Checks the outputs of `artefact`, and times it beside the baseline.

        A runner of one machine does so before it returns.
        """

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
        reproduce: Returns a shell command that runs a candidate again, the very code.
        is_interrupted: Whether the user wants to have what there is.
        spent: Returns where the time of the run went so far.
    """

    compiler: Compiler
    runner: Runner
    database: Database
    target: Target
    progress: TuningProgress
    clock: Callable[[], float]
    reproduce: Callable[[BuildResult], str]
    is_interrupted: Callable[[], bool] = lambda: False
    spent: Callable[[], Spent] = Spent


@dataclass(frozen=True)
class Bounds:
    """When a search ends.

    Attributes:
        num_trials: Candidates to measure over all workloads, failures included.
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
    build: Callable[[], BuildResult] | None


@dataclass(frozen=True)
class _Trial:
    """A job whose measurement is there or will be.

    Attributes:
        job: What is measured.
        measurement: The result, or how to get it.
        built: Set where a record is to be committed.
        is_copy: The measurement is that of an earlier candidate with equal code.
    """

    job: _Job
    measurement: Future[Measurement]
    built: BuildResult | None
    is_copy: bool = False


class WorkloadSearch:
    """Measures what a strategy asks for on one workload.

    Args:
        session: Compiler, runner, database.
        problem: What to tune, and what to time.
        run: Where the measurements are recorded; those it has of this problem are replayed.
        strategy: Decides what to measure.
        explorer: The strategy's own.

    Attributes:
        records: The trials so far.
    """

    def __init__(
        self,
        session: Session,
        problem: Problem,
        run: Run,
        strategy: SearchStrategy,
        explorer: Explorer,
    ) -> None:
        self._session = session
        self._problem = problem
        self._workload = problem.workload
        self._run = run
        self._strategy = strategy
        self._explorer = explorer
        records = session.database.records(run)
        self._known = {x.schedule: x for x in records if problem.is_timed(x.measurement)}
        self._by_object: dict[str, Future[Measurement]] = {}
        self.records: list[TuningRecord] = []

    @property
    def best_ratio(self) -> float:
        """Speed-up of the best candidate so far; 1 where the baseline is the best."""
        return max((peak_speedup(each.measurement) or 1.0 for each in self.records), default=1.0)

    def ask(self, num_schedules: int) -> list[_Job]:
        """Returns the next candidates, each being built since it was found; none where none is."""
        return [self._start(schedule) for schedule in self._strategy.ask(num_schedules)]

    def measure(
        self, jobs: Sequence[_Job], is_enough: Callable[[int, bool], bool]
    ) -> list[Outcome]:
        """Returns the outcomes of `jobs`, or of the first ones where those are enough.

        Args:
            jobs: What to measure.
            is_enough: Asked before each job, with the number of trials on their way and whether
                the job is new.
        """
        outcomes: list[Outcome] = []
        trials = deque[_Trial]()
        for job in jobs:
            if is_enough(sum(not trial.is_copy for trial in trials), job.record is None):
                break
            trials.append(self._submit(job))
            while trials and trials[0].measurement.done():
                outcomes.append(self._conclude(trials.popleft()))
        return outcomes + [self._conclude(trial) for trial in trials]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Lets the strategy know."""
        self._strategy.tell(outcomes)

    def _start(self, schedule: Schedule) -> _Job:
        if schedule in self._known:
            return _Job(schedule, self._known[schedule], None)
        problem, compiler = self._problem, self._session.compiler
        build = start_build(compiler, self._workload, problem.proxy, schedule)
        return _Job(schedule, None, build)

    def _submit(self, job: _Job) -> _Trial:
        """Has a candidate measured, unless its measurement is known."""
        if job.record is not None:
            measured = _known(job.record.measurement)
            self._remember(job.record.object_hash, measured)
            return _Trial(job, measured, None, job.record.is_copy)
        assert job.build is not None
        built = job.build()
        if built.artefact is None:
            return _Trial(job, _known(Measurement((), (), 0.0, built.failure)), built)
        object_hash = built.artefact.object_hash
        if object_hash in self._by_object:
            return _Trial(job, self._by_object[object_hash], built, is_copy=True)
        timed, baseline = built.candidate.workload, self._problem.baseline_of(built)
        measured = self._session.runner.submit(timed, baseline, built.artefact)
        self._remember(object_hash, measured)
        return _Trial(job, measured, built)

    def _conclude(self, trial: _Trial) -> Outcome:
        """Waits for a measurement, and commits it where it is new."""
        measurement, job = trial.measurement.result(), trial.job
        if trial.built is not None:
            if trial.built.artefact is not None and measurement.failure is not None:
                command = self._session.reproduce(trial.built)
                failure = replace(measurement.failure, reproducer=command)
                measurement = replace(measurement, failure=failure)
            measurement = replace(measurement, proxy=self._problem.key_of(trial.built))
            record = self._record(trial.built, measurement, trial.is_copy)
            self._session.database.add(self._run, record)
            self._count(record)
        elif job.record is not None:
            self._count(job.record)
        return Outcome(job.schedule, measurement)

    def _record(self, built: BuildResult, measurement: Measurement, is_copy: bool) -> TuningRecord:
        schedule = built.candidate.schedule
        state = self._explorer.visit(schedule)
        return TuningRecord(
            self._workload.hash,
            self._session.target.key,
            schedule,
            "" if state is None else state.tree_hash,
            "" if built.artefact is None else built.artefact.object_hash,
            measurement,
            is_copy,
        )

    def _remember(self, object_hash: str, measured: Future[Measurement]) -> None:
        if object_hash:
            self._by_object[object_hash] = measured

    def _count(self, record: TuningRecord) -> None:
        if record.is_copy:
            return
        self.records.append(record)
        self._session.progress.trial(self._workload.name, record.measurement)


@dataclass(frozen=True)
class _Batch:
    """Candidates of one workload."""

    index: int
    jobs: list[_Job]


class SearchLoop:
    """Searches several workloads within one budget.

    Args:
        session: Compiler, runner, database.
        searches: One for each workload.
        allocation: Decides whose turn it is; its numbers are places in `searches`.
        bounds: When to stop.
    """

    def __init__(
        self,
        session: Session,
        searches: Sequence[WorkloadSearch],
        allocation: Allocation,
        bounds: Bounds,
    ) -> None:
        self._session = session
        self._searches = searches
        self._allocation = allocation
        self._bounds = bounds
        self._num_asked = 0
        self._exhausted: set[int] = set()

    def run(self) -> bool:
        """Measures; returns whether it went on to the end, or time was up before.

        What is asked for and told, and in which order, does not depend on the number of trials: a
        search of few trials is the beginning of one of many.
        """
        with ThreadPoolExecutor(1) as chooser:
            current = self._choose(None)
            while current is not None:
                # Decided before records arrive beside the choice: it must not depend on timing.
                is_last = self._num_measured + len(current.jobs) >= self._bounds.num_trials
                if is_last:
                    outcomes = self._measure(current)
                    following = None if self._is_spent(0) else self._choose(current.index)
                elif self._is_exclusive:
                    following = self._choose(current.index)
                    outcomes = self._measure(current)
                else:
                    choice = chooser.submit(self._choose, current.index)
                    outcomes = self._measure(current)
                    following = choice.result()
                self._tell(current, outcomes)
                if self._is_spent(0):
                    break
                current = following or self._choose(None)
        return not self._is_late() or self._is_spent(0)

    @property
    def _is_exclusive(self) -> bool:
        """Whether timing needs every core, so that nothing may be chosen meanwhile."""
        return self._session.target.num_threads >= self._session.target.num_cores

    @property
    def _num_measured(self) -> int:
        return sum(len(search.records) for search in self._searches)

    def _is_late(self) -> bool:
        if self._session.is_interrupted():
            return True
        deadline_secs = self._bounds.deadline_secs
        return deadline_secs is not None and self._session.clock() >= deadline_secs

    def _is_spent(self, num_in_flight: int) -> bool:
        return self._num_measured + num_in_flight >= self._bounds.num_trials

    def _choose(self, in_flight: int | None) -> _Batch | None:
        """Asks for the next batch and starts to build it; None where the search is over.

        Args:
            in_flight: The workload whose outcomes are on their way; a strategy that has nothing to
                try before it knows them may have something afterwards.
        """
        if self._is_late() or self._num_asked >= _MAX_ASKED_PER_TRIAL * self._bounds.num_trials:
            return None
        waiting: set[int] = set()
        while True:
            left_out = self._exhausted | waiting
            among = [index for index in range(len(self._searches)) if index not in left_out]
            if not among:
                return None
            index = self._allocation.choose(among)
            jobs = self._searches[index].ask(self._bounds.batch)
            if jobs:
                self._num_asked += len(jobs)
                self._allocation.give(index, len(jobs))
                return _Batch(index, jobs)
            (waiting if index == in_flight else self._exhausted).add(index)

    def _measure(self, batch: _Batch) -> list[Outcome]:
        def is_enough(num_in_flight: int, is_new: bool) -> bool:
            return self._is_spent(num_in_flight) or (is_new and self._is_late())

        return self._searches[batch.index].measure(batch.jobs, is_enough)

    def _tell(self, batch: _Batch, outcomes: Sequence[Outcome]) -> None:
        search = self._searches[batch.index]
        search.tell(outcomes)
        self._allocation.tell(batch.index, len(batch.jobs), search.best_ratio)


def _known(measurement: Measurement) -> Future[Measurement]:
    future: Future[Measurement] = Future()
    future.set_result(measurement)
    return future
