"""Stand-ins for the compiler and the runner, over the toy space."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from autotune.measurement import (
    Artefact,
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    FailureKind,
    Measurement,
)
from autotune.proxy import ProxyChoice
from autotune.schedule import Schedule, Vectorize
from autotune.workload import Workload
from tests.unit.toy_space import ToySpace, toy_speedup


def done(value):
    future = Future()
    future.set_result(value)
    return future


@dataclass
class FakeCompiler:
    """Builds the schedule's text as object code; vectors of width 8 do not compile."""

    space: ToySpace = field(default_factory=ToySpace)
    built: list[Schedule] = field(default_factory=list)

    def describe(self, candidate: Candidate) -> "Future[Description | Failure]":
        return done(self.space.describe(candidate.schedule))

    def expand(self, candidate: Candidate) -> "Future[Expansion | Failure]":
        return done(self.space.expand(candidate.schedule))

    def build(self, candidate: Candidate) -> "Future[BuildResult]":
        self.built.append(candidate.schedule)
        steps = candidate.schedule.transformations
        if steps and isinstance(steps[-1], Vectorize) and steps[-1].width == 8:
            failure = Failure(FailureKind.COMPILE_ERROR, "no vectors of 8")
            return done(BuildResult(candidate, None, failure))
        code = str(candidate.schedule).encode()
        return done(BuildResult(candidate, Artefact(code, self.object_hash(code), 0.0, 0), None))

    def shorten(self, workload: Workload, share: float) -> "Future[ProxyChoice]":
        return done(ProxyChoice(None))

    def object_hash(self, code: bytes) -> str:
        return code.decode()


@dataclass
class FakeRunner:
    """Times by the toy space's formula, beside a baseline of `baseline_secs`."""

    baseline_secs: float = 1.0
    timed: list[Schedule] = field(default_factory=list)
    active: threading.Lock = field(default_factory=threading.Lock)

    def submit(
        self, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> "Future[Measurement]":
        return done(self.run(workload, baseline, artefact))

    def run(self, workload: Workload, baseline: Artefact, artefact: Artefact) -> Measurement:
        assert self.active.acquire(blocking=False), "two candidates timed at once"
        schedule = Schedule.parse(artefact.object_code.decode())
        self.timed.append(schedule)
        secs = self.baseline_secs / self.ratio(schedule)
        self.active.release()
        return Measurement((secs, secs * 1.01, secs * 0.99), (self.baseline_secs,) * 3, 0.1, None)

    def compare(self, workload: Workload, baseline: Artefact, artefacts) -> list[Measurement]:
        return [self.run(workload, baseline, artefact) for artefact in artefacts]

    def ratio(self, schedule: Schedule) -> float:
        return toy_speedup(schedule)
