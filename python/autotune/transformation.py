"""What every transformation has: a pass's name and its options, as pipeline text.

Hides the syntax of that text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import ClassVar

from autotune.errors import AutotuneError

_PASS = re.compile(r"\s*(?P<name>[a-z][a-z0-9-]*)\s*(?:\{(?P<options>[^{}]*)\})?\s*")
_OPTION = re.compile(r"(?P<name>[a-z][a-z0-9-]*)=(?P<values>-?\d+(?:,-?\d+)*)")


class ScheduleError(AutotuneError):
    """Text or options that do not make a schedule."""


@dataclass(frozen=True)
class Transformation:
    """A schedule-tree transformation: a pass name and its options.

    Subclasses have one field an option, of the same name; an int, or a tuple of ints. Prints as
    `autotune-tile{band=0 sizes=32,64}` and parses back from it. Bands and sequences are addressed
    by their number in a pre-order walk of the schedule tree, band members from the outermost.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for field, is_single in _fields_of(self.name).values():
            value = getattr(self, field)
            if not isinstance(value, int if is_single else tuple) or value == ():
                kind = "an int" if is_single else "a tuple of at least one int"
                raise ScheduleError(f"{self.name}: {field} is {value!r}, not {kind}")

    def __str__(self) -> str:
        options = " ".join(f"{option}={text}" for option, text in self.options.items())
        return f"{self.name}{{{options}}}"

    @property
    def options(self) -> dict[str, str]:
        """The options as pipeline text, by their dashed names, in the pass's order."""
        return {x: _print(getattr(self, y)) for x, (y, _) in _fields_of(self.name).items()}

    @staticmethod
    def parse(text: str) -> "Transformation":
        """Returns the transformation that prints as `text`.

        Raises:
            ScheduleError: The text is no pass with options, or the pass is not known.
        """
        match = _PASS.fullmatch(text)
        if match is None:
            raise ScheduleError(f"not a transformation: {text.strip()!r}")
        options: dict[str, tuple[int, ...]] = {}
        for word in (match["options"] or "").split():
            option = _OPTION.fullmatch(word)
            if option is None:
                raise ScheduleError(f"{match['name']}: not an option with integers: {word!r}")
            if option["name"] in options:
                raise ScheduleError(f"{match['name']}: option {option['name']} is given twice")
            options[option["name"]] = tuple(int(x) for x in option["values"].split(","))
        return Transformation.of(match["name"], options)

    @staticmethod
    def of(name: str, options: Mapping[str, tuple[int, ...]]) -> "Transformation":
        """Returns the transformation called `name`; `options` go by their dashed names.

        Raises:
            ScheduleError: An unknown name, or options that are not exactly those of the pass.
        """
        known = transformation_types()
        if name not in known:
            raise ScheduleError(f"unknown transformation {name!r}; known: {', '.join(known)}")
        expected = _fields_of(name)
        if options.keys() != expected.keys():
            raise ScheduleError(
                f"{name}: options are {', '.join(expected)}; got {', '.join(options) or 'none'}"
            )
        values: dict[str, int | tuple[int, ...]] = {}
        for option, elements in options.items():
            field, is_single = expected[option]
            if is_single and len(elements) != 1:
                raise ScheduleError(f"{name}: option {option} takes one integer")
            values[field] = elements[0] if is_single else tuple(elements)
        return known[name](**values)


@cache
def transformation_types() -> dict[str, type[Transformation]]:
    """The known transformations by pass name, in the order of their definition."""
    return {known.name: known for known in Transformation.__subclasses__()}


@cache
def _fields_of(name: str) -> dict[str, tuple[str, bool]]:
    """Fields by option, dashed; true for a single integer. Asking the class takes much longer."""
    kind = transformation_types()[name]
    return {x.name.replace("_", "-"): (x.name, x.type is int) for x in fields(kind)}


def _print(value: int | tuple[int, ...]) -> str:
    return str(value) if isinstance(value, int) else ",".join(map(str, value))
