"""Tunes workloads: takes them from the database, or searches and picks the winner.

Hides how trials and time are shared, and how the winner is found: the best few candidates of the
search are timed again beside the baseline, and the baseline wins where none is faster.
"""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from autotune.database import Run
from autotune.errors import AutotuneError
from autotune.expert import expert_schedules
from autotune.heuristic import HeuristicProposer
from autotune.mcts import MctsConfig, MctsSearch
from autotune.measurement import (
    Artefact,
    Candidate,
    Description,
    Expansion,
    Failure,
    Measurement,
    TuningRecord,
)
from autotune.population import BeamConfig, BeamSearch, EvolutionarySearch, EvolutionConfig
from autotune.proposer import Proposer, UniformProposer
from autotune.report import WorkloadReport
from autotune.schedule import Schedule
from autotune.search import Explorer, RandomSearch, SearchStrategy, peak_speedup, speedup
from autotune.search_loop import Bounds, Compiler, SearchLoop, Session
from autotune.workload import Workload

SEARCHES = ("mcts", "beam", "evolutionary", "random", "none")
PROPOSERS = ("heuristic", "uniform")


class ConfigError(AutotuneError):
    """A setting that is out of its range or not known."""


class BaselineError(AutotuneError):
    """A workload does not compile or run as it is."""


class ReplayError(AutotuneError):
    """A given schedule is not legal, does not compile, or gives wrong results."""


@dataclass(frozen=True)
class TuneConfig:
    """How to tune.

    Attributes:
        trials: Candidates to measure, over all workloads; 0 takes the best of the database and of
            the expert schedules.
        time_limit_secs: Wall time for all searches together; None for no limit.
        search: One of `SEARCHES`.
        proposer: One of `PROPOSERS`.
        seed: Of every random choice.
        resume: Take up an earlier run with the same settings.
        batch: Candidates asked for at once.
        num_finalists: Candidates that are timed again beside the baseline in the end.

    Raises:
        ConfigError: A value out of its range.
    """

    trials: int = 64
    time_limit_secs: float | None = None
    search: str = "mcts"
    proposer: str = "heuristic"
    seed: int = 0
    resume: bool = False
    batch: int = 4
    num_finalists: int = 4

    def __post_init__(self) -> None:
        if self.trials < 0:
            raise ConfigError(f"the number of trials is {self.trials}, not 0 or more")
        if self.time_limit_secs is not None and not self.time_limit_secs > 0:
            raise ConfigError(f"the time limit is {self.time_limit_secs} s, not more than 0")
        if self.search not in SEARCHES:
            raise ConfigError(f"search {self.search!r} is none of {', '.join(SEARCHES)}")
        if self.proposer not in PROPOSERS:
            raise ConfigError(f"proposer {self.proposer!r} is none of {', '.join(PROPOSERS)}")

    @property
    def is_expert(self) -> bool:
        """Whether the expert schedules are tried."""
        return self.search == "mcts" and self.proposer == "heuristic"

    @property
    def settings(self) -> str:
        """What decides the course of a search, apart from when it ends."""
        names = ("search", "proposer", "seed", "batch")
        return json.dumps({name: getattr(self, name) for name in names})


def tune(
    workloads: Sequence[Workload], config: TuneConfig, session: Session
) -> list[WorkloadReport]:
    """Returns the best schedule of every workload, with how it was found.

    Workloads of equal structure are tuned once. A workload with a finished run of at least as
    many trials on the same target in the database is not tuned again.

    Raises:
        BaselineError: A workload does not compile or run as it is.
        DatabaseError: The database cannot be read or written.
    """
    started_secs = session.clock()
    counts = Counter(workload.hash for workload in workloads)
    reports: dict[str, WorkloadReport] = {}
    tuners: list[_Tuner] = []
    for workload in {each.hash: each for each in workloads}.values():
        report = _known_report(workload, config, session)
        if report is None:
            tuners.append(_Tuner(workload, config, session))
        else:
            reports[workload.hash] = report
    weights = [1.0] * len(tuners)
    if len(tuners) > 1:
        weights = [tuner.time_baseline() * counts[tuner.workload.hash] for tuner in tuners]
    for index, (tuner, share) in enumerate(
        zip(tuners, share_trials(weights, config.trials), strict=True)
    ):
        deadline = None
        if config.time_limit_secs is not None:
            now = session.clock()
            left = max(0.0, started_secs + config.time_limit_secs - now)
            deadline = now + left * weights[index] / sum(weights[index:])
        reports[tuner.workload.hash] = tuner.run(share, deadline)
    return [replace(reports[workload.hash], name=workload.name) for workload in workloads]


def replay(
    workloads: Sequence[Workload], schedules: Mapping[str, Schedule], session: Session
) -> list[WorkloadReport]:
    """Returns the reports of given schedules, timed beside the baselines.

    Args:
        workloads: Every workload of the program.
        schedules: By the name of the workload; those not named stay as they are.
        session: Its database is not used.

    Raises:
        BaselineError: A workload does not compile or run as it is.
        ReplayError: A schedule fails; the text names the workload and the reason.
    """
    reports = []
    for workload in workloads:
        tuner = _Tuner(workload, TuneConfig(trials=0), session)
        reports.append(tuner.replay(schedules.get(workload.name, Schedule())))
    return reports


def share_trials(weights: Sequence[float], num_trials: int) -> list[int]:
    """Returns numbers in proportion to `weights` that add up to `num_trials`."""
    total = sum(weights)
    bounds = [round(num_trials * sum(weights[:i]) / total) for i in range(1, len(weights) + 1)]
    return [end - begin for begin, end in pairwise([0, *bounds])]


def _known_report(
    workload: Workload, config: TuneConfig, session: Session
) -> WorkloadReport | None:
    """Returns the report of a finished run, where the database has one that is good enough."""
    if config.trials == 0 or config.search == "none":
        return None
    run = session.database.hit(workload.hash, session.target.key, config.trials)
    if run is None or run.winner is None or run.final is None:
        return None
    report = WorkloadReport.of(
        workload.name, workload.hash, run.winner, run.final, session.database.records(run)
    )
    session.progress.start(workload.name, 0)
    session.progress.finish(f"{report.speedup:.2f}x, from run {run.id} of the database")
    return report


@dataclass(frozen=True)
class WorkloadSpace:
    """The legal schedules of one workload, as `autotune.search.SearchSpace`."""

    workload: Workload
    compiler: Compiler

    def describe(self, schedule: Schedule) -> Description | Failure:
        """See `SearchSpace.describe`."""
        return self.compiler.describe(Candidate(self.workload, schedule)).result()

    def expand(self, schedule: Schedule) -> Expansion | Failure:
        """See `SearchSpace.expand`."""
        return self.compiler.expand(Candidate(self.workload, schedule)).result()


class _Tuner:
    """Tunes one workload."""

    def __init__(self, workload: Workload, config: TuneConfig, session: Session) -> None:
        self.workload = workload
        self._config = config
        self._session = session
        self._baseline = self._build_baseline()

    def time_baseline(self) -> float:
        """Returns the time of one call of the baseline, in seconds."""
        return median(self._time_baseline().run_secs)

    def run(self, num_trials: int, deadline_secs: float | None) -> WorkloadReport:
        """Returns the report of a search, or of what the database knows for no trials."""
        session = self._session
        if num_trials > 0:
            session.progress.start(self.workload.name, num_trials)
        run, records, is_whole = None, list[TuningRecord](), True
        if num_trials > 0 and self._config.search != "none":
            run = self._open_run()
            loop = SearchLoop(session, self.workload, self._baseline, run)
            explorer, strategy = self._make_search()
            bounds = Bounds(num_trials, deadline_secs, self._config.batch)
            is_whole = loop.search(strategy, explorer, bounds)
            records = loop.records
        winner, final = self._choose_winner(records)
        if run is not None:
            worth = self._config.trials
            if not is_whole:
                worth = worth * len(records) // num_trials
            session.database.finish_run(run, worth, winner, final)
        report = WorkloadReport.of(self.workload.name, self.workload.hash, winner, final, records)
        if num_trials > 0:
            session.progress.finish(f"{report.speedup:.2f}x after {len(records)} trials")
        return report

    def replay(self, schedule: Schedule) -> WorkloadReport:
        """Returns the report of a given schedule; see the function `replay`."""
        final = self._time_baseline()
        if schedule.transformations:
            final = self._time_again(schedule)
        if final.failure is not None:
            kind, reason = final.failure.kind.value, _why(final.failure)
            raise ReplayError(f"{self.workload.name}: {kind}: {reason} (schedule {schedule})")
        return self._report(schedule, final, ())

    def _report(
        self, winner: Schedule, final: Measurement, records: Sequence[TuningRecord]
    ) -> WorkloadReport:
        return WorkloadReport.of(self.workload.name, self.workload.hash, winner, final, records)

    def _open_run(self) -> Run:
        database, target, config = self._session.database, self._session.target, self._config
        if config.resume:
            run = database.latest(self.workload.hash, target.key, config.settings)
            if run is not None:
                return run
        return database.start_run(self.workload, target, config.settings, config.trials)

    def _explorer(self) -> Explorer:
        config = self._config
        proposer: Proposer = HeuristicProposer()
        if config.proposer == "uniform" or config.search == "random":
            proposer = UniformProposer()
        space = WorkloadSpace(self.workload, self._session.compiler)
        return Explorer(space, proposer, self._session.target)

    def _make_search(self) -> tuple[Explorer, SearchStrategy]:
        config, explorer = self._config, self._explorer()
        rng = random.Random(config.seed)
        match config.search:
            case "random":
                return explorer, RandomSearch(explorer, rng)
            case "beam":
                return explorer, BeamSearch(explorer, rng, BeamConfig())
            case "evolutionary":
                return explorer, EvolutionarySearch(explorer, rng, EvolutionConfig())
        is_expert = config.is_expert
        starters = expert_schedules(explorer, self._session.target) if is_expert else iter(())
        return explorer, MctsSearch(explorer, rng, MctsConfig(), starters)

    def _choose_winner(self, records: Sequence[TuningRecord]) -> tuple[Schedule, Measurement]:
        """Times the best few once more; returns the fastest, which may be the baseline."""
        timed = self._time_side_by_side(self._finalists(records))
        best = max(timed, key=lambda pair: speedup(pair[1]) or 0.0, default=None)
        if best is not None and min(_ratios(best[1])) > 1.0:
            return best
        succeeded = [measurement for _, measurement in timed if measurement.failure is None]
        times = succeeded[0].baseline_secs if succeeded else self._time_baseline().run_secs
        return Schedule(), Measurement(times, times, 0.0, None)

    def _finalists(self, records: Sequence[TuningRecord]) -> list[Schedule]:
        """Returns the best of a search and of the database; expert schedules without a search."""
        config, session = self._config, self._session
        finalists = _best_schedules(records, config.num_finalists)
        known = session.database.best(self.workload.hash, session.target.key)
        if known is not None and known[0] not in finalists:
            finalists.append(known[0])
        if not records and config.is_expert:
            experts = expert_schedules(self._explorer(), session.target)
            finalists += [schedule for schedule in experts if schedule not in finalists]
        return finalists

    def _time_side_by_side(
        self, schedules: Sequence[Schedule]
    ) -> list[tuple[Schedule, Measurement]]:
        """Returns new measurements of the schedules that can be built."""
        compiler = self._session.compiler
        builds = [compiler.build(Candidate(self.workload, schedule)) for schedule in schedules]
        pairs = zip(schedules, (build.result().artefact for build in builds), strict=True)
        built = [(schedule, artefact) for schedule, artefact in pairs if artefact is not None]
        artefacts = [artefact for _, artefact in built]
        timed = self._session.runner.compare(self.workload, self._baseline, artefacts)
        return [(schedule, time) for (schedule, _), time in zip(built, timed, strict=True)]

    def _time_again(self, schedule: Schedule) -> Measurement:
        built = self._session.compiler.build(Candidate(self.workload, schedule)).result()
        if built.artefact is None:
            return Measurement((), (), 0.0, built.failure)
        return self._run(built.artefact)

    def _run(self, artefact: Artefact) -> Measurement:
        return self._session.runner.run(self.workload, self._baseline, artefact)

    def _build_baseline(self) -> Artefact:
        candidate = Candidate(self.workload, Schedule())
        built = self._session.compiler.build(candidate).result()
        if built.artefact is None:
            raise BaselineError(
                f"{self.workload.name} does not compile as it is: {_why(built.failure)}"
            )
        return built.artefact

    def _time_baseline(self) -> Measurement:
        measurement = self._run(self._baseline)
        if measurement.failure is not None:
            reason = _why(measurement.failure)
            raise BaselineError(f"{self.workload.name} does not run as it is: {reason}")
        return measurement


def _why(failure: Failure | None) -> str:
    return "no reason is known" if failure is None else failure.message.splitlines()[0]


def _ratios(measurement: Measurement) -> tuple[float, float]:
    return speedup(measurement) or 0.0, peak_speedup(measurement) or 0.0


def _best_schedules(records: Sequence[TuningRecord], num_schedules: int) -> list[Schedule]:
    ranked = sorted(
        (record for record in records if record.measurement.failure is None),
        key=lambda record: -(peak_speedup(record.measurement) or 0.0),
    )
    return [record.schedule for record in ranked[:num_schedules]]
