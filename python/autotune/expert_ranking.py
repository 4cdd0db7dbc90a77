"""Which expert schedules of a program that takes long are worth a comparison at full size.

Without a search they are timed once each on a smaller problem, where there is one.
"""

from collections.abc import Sequence
from statistics import median

from autotune.measurement import Artefact
from autotune.problem import Problem, start_build
from autotune.proxy_choice import ProxyLimits, smaller_problem
from autotune.schedule import Schedule
from autotune.search_loop import Session
from autotune.workload import Workload

# What takes this much longer than the fastest on a smaller problem is not the fastest on the whole.
_MOST_RATIO = 2.0


def promising(
    session: Session,
    workload: Workload,
    baseline: Artefact,
    schedules: Sequence[Schedule],
    limits: ProxyLimits,
    most: int,
) -> list[Schedule]:
    """Returns the fastest on a smaller problem, in that order; all where there is none.

    Args:
        session: Compiler, runner.
        workload: The whole workload.
        baseline: Its code without any transformation.
        schedules: What may be chosen.
        limits: Which workloads have a smaller problem.
        most: How many to choose; fewer where the others take twice as long as the fastest.
    """
    problem = smaller_problem(session, workload, baseline, limits)
    if problem.proxy is None:
        return list(schedules)
    tried = _secs(session, problem, schedules)
    secs = {schedule: each for schedule, each in tried.items() if each is not None}
    # What has no code there, as with a tile larger than what is left of a loop, may do well here.
    unknown = [schedule for schedule in tried if schedule not in secs]
    limit_secs = _MOST_RATIO * min(secs.values(), default=0.0)
    chosen = [schedule for schedule in secs if secs[schedule] <= limit_secs]
    return sorted(chosen, key=lambda schedule: secs[schedule])[:most] + unknown


def _secs(
    session: Session, problem: Problem, schedules: Sequence[Schedule]
) -> dict[Schedule, float | None]:
    """Returns median times, None for what has no code there; those of the first ones on Ctrl-C.

    What is stopped or goes wrong on the smaller problem is left out: it would on the whole, too.
    """
    waiting = {
        schedule: start_build(session.compiler, problem.workload, problem.proxy, schedule)
        for schedule in schedules
    }
    found: dict[Schedule, float | None] = {}
    for schedule, wait in waiting.items():
        if session.is_interrupted():
            break
        built = wait()
        if built.artefact is None or built.candidate.workload == problem.workload:
            found[schedule] = None
            continue
        timed = session.runner.submit(
            built.candidate.workload, problem.baseline_of(built), built.artefact
        ).result()
        if timed.failure is None:
            found[schedule] = median(timed.run_secs)
    return found
