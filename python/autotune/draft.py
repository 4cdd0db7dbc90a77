"""A schedule in the making: tries steps, and looks at the loops that those taken have made.

Hides the questions to the compiler. Only the legality of single steps is asked for, never what
else would be legal: that takes a hundred times longer.
"""

import json
import math
from typing import Any

from autotune.loop_tree import Band, num_statements, outermost_bands, path_to
from autotune.search import Explorer, State
from autotune.transformation import Transformation


class Draft:
    """A legal schedule that grows by steps that are legal.

    Args:
        explorer: Knows what is legal.
        start: Where the schedule begins.
    """

    def __init__(self, explorer: Explorer, start: State) -> None:
        self._explorer = explorer
        self.state = start

    def take(self, step: Transformation) -> bool:
        """Appends a step where it is legal; returns whether it is."""
        following = self._explorer.visit(self.state.schedule.then(step))
        if following is None:
            return False
        self.state = following
        return True

    def is_legal(self, step: Transformation) -> bool:
        """Returns whether a step could be taken."""
        return self._explorer.visit(self.state.schedule.then(step)) is not None

    @property
    def loops(self) -> dict[str, Any]:
        """JSON of what the schedule makes of the loops."""
        loops: dict[str, Any] = json.loads(self.state.description.loops)
        return loops

    def outermost_bands(self) -> list[dict[str, Any]]:
        """Returns the bands that no other is around, in order."""
        return outermost_bands(self.loops["tree"])

    def shared_bands(self) -> list[dict[str, Any]]:
        """Returns the outermost bands that are around more than one statement."""
        return [band for band in self.outermost_bands() if num_statements(band) > 1]

    def path(self, statement: str) -> list[Band]:
        """Returns the bands around a statement, outermost first."""
        return path_to(self.loops["tree"], statement)

    def deepest_statements(self) -> list[str]:
        """Returns the statements, those in most loops first."""
        statements = self.loops["statements"]
        return sorted(statements, key=lambda name: -int(statements[name]["depth"]))

    def statements_in(self, band: int) -> list[str]:
        """Returns the statements in the loops of a band."""
        loops = self.loops
        names: list[str] = list(loops["statements"])
        return [s for s in names if any(b.number == band for b in path_to(loops["tree"], s))]

    def accesses(self, statement: str) -> list[dict[str, Any]]:
        """Returns the accesses of a statement, with the shapes of their arrays."""
        loops = self.loops
        accesses: list[dict[str, Any]] = loops["statements"][statement]["accesses"]

        def with_array(access: dict[str, Any]) -> dict[str, Any]:
            array = loops["arrays"][access["array"]]
            return access | {"shape": array["shape"], "folded": array["folded"]}

        return [with_array(access) for access in accesses]


def array_bytes(access: dict[str, Any]) -> int:
    """Returns the size of the array that one of `Draft.accesses` goes to."""
    num_elements: int = math.prod(access["shape"])
    return num_elements * int(access["bits"]) // 8
