"""Schedules: sequences of transformations, written as MLIR pass pipelines."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Transformation:
    """A schedule-tree transformation: a pass name and its options.

    Subclasses have one field an option, of the same name; an int, or a tuple of ints. Prints as
    `autotune-tile{band=0 sizes=32,64}` and parses back from it.
    """

    name: ClassVar[str]


@dataclass(frozen=True)
class Schedule:
    """Transformations in the order in which they apply; the empty one is the program as it is."""

    transformations: tuple[Transformation, ...] = ()
