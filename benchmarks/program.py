"""What is benchmarked: a function on arrays."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Call = Callable[[], None]


class Program(Protocol):
    """A program that contenders compute; it can be pickled."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def entry(self) -> str:
        """Symbol of its function, which takes a pointer to each array."""

    @property
    def prepare(self) -> Callable[[list[Array]], Call] | None:
        """Makes a call that computes the same with NumPy; None where there is none."""

    def inputs(self, seed: int) -> list[Array]:
        """Returns the arrays before a run."""
