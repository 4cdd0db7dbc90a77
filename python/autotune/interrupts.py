"""Ctrl-C and termination while a search runs: the first ends the search, the second everything."""

import os
import signal
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTE = b"\nautotune: ending the search, then writing the best so far; again to stop at once\n"


class Interrupts:
    """Listens for signals while it is entered, in the main thread; says whether one came."""

    def __init__(self) -> None:
        self._has_come = False

    def __call__(self) -> bool:
        """Whether the user wants to have what there is."""
        return self._has_come

    def __enter__(self) -> Self:
        self._previous = [signal.signal(number, self._hear) for number in _SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in zip(_SIGNALS, self._previous, strict=True):
            signal.signal(number, handler)

    def _hear(self, _: int, __: FrameType | None) -> None:
        if self._has_come:
            raise KeyboardInterrupt
        self._has_come = True
        os.write(2, _NOTE)  # The streams' own locks may be held by what was interrupted.
