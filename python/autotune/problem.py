"""What the candidates of a workload are timed on: the workload itself, or a smaller problem."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from autotune.measurement import Artefact, BuildResult, Candidate
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
        baseline: Code of what is timed, without any transformation, as `start_build` gives it.
        proxy: The smaller problem; None to time the workload itself.
    """

    workload: Workload
    baseline: Artefact
    proxy: Proxy | None = None

    @property
    def timed(self) -> Workload:
        """What is timed."""
        return self.workload if self.proxy is None else self.proxy.workload

    @property
    def key(self) -> str:
        """What measurements name it by: `Measurement.proxy`."""
        return "" if self.proxy is None else self.proxy.workload.hash


def start_build(
    compiler: _Builder, workload: Workload, proxy: Proxy | None, schedule: Schedule
) -> Callable[[], BuildResult]:
    """Starts to compile a schedule; returns what waits for the code to be timed.

    With a proxy it is compiled for both problems, and what fails for either has failed: what is
    legal on the proxy alone is never timed.
    """
    whole = compiler.build(Candidate(workload, schedule))
    if proxy is None:
        return whole.result
    small = compiler.build(Candidate(proxy.workload, schedule))

    def wait() -> BuildResult:
        built, smaller = whole.result(), small.result()
        if built.artefact is None:
            return built
        if smaller.artefact is None:
            assert smaller.failure is not None
            message = f"for the smaller problem: {smaller.failure.message}"
            return replace(smaller, failure=replace(smaller.failure, message=message))
        # Candidates have equal code where it is equal for both problems.
        hashes = f"{built.artefact.object_hash} {smaller.artefact.object_hash}"
        key = hashlib.sha256(hashes.encode()).hexdigest()
        return replace(smaller, artefact=replace(smaller.artefact, object_hash=key))

    return wait
