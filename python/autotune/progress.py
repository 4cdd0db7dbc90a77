"""What the user sees while a search runs.

On a terminal a live display (trials done, best speed-up, failures by kind, time left); plain lines
when piped; nothing for `--json`.
"""

import sys
from collections import Counter
from collections.abc import Callable
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from autotune.measurement import Measurement
from autotune.search import speedup


class TuningProgress(Protocol):
    """Hears what the tuner does, as it happens; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def start(self, workload: str, num_trials: int) -> None:
        """A search of a workload begins, with at most `num_trials` trials."""

    def trial(self, measurement: Measurement) -> None:
        """One more trial is measured, or replayed from the database."""

    def finish(self, message: str) -> None:
        """The workload is done; `message` says with what result."""


class SilentProgress:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, workload: str, num_trials: int) -> None:
        """See `TuningProgress.start`."""

    def trial(self, measurement: Measurement) -> None:
        """See `TuningProgress.trial`."""

    def finish(self, message: str) -> None:
        """See `TuningProgress.finish`."""


class Tally:
    """Counts the trials of one workload.

    Args:
        num_trials: How many there may be.
        clock: Seconds, monotonic.
        deadline_secs: When the search ends at the latest, on that clock; None for no limit.
    """

    def __init__(
        self, num_trials: int, clock: Callable[[], float], deadline_secs: float | None
    ) -> None:
        self.num_trials = num_trials
        self.num_done = 0
        self.best = 1.0
        self.failures: Counter[str] = Counter()
        self._clock = clock
        self._deadline_secs = deadline_secs
        self._started_secs = clock()

    def add(self, measurement: Measurement) -> None:
        """Counts one trial."""
        self.num_done += 1
        ratio = speedup(measurement)
        if measurement.failure is not None:
            self.failures[measurement.failure.kind.value] += 1
        elif ratio is not None:
            self.best = max(self.best, ratio)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(self.failures.items()))
        failed = f"  failed: {counts}" if counts else ""
        return f"best {self.best:.2f}x{failed}  {self._time_left()}"

    def _time_left(self) -> str:
        now = self._clock()
        if self.num_done == 0:
            return ""
        per_trial = (now - self._started_secs) / self.num_done
        left = per_trial * (self.num_trials - self.num_done)
        if self._deadline_secs is not None:
            left = min(left, max(0.0, self._deadline_secs - now))
        return f"{int(left) // 60}:{int(left) % 60:02d} left"


class LineProgress:
    """Plain lines, one a quarter of the search; for pipes and logs.

    Args:
        stream: Where the lines go.
        clock: Seconds, monotonic.
        deadline_secs: When tuning ends at the latest, on that clock; None for no limit.
    """

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], deadline_secs: float | None
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._deadline_secs = deadline_secs
        self._tally = Tally(0, clock, deadline_secs)
        self._workload = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, workload: str, num_trials: int) -> None:
        """See `TuningProgress.start`."""
        self._workload = workload
        self._tally = Tally(num_trials, self._clock, self._deadline_secs)
        self._print(f"tuning, {num_trials} trials")

    def trial(self, measurement: Measurement) -> None:
        """See `TuningProgress.trial`."""
        tally = self._tally
        tally.add(measurement)
        step = max(1, tally.num_trials // 4)
        if tally.num_done % step == 0:
            self._print(f"{tally.num_done}/{tally.num_trials} trials, {tally}")

    def finish(self, message: str) -> None:
        """See `TuningProgress.finish`."""
        self._print(message)

    def _print(self, text: str) -> None:
        print(f"{self._workload}: {text}", file=self._stream, flush=True)


class LiveProgress:
    """One bar a workload on a terminal; see `LineProgress` for the arguments."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], deadline_secs: float | None
    ) -> None:
        self._clock = clock
        self._deadline_secs = deadline_secs
        self._tally = Tally(0, clock, deadline_secs)
        self._bars = Progress(
            TextColumn("{task.fields[workload]}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=Console(file=stream),
            auto_refresh=False,
        )
        self._task = self._bars.add_task("", workload="", visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start(self, workload: str, num_trials: int) -> None:
        """See `TuningProgress.start`."""
        self._tally = Tally(num_trials, self._clock, self._deadline_secs)
        self._task = self._bars.add_task("", total=num_trials, workload=workload)

    def trial(self, measurement: Measurement) -> None:
        """See `TuningProgress.trial`."""
        self._tally.add(measurement)
        self._bars.update(self._task, advance=1, description=str(self._tally), refresh=True)

    def finish(self, message: str) -> None:
        """See `TuningProgress.finish`."""
        self._bars.update(self._task, description=message, refresh=True)


def choose_progress(
    is_silent: bool, clock: Callable[[], float], deadline_secs: float | None
) -> TuningProgress:
    """Returns the progress that fits standard error."""
    if is_silent:
        return SilentProgress()
    shown = LiveProgress if sys.stderr.isatty() else LineProgress
    return shown(sys.stderr, clock, deadline_secs)
