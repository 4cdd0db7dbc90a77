"""What the candidates of a workload are timed on: the workload itself, or a smaller problem."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from autotune.measurement import Artefact, BuildResult, Candidate, Measurement
from autotune.proxy import Proxy
from autotune.schedule import Schedule
from autotune.workload import Workload


class _Future(Protocol):
    def result(self) -> BuildResult: ...


class _Builder(Protocol):
    def build(self, candidate: Candidate) -> _Future:
        """See `autotune.search_loop.Compiler`."""


@dataclass(frozen=True)
class Problem:
    """A workload with what is timed in its place.

    Attributes:
        workload: What is tuned.
        baseline: Its code, without any transformation.
        proxy: The smaller problem; None to time the workload itself.
        proxy_baseline: The smaller problem's code, as `start_build` gives it; None with `proxy`.
    """

    workload: Workload
    baseline: Artefact
    proxy: Proxy | None = None
    proxy_baseline: Artefact | None = None

    def baseline_of(self, built: BuildResult) -> Artefact:
        """Returns what a candidate is timed beside."""
        own = None if built.candidate.workload == self.workload else self.proxy_baseline
        return own or self.baseline

    def key_of(self, built: BuildResult) -> str:
        """Returns what the measurement of a candidate has as `Measurement.proxy`."""
        timed = built.candidate.workload
        return "" if timed == self.workload else timed.hash

    def is_timed(self, measurement: Measurement) -> bool:
        """Whether a measurement is of this workload or this smaller problem."""
        return measurement.proxy in ("", self.proxy.workload.hash if self.proxy else "")


def start_build(
    compiler: _Builder, workload: Workload, proxy: Proxy | None, schedule: Schedule
) -> Callable[[], BuildResult]:
    """Starts to compile a schedule; returns what waits for the code to be timed.

    With a proxy it is compiled for both problems. What fails for the whole has failed, so that what
    is legal on the proxy alone is never timed; what fails for the proxy alone, such as a tile that
    is larger than what is left of a loop, is timed at full size.
    """
    whole = compiler.build(Candidate(workload, schedule))
    if proxy is None:
        return whole.result
    small = compiler.build(Candidate(proxy.workload, schedule))

    def wait() -> BuildResult:
        built, smaller = whole.result(), small.result()
        if built.artefact is None or smaller.artefact is None:
            return built
        # Candidates have equal code where it is equal for both problems.
        hashes = f"{built.artefact.object_hash} {smaller.artefact.object_hash}"
        key = hashlib.sha256(hashes.encode()).hexdigest()
        return replace(smaller, artefact=replace(smaller.artefact, object_hash=key))

    return wait
