"""Compilers and runners that keep account of their time."""

from collections.abc import Sequence
from concurrent.futures import Future

from autotune.measurement import (
    Artefact,
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    Measurement,
)
from autotune.proxy import ProxyChoice
from autotune.search_loop import Compiler, Runner
from autotune.time_account import Activity, TimeAccount
from autotune.workload import Workload


class MeteredCompiler:
    """A compiler whose time is counted, as `autotune.search_loop.Compiler`."""

    def __init__(self, compiler: Compiler, account: TimeAccount) -> None:
        self._compiler = compiler
        self._account = account

    def describe(self, candidate: Candidate) -> Future[Description | Failure]:
        """See `Compiler.describe`."""
        return self._account.until_done(
            Activity.LISTING, lambda: self._compiler.describe(candidate)
        )

    def expand(self, candidate: Candidate) -> Future[Expansion | Failure]:
        """See `Compiler.expand`."""
        return self._account.until_done(Activity.LISTING, lambda: self._compiler.expand(candidate))

    def shorten(self, workload: Workload, share: float) -> Future[ProxyChoice]:
        """See `Compiler.shorten`."""
        return self._account.until_done(
            Activity.COMPILING, lambda: self._compiler.shorten(workload, share)
        )

    def build(self, candidate: Candidate) -> Future[BuildResult]:
        """See `Compiler.build`."""
        return self._account.until_done(Activity.COMPILING, lambda: self._compiler.build(candidate))


class MeteredRunner:
    """A runner whose time is counted, as `autotune.search_loop.Runner`."""

    def __init__(self, runner: Runner, account: TimeAccount) -> None:
        self._runner = runner
        self._account = account

    def submit(
        self, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        """See `Runner.submit`."""
        return self._account.until_done(
            Activity.TIMING, lambda: self._runner.submit(workload, baseline, artefact)
        )

    def compare(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> list[Measurement]:
        """See `Runner.compare`."""
        with self._account.during(Activity.TIMING):
            return self._runner.compare(workload, baseline, artefacts)
