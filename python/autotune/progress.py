"""What the user sees while a search runs.

On a terminal a live display, a row a workload (trials done, best speed-up, failures by kind) and
one of the program (expected speed-up, time left); plain lines when piped; nothing for `--json`.
"""

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from autotune.measurement import Measurement
from autotune.search import speedup

_PROGRAM = "whole program"


class TuningProgress(Protocol):
    """Hears what the tuner does, as it happens; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def begin(self, num_trials: int) -> None:
        """A search begins, with at most `num_trials` trials over all workloads."""

    def start(self, workload: str, program_secs: float) -> None:
        """The search includes a workload, in which the program as it is spends so much time."""

    def trial(self, workload: str, measurement: Measurement) -> None:
        """One more trial of a workload is measured, or replayed from the database."""

    def note(self, workload: str, message: str) -> None:
        """Something about the search of a workload that the user should know."""

    def finish(self, workload: str, message: str) -> None:
        """A workload is done; `message` says with what result."""


class SilentProgress:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, num_trials: int) -> None:
        """See `TuningProgress.begin`."""

    def start(self, workload: str, program_secs: float) -> None:
        """See `TuningProgress.start`."""

    def trial(self, workload: str, measurement: Measurement) -> None:
        """See `TuningProgress.trial`."""

    def note(self, workload: str, message: str) -> None:
        """See `TuningProgress.note`."""

    def finish(self, workload: str, message: str) -> None:
        """See `TuningProgress.finish`."""


class Tally:
    """Counts the trials of one workload.

    Args:
        program_secs: Time that the program as it is spends in the workload.
    """

    def __init__(self, program_secs: float) -> None:
        self.program_secs = program_secs
        self.num_done = 0
        self.best = 1.0
        self.failures: Counter[str] = Counter()

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
        return f"best {self.best:.2f}x{failed}"


class Board:
    """Counts the trials of a program.

    Args:
        num_trials: How many there may be over all workloads.
        clock: Seconds, monotonic.
        deadline_secs: When the search ends at the latest, on that clock; None for no limit.
    """

    def __init__(
        self, num_trials: int, clock: Callable[[], float], deadline_secs: float | None
    ) -> None:
        self.num_trials = num_trials
        self.tallies: dict[str, Tally] = {}
        self._clock = clock
        self._deadline_secs = deadline_secs
        self._started_secs = clock()

    @property
    def num_done(self) -> int:
        """Trials so far."""
        return sum(tally.num_done for tally in self.tallies.values())

    def __str__(self) -> str:
        """The speed-up of the program, as far as its workloads tell, and the time left."""
        tallies = self.tallies.values()
        secs = sum(tally.program_secs / tally.best for tally in tallies)
        ratio = sum(tally.program_secs for tally in tallies) / secs if secs else 1.0
        return f"about {ratio:.2f}x  {self.time_left()}".rstrip()

    def time_left(self) -> str:
        """How long the search will take; empty before the first trial."""
        now, num_done = self._clock(), self.num_done
        if num_done == 0:
            return ""
        per_trial = (now - self._started_secs) / num_done
        left = per_trial * (self.num_trials - num_done)
        if self._deadline_secs is not None:
            left = min(left, max(0.0, self._deadline_secs - now))
        return f"{int(left) // 60}:{int(left) % 60:02d} left"


class LineProgress:
    """Plain lines, at each quarter of the search; for pipes and logs.

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
        self._board = Board(0, clock, deadline_secs)
        self._changed: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, num_trials: int) -> None:
        """See `TuningProgress.begin`."""
        self._board = Board(num_trials, self._clock, self._deadline_secs)
        self._print(_PROGRAM, f"tuning, {num_trials} trials")

    def start(self, workload: str, program_secs: float) -> None:
        """See `TuningProgress.start`."""
        self._board.tallies[workload] = Tally(program_secs)

    def trial(self, workload: str, measurement: Measurement) -> None:
        """See `TuningProgress.trial`."""
        board = self._board
        board.tallies[workload].add(measurement)
        self._changed.add(workload)
        num_done, num_trials = board.num_done, board.num_trials
        if num_done % max(1, num_trials // 4) == 0:
            for name, tally in board.tallies.items():
                if name in self._changed:
                    self._print(name, f"{tally.num_done} trials, {tally}")
            self._changed.clear()
            self._print(_PROGRAM, f"{num_done}/{num_trials} trials, {board}")

    def note(self, workload: str, message: str) -> None:
        """See `TuningProgress.note`."""
        self._print(workload, message)

    def finish(self, workload: str, message: str) -> None:
        """See `TuningProgress.finish`."""
        self._print(workload, message)

    def _print(self, subject: str, text: str) -> None:
        print(f"{subject}: {text}", file=self._stream, flush=True)


class LiveProgress:
    """One row a workload and one of the program on a terminal; arguments as of `LineProgress`."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], deadline_secs: float | None
    ) -> None:
        self._clock = clock
        self._deadline_secs = deadline_secs
        self._board = Board(0, clock, deadline_secs)
        self._rows = Progress(
            TextColumn("{task.fields[subject]}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=Console(file=stream),
            auto_refresh=False,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._rows.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.stop()

    def begin(self, num_trials: int) -> None:
        """See `TuningProgress.begin`."""
        self._board = Board(num_trials, self._clock, self._deadline_secs)
        self._show(_PROGRAM, total=num_trials, completed=0)

    def start(self, workload: str, program_secs: float) -> None:
        """See `TuningProgress.start`."""
        self._board.tallies[workload] = Tally(program_secs)
        self._show(workload, total=self._board.num_trials)

    def trial(self, workload: str, measurement: Measurement) -> None:
        """See `TuningProgress.trial`."""
        tally = self._board.tallies[workload]
        tally.add(measurement)
        self._show(workload, completed=tally.num_done, description=str(tally))
        num_done = self._board.num_done
        self._show(_PROGRAM, completed=num_done, description=str(self._board))

    def note(self, workload: str, message: str) -> None:
        """See `TuningProgress.note`."""
        self._rows.console.print(f"{workload}: {message}", markup=False, highlight=False)

    def finish(self, workload: str, message: str) -> None:
        """See `TuningProgress.finish`."""
        self._show(workload, description=message)

    def _show(self, subject: str, **values: Any) -> None:
        if subject not in self._tasks:
            self._tasks[subject] = self._rows.add_task("", subject=subject, total=None)
        self._rows.update(self._tasks[subject], refresh=True, **values)


def choose_progress(
    is_silent: bool, clock: Callable[[], float], deadline_secs: float | None
) -> TuningProgress:
    """Returns the progress that fits standard error."""
    if is_silent:
        return SilentProgress()
    shown = LiveProgress if sys.stderr.isatty() else LineProgress
    return shown(sys.stderr, clock, deadline_secs)
