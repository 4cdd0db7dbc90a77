"""Tunes the workloads of a program: takes them from the database, or searches and picks winners.

Hides which workloads share the budget of trials and time, and how the winner is found: the best few
candidates of the search are timed again beside the baseline, and the baseline wins where none is
faster.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import median

from autotune.allocation import Allocation, EqualAllotment, GradientAllocation
from autotune.errors import AutotuneError
from autotune.expert import expert_schedules
from autotune.expert_ranking import promising
from autotune.final_comparison import FinalComparison, best_schedules, fastest
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
from autotune.proxy import ProxyChoice
from autotune.proxy_choice import ProxyLimits, choose_problem
from autotune.report import WorkloadReport
from autotune.schedule import Schedule
from autotune.search import Explorer, RandomSearch, SearchStrategy, peak_speedup, speedup
from autotune.search_loop import Bounds, Compiler, SearchLoop, Session, WorkloadSearch
from autotune.tuning_run import Origin, Run, WarmStart
from autotune.workload import Workload

SEARCHES = ("mcts", "beam", "evolutionary", "random", "none")
PROPOSERS = ("heuristic", "uniform")
ALLOCATIONS = ("gradient", "equal")
PROXIES = ("auto", "off")

_NUM_WARM_STARTS = 4
_NUM_PROMISING = 8


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
        trials: Candidates to measure over all workloads of the program; 0 takes the best of the
            database and of the expert schedules.
        time_limit_secs: Wall time for the search in all workloads together; None for no limit.
        search: One of `SEARCHES`.
        proposer: One of `PROPOSERS`.
        seed: Of every random choice.
        resume: Take up an earlier run with the same settings.
        batch: Candidates asked for at once.
        num_finalists: Candidates that are timed again beside the baseline in the end.
        allocation: One of `ALLOCATIONS`: candidates go to the workload that promises to shorten the
            whole program most, or to each workload alike.
        warm_start: Try first what was the best on other targets.
        proxy: One of `PROXIES`: candidates of a workload that takes long are timed on a smaller
            problem, or not.
        proxy_threshold_secs: What takes longer than this takes long.
        proxy_secs: Time that the smaller problem should take.

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
    allocation: str = "gradient"
    warm_start: bool = True
    proxy: str = "auto"
    proxy_threshold_secs: float = 0.5
    proxy_secs: float = 0.25

    def __post_init__(self) -> None:
        if self.trials < 0:
            raise ConfigError(f"the number of trials is {self.trials}, not 0 or more")
        if self.time_limit_secs is not None and not self.time_limit_secs > 0:
            raise ConfigError(f"the time limit is {self.time_limit_secs} s, not more than 0")
        if self.batch < 1:
            raise ConfigError(f"the number of candidates at once is {self.batch}, not 1 or more")
        if self.search not in SEARCHES:
            raise ConfigError(f"search {self.search!r} is none of {', '.join(SEARCHES)}")
        if self.proposer not in PROPOSERS:
            raise ConfigError(f"proposer {self.proposer!r} is none of {', '.join(PROPOSERS)}")
        if self.allocation not in ALLOCATIONS:
            raise ConfigError(f"allocation {self.allocation!r} is none of {', '.join(ALLOCATIONS)}")
        if self.proxy not in PROXIES:
            raise ConfigError(f"proxy {self.proxy!r} is none of {', '.join(PROXIES)}")

    @property
    def is_search(self) -> bool:
        """Whether candidates are measured."""
        return self.trials > 0 and self.search != "none"

    @property
    def is_expert(self) -> bool:
        """Whether the expert schedules are tried."""
        return self.search == "mcts" and self.proposer == "heuristic"

    @property
    def settings(self) -> str:
        """What decides the course of a search, apart from when it ends."""
        names = ["search", "proposer", "seed", "batch", "allocation"]
        # Runs of earlier versions do not have it.
        names += ["proxy"] * (self.proxy != "auto")
        return json.dumps({name: getattr(self, name) for name in names})

    @property
    def proxy_limits(self) -> ProxyLimits | None:
        """When candidates are timed on a smaller problem; None for never."""
        if self.proxy == "off":
            return None
        return ProxyLimits(self.proxy_threshold_secs, self.proxy_secs)


def tune(
    workloads: Sequence[Workload], config: TuneConfig, session: Session
) -> list[WorkloadReport]:
    """Returns the best schedule of every workload, with how it was found.

    Workloads of equal structure are tuned once, and count as often as they occur. Workloads with
    finished runs on the same target in the database are not tuned again, where the runs measured as
    many candidates as are asked for: all runs of the program together, or that of one workload
    alone.

    Raises:
        BaselineError: A workload does not compile or run as it is.
        DatabaseError: The database cannot be read or written.
    """
    deadline_secs = None
    if config.time_limit_secs is not None:
        deadline_secs = session.clock() + config.time_limit_secs
    first_of = dict[str, Workload]()
    for workload in workloads:
        first_of.setdefault(workload.hash, workload)
    reports = _known_reports(list(first_of.values()), config, session)
    counts = Counter(workload.hash for workload in workloads)
    tuners = _tuners(
        [each for key, each in first_of.items() if key not in reports], config, session
    )
    is_whole = True
    if tuners and config.is_search:
        is_whole = _search(tuners, counts, deadline_secs)
    # Where nothing more was found to measure, more trials would not have changed anything.
    is_exhausted = is_whole and sum(len(tuner.records) for tuner in tuners) < config.trials
    is_late = deadline_secs is not None and session.clock() >= deadline_secs
    winners = [tuner.choose_winner(is_late or session.is_interrupted()) for tuner in tuners]
    for tuner, (winner, final) in zip(tuners, winners, strict=True):
        worth = config.trials if is_exhausted else len(tuner.records)
        reports[tuner.workload.hash] = tuner.finish(winner, final, worth)
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
        (tuner,) = _tuners([workload], TuneConfig(trials=0), session)
        reports.append(tuner.replay(schedules.get(workload.name, Schedule())))
    return reports


def _known_reports(
    workloads: Sequence[Workload], config: TuneConfig, session: Session
) -> dict[str, WorkloadReport]:
    """Returns the reports of finished runs by workload, where they are worth the trials."""
    if not config.is_search:
        return {}
    database, key = session.database, session.target.key
    worths = dict[str, int]()
    for workload in workloads:
        finished = [run for run in database.runs(workload.hash, key) if run.final is not None]
        if finished:
            worths[workload.hash] = max(run.num_trials for run in finished)
    are_enough = len(worths) == len(workloads) and sum(worths.values()) >= config.trials
    reports = {}
    for workload in workloads:
        if are_enough or worths.get(workload.hash, 0) >= config.trials:
            run = database.hit(workload.hash, key, 0)
            assert run is not None
            reports[workload.hash] = _known_report(workload, run, session)
    return reports


def _known_report(workload: Workload, run: Run, session: Session) -> WorkloadReport:
    report = WorkloadReport.of_run(run, session.database.records(run))
    message = f"{report.speedup:.2f}x, from run {run.id} of the database"
    session.progress.finish(workload.name, message)
    return report


def _search(tuners: Sequence["_Tuner"], counts: Mapping[str, int], deadline: float | None) -> bool:
    """Searches all workloads; returns whether that went on to the end.

    Args:
        tuners: One for each workload.
        counts: How often the program has each workload, by hash.
        deadline: When to stop, on the session's clock; None for no limit.
    """
    config, session = tuners[0].config, tuners[0].session
    session.progress.begin(config.trials)
    program_secs = []
    _open_runs(tuners)
    for tuner in tuners:
        program_secs.append(tuner.start() * counts[tuner.workload.hash])
        session.progress.start(tuner.workload.name, program_secs[-1])
    allocation: Allocation = EqualAllotment(len(tuners))
    if config.allocation == "gradient":
        allocation = GradientAllocation(program_secs, config.batch, random.Random(config.seed))
    searches = [tuner.search for tuner in tuners if tuner.search is not None]
    bounds = Bounds(config.trials, deadline, config.batch)
    return SearchLoop(session, searches, allocation, bounds).run()


def _open_runs(tuners: Sequence["_Tuner"]) -> None:
    """Gives every workload a run of one session: an earlier one to resume, or a new one."""
    config, session = tuners[0].config, tuners[0].session
    name = ""
    if config.resume:
        hashes = [tuner.workload.hash for tuner in tuners]
        name = session.database.latest_session(hashes, session.target.key, config.settings)
    for tuner in tuners:
        name = tuner.open_run(name).origin.session


def _tuners(workloads: Sequence[Workload], config: TuneConfig, session: Session) -> list["_Tuner"]:
    """Builds the baselines.

    Raises:
        BaselineError: A workload does not compile as it is.
    """
    builds = [session.compiler.build(Candidate(each, Schedule())) for each in workloads]
    tuners = []
    for workload, build in zip(workloads, builds, strict=True):
        built = build.result()
        if built.artefact is None:
            reason = _why(built.failure)
            raise BaselineError(f"{workload.name} does not compile as it is: {reason}")
        tuners.append(_Tuner(workload, built.artefact, config, session))
    return tuners


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
    """Tunes one workload.

    Attributes:
        workload: What is tuned.
        config: How.
        session: With what.
        search: The search, once `start` was called.
    """

    def __init__(
        self, workload: Workload, baseline: Artefact, config: TuneConfig, session: Session
    ) -> None:
        self.workload = workload
        self.config = config
        self.session = session
        self.search: WorkloadSearch | None = None
        self._baseline = baseline
        self._run: Run | None = None
        self._proxy: ProxyChoice | None = None
        self._finals: list[tuple[Schedule, Measurement]] = []

    @property
    def records(self) -> list[TuningRecord]:
        """The trials."""
        return [] if self.search is None else self.search.records

    def start(self) -> float:
        """Makes the search of an open run; returns the time of one call of the baseline.

        The run has that time among its records, since the course of the search depends on it.
        """
        database, run = self.session.database, self._run
        assert run is not None
        measured = database.baseline(run)
        if measured is None:
            measured = self._time_baseline()
            names = self.workload.hash, self.session.target.key, Schedule()
            record = TuningRecord(*names, "", self._baseline.object_hash, measured)
            database.add(run, record)
        secs, limits = median(measured.run_secs), self.config.proxy_limits
        problem, self._proxy = choose_problem(
            self.session, run, self.workload, self._baseline, secs, limits
        )
        explorer, strategy = self._make_search(run)
        self.search = WorkloadSearch(self.session, problem, run, strategy, explorer)
        return secs

    def finish(self, winner: Schedule, final: Measurement, worth: int) -> WorkloadReport:
        """Returns the report; ends the run, which is `worth` so many trials."""
        report = self._report(winner, final, self.records)
        if self._run is not None:
            database = self.session.database
            database.finish_run(self._run, worth, winner, final, self._finals)
            database.add_spent(self._run, self.session.spent())
            message = f"{report.speedup:.2f}x after {len(self.records)} trials"
            self.session.progress.finish(self.workload.name, message)
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
        starts = () if self._run is None else self._run.origin.warm_starts
        names = self.workload.name, self.workload.hash
        report = WorkloadReport.of(*names, winner, final, records)
        report = report.after(self._proxy, self._finals)
        return replace(report, warm_starts=starts)

    def open_run(self, session: str) -> Run:
        """Opens the run; of a session with a name, where that is not empty."""
        database, target, config = self.session.database, self.session.target, self.config
        key = self.workload.hash
        if config.resume:
            self._run = database.latest(key, target.key, config.settings, session)
        if self._run is None:
            starts: list[WarmStart] = []
            if config.warm_start and config.search == "mcts":
                starts = database.warm_starts(key, target, _NUM_WARM_STARTS)
            known = database.best(key, target.key)
            origin = Origin(session, tuple(starts), None if known is None else known[0])
            settings = config.settings
            self._run = database.start_run(self.workload, target, settings, config.trials, origin)
        return self._run

    def _explorer(self) -> Explorer:
        config = self.config
        proposer: Proposer = HeuristicProposer()
        if config.proposer == "uniform" or config.search == "random":
            proposer = UniformProposer()
        space = WorkloadSpace(self.workload, self.session.compiler)
        return Explorer(space, proposer, self.session.target)

    def _make_search(self, run: Run) -> tuple[Explorer, SearchStrategy]:
        config, explorer = self.config, self._explorer()
        rng = random.Random(config.seed)
        match config.search:
            case "random":
                return explorer, RandomSearch(explorer, rng)
            case "beam":
                return explorer, BeamSearch(explorer, rng, BeamConfig())
            case "evolutionary":
                return explorer, EvolutionarySearch(explorer, rng, EvolutionConfig())
        starters: Iterator[Schedule] = iter([each.schedule for each in run.origin.warm_starts])
        if config.is_expert:
            starters = chain(starters, expert_schedules(explorer, self.session.target))
        return explorer, MctsSearch(explorer, rng, MctsConfig(), starters)

    def choose_winner(self, is_late: bool) -> tuple[Schedule, Measurement]:
        """Times the best few once more; returns the fastest, which may be the baseline.

        Args:
            is_late: Nothing is timed that the choice can do without.
        """
        records, config = self.records, self.config
        comparison = FinalComparison(self.session, self.workload, self._baseline)
        finals = comparison.confirm(self._finalists(records), records, config.num_finalists)
        if self._proxy is not None and self._proxy.proxy is not None and not is_late:
            finals = comparison.check_ranking(finals, records, random.Random(config.seed))
        self._finals = list(finals.items())
        winner = fastest(finals)
        if winner is not None and min(_ratios(finals[winner])) > 1.0:
            return winner, finals[winner]
        times = self._time_baseline().run_secs if winner is None else finals[winner].baseline_secs
        return Schedule(), Measurement(times, times, 0.0, None)

    def _finalists(self, records: Sequence[TuningRecord]) -> list[Schedule]:
        """Returns the best of a search and of the database; expert schedules without a search."""
        config, session = self.config, self.session
        finalists = best_schedules(records, config.num_finalists)
        if self._run is not None:
            known = self._run.origin.known
        else:
            best = session.database.best(self.workload.hash, session.target.key)
            known = None if best is None else best[0]
        if known is not None and known not in finalists:
            finalists.append(known)
        if not records and config.is_expert and not session.is_interrupted():
            experts = list(expert_schedules(self._explorer(), session.target))
            if config.proxy_limits is not None:
                names = self.session, self.workload, self._baseline
                experts = promising(*names, experts, config.proxy_limits, _NUM_PROMISING)
            finalists += [schedule for schedule in experts if schedule not in finalists]
        return finalists

    def _time_again(self, schedule: Schedule) -> Measurement:
        built = self.session.compiler.build(Candidate(self.workload, schedule)).result()
        if built.artefact is None:
            return Measurement((), (), 0.0, built.failure)
        return self._measure(built.artefact)

    def _measure(self, artefact: Artefact) -> Measurement:
        return self.session.runner.submit(self.workload, self._baseline, artefact).result()

    def _time_baseline(self) -> Measurement:
        measurement = self._measure(self._baseline)
        if measurement.failure is not None:
            reason = _why(measurement.failure)
            raise BaselineError(f"{self.workload.name} does not run as it is: {reason}")
        return measurement


def _why(failure: Failure | None) -> str:
    return "no reason is known" if failure is None else failure.message.splitlines()[0]


def _ratios(measurement: Measurement) -> tuple[float, float]:
    return speedup(measurement) or 0.0, peak_speedup(measurement) or 0.0
