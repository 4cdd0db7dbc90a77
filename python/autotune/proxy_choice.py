"""Decides what the candidates of a run are timed on, and builds its baseline.

The decision is part of the run: a search that is resumed or replayed times what it timed before.
"""

from dataclasses import dataclass, replace
from statistics import median

from autotune.errors import AutotuneError
from autotune.measurement import Artefact
from autotune.problem import Problem, start_build
from autotune.proxy import Proxy, ProxyChoice
from autotune.report import format_secs
from autotune.schedule import Schedule
from autotune.search_loop import Session
from autotune.tuning_run import Run
from autotune.workload import Workload

_MAX_ATTEMPTS = 3
_LEAST_OF_TIME = 0.25  # Of the time that was asked for.
_MOST_SHARE = 0.7


class ProxyError(AutotuneError):
    """The smaller problem of a run that is resumed does not compile any more."""


@dataclass(frozen=True)
class ProxyLimits:
    """When candidates are timed on a smaller problem.

    Attributes:
        threshold_secs: Workloads that take longer have a proxy, where one can be made.
        proxy_secs: What the proxy should take; one that takes less than a quarter is not used.
    """

    threshold_secs: float
    proxy_secs: float


def choose_problem(
    session: Session,
    run: Run,
    workload: Workload,
    baseline: Artefact,
    whole_secs: float,
    limits: ProxyLimits | None,
) -> tuple[Problem, ProxyChoice]:
    """Returns what the candidates of a run are timed on, and how that was decided.

    Args:
        session: Compiler, runner, database.
        run: The run; the decision is recorded in it.
        workload: The whole workload.
        baseline: Its code without any transformation.
        whole_secs: Time of that.
        limits: None to do without a proxy.

    Raises:
        ProxyError: The proxy that the run has does not compile.
    """
    choice = run.proxy
    if choice is None:
        choice = ProxyChoice(None)
        is_new = not session.database.records(run)
        if is_new and limits is not None and whole_secs > limits.threshold_secs:
            choice = _choose(session, workload, whole_secs, limits)
        session.database.decide_proxy(run, choice)
    return _problem(session, workload, baseline, choice), choice


def smaller_problem(
    session: Session, workload: Workload, baseline: Artefact, limits: ProxyLimits
) -> Problem:
    """Returns what expert schedules are timed on where there is no search; nothing is recorded.

    Raises:
        ProxyError: The smaller problem does not compile any more.
    """
    timed = session.runner.submit(workload, baseline, baseline).result()
    choice = ProxyChoice(None)
    if timed.failure is None and median(timed.run_secs) > limits.threshold_secs:
        choice = _choose(session, workload, median(timed.run_secs), limits)
    return _problem(session, workload, baseline, choice)


def _problem(
    session: Session, workload: Workload, baseline: Artefact, choice: ProxyChoice
) -> Problem:
    if choice.reason:
        session.progress.note(workload.name, f"timed at full size: {choice.reason}")
    if choice.proxy is None:
        return Problem(workload, baseline)
    smaller = replace(choice.proxy.workload, arguments=workload.arguments)
    proxy = replace(choice.proxy, workload=smaller)
    times = f"{format_secs(proxy.baseline_secs)} instead of {format_secs(proxy.whole_secs)}"
    session.progress.note(workload.name, f"candidates are timed on {proxy}, {times}")
    built = start_build(session.compiler, workload, proxy, Schedule())()
    if built.artefact is None or built.candidate.workload == workload:
        raise ProxyError(f"{workload.name}: the smaller problem of the run does not compile")
    return Problem(workload, baseline, proxy, built.artefact)


def _choose(
    session: Session, workload: Workload, whole_secs: float, limits: ProxyLimits
) -> ProxyChoice:
    """Makes a proxy that takes about as long as it should, or says why there is none."""
    share = limits.proxy_secs / whole_secs
    for _ in range(_MAX_ATTEMPTS):
        choice = session.compiler.shorten(workload, share).result()
        if choice.proxy is None:
            return choice
        secs = _baseline_secs(session, choice.proxy)
        if isinstance(secs, str):
            return ProxyChoice(None, f"the smaller problem fails: {secs}")
        if secs > _MOST_SHARE * whole_secs:
            return ProxyChoice(None, f"{choice.proxy} take hardly less time")
        if secs >= _LEAST_OF_TIME * limits.proxy_secs:
            return ProxyChoice(replace(choice.proxy, baseline_secs=secs, whole_secs=whole_secs))
        share *= limits.proxy_secs / secs
    return ProxyChoice(None, f"{choice.proxy} take far less than their share of the time")


def _baseline_secs(session: Session, proxy: Proxy) -> float | str:
    """Returns the time of a proxy as it is, or why it has none."""
    built = start_build(session.compiler, proxy.workload, None, Schedule())()
    if built.artefact is None:
        return "it does not compile" if built.failure is None else built.failure.message
    timed = session.runner.submit(proxy.workload, built.artefact, built.artefact).result()
    if timed.failure is not None:
        return timed.failure.message.splitlines()[0]
    return median(timed.run_secs)
