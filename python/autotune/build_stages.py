"""The stages of a build, and a clock that adds up the time of each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum


class Stage(Enum):
    """From the text of a workload and its schedule to object code, in this order."""

    SCHEDULE = "schedule"
    """Parse the workload, model it, transform its schedule tree."""
    CODEGEN = "codegen"
    """Generate loops from the tree."""
    LOWERING = "lowering"
    """From loops to MLIR's dialect of LLVM."""
    TRANSLATION = "translation"
    """To LLVM IR as text, and into LLVM's memory."""
    OPTIMISATION = "optimisation"
    """LLVM's passes."""
    EMISSION = "emission"
    """Select and schedule instructions, allocate registers, write the object."""


class StageClock:
    """Adds up the time of the stages of one build after the other.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._secs: dict[Stage, float] = {}

    @contextmanager
    def during(self, stage: Stage) -> Iterator[None]:
        """Counts the time inside, also where an exception ends it."""
        start = self._clock()
        try:
            yield
        finally:
            self._secs[stage] = self._secs.get(stage, 0.0) + self._clock() - start

    def take(self) -> dict[Stage, float]:
        """Returns the seconds since the last call, of stages that were entered."""
        secs, self._secs = self._secs, {}
        return secs
