"""A simple model of scheduled loops, for estimates: extents, strides, and what runs how.

Hides the text in which `autotune-enumerate` describes a schedule tree. Transformations are mirrored
only as far as an estimate needs; whether they are legal is not decided here.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

from autotune.schedule import (
    Distribute,
    Interchange,
    Pack,
    Parallelize,
    Tile,
    UnrollAndJam,
    Vectorize,
)
from autotune.transformation import Transformation


class Form(Enum):
    """How the iterations of a loop are realised."""

    LOOP = "loop"
    PARALLEL = "parallel"
    UNROLL = "unroll"
    VECTOR = "vectorize"


@dataclass(frozen=True)
class Loop:
    """One loop around a statement.

    Attributes:
        band: Number of its band; -1 for a loop that only an estimate has.
        member: Position in the band.
        extent: Iterations.
        strides: Bytes from one iteration to the next, for each access, [num_accesses].
        form: How the iterations run.
    """

    band: int
    member: int
    extent: int
    strides: tuple[int, ...]
    form: Form = Form.LOOP

    def in_band(self, number: int) -> "Loop":
        """Returns the loop as a member of another band."""
        return Loop(number, self.member, self.extent, self.strides, self.form)

    def split(self, size: int, form: Form | None = None) -> tuple["Loop", "Loop"]:
        """Returns the loop over strips of `size` iterations, and the loop inside a strip.

        Args:
            size: Iterations of a strip.
            form: How a strip runs; None for the form of the whole.
        """
        strides = tuple([stride * size for stride in self.strides])
        outer = Loop(self.band, self.member, -(-self.extent // size), strides, self.form)
        inner_form = self.form if form is None else form
        inner = Loop(-1, self.member, min(size, self.extent), self.strides, inner_form)
        return outer, inner


@dataclass(frozen=True)
class Access:
    """Loads or stores of a statement that step alike, as those of a stencil do.

    Attributes:
        array: Number of the array.
        is_write: Whether it is a store.
        element_bytes: Size of one element.
        shape: Extents of the array.
        count: How many there are.
        packed_at: Loops outside of the packed copy that it goes to; None where it is not packed.
    """

    array: int
    is_write: bool
    element_bytes: int
    shape: tuple[int, ...]
    count: int = 1
    packed_at: int | None = None

    @cached_property
    def array_bytes(self) -> int:
        """Size of the array."""
        return self.element_bytes * math.prod(self.shape)

    def packed_stride(self, stride: int, panel_dim: int, panel: int) -> int:
        """Returns what a stride of bytes in the array is in a copy with panels.

        `A[k][j]` becomes `P[j / panel][k][j mod panel]`: neighbours along the panel's dimension lie
        side by side, those along another one a panel apart.
        """
        dim_bytes = self.element_bytes
        for dim in range(len(self.shape) - 1, -1, -1):
            is_last = dim == 0 or abs(stride) < dim_bytes * self.shape[dim]
            if is_last and stride != 0:
                steps = max(1, abs(stride) // dim_bytes)
                return self.element_bytes * steps * (1 if dim == panel_dim else panel)
            dim_bytes *= self.shape[dim]
        return 0


@dataclass(frozen=True)
class Nest:
    """A statement with the loops around it.

    Attributes:
        loops: Outermost first.
        accesses: What each execution of the statement loads and stores.
    """

    loops: tuple[Loop, ...]
    accesses: tuple[Access, ...]

    @property
    def num_iterations(self) -> int:
        """Executions of the statement."""
        return math.prod(loop.extent for loop in self.loops)

    def strides(self, access: int) -> list[int]:
        """Bytes from one iteration of each loop to the next, [num_loops]."""
        return [loop.strides[access] for loop in self.loops]


def parse_nests(loops: str) -> tuple[Nest, ...]:
    """Returns the nest of every statement from the text in `Expansion.loops`."""
    description = json.loads(loops)
    reader = _Reader(description["statements"], description["arrays"])
    reader.read(description["tree"], (), Form.LOOP, {})
    return tuple(reader.nests)


class _Reader:
    """Walks a described schedule tree and collects the nests of its leaves."""

    def __init__(self, statements: dict[str, Any], arrays: list[Any]) -> None:
        self._statements = statements
        self._arrays = arrays
        self.nests: list[Nest] = []

    def read(
        self, node: Any, around: tuple["_Member", ...], form: Form, packs: dict[int, "_Copy"]
    ) -> None:
        """Reads a subtree.

        Args:
            node: The subtree.
            around: The loops around it.
            form: How its topmost band runs.
            packs: The packed copies of arrays.
        """
        if node["kind"] == "leaf":
            self.nests.append(self._nest(node["statement"], around, packs))
            return
        if node["kind"] == "band":
            number = node["number"]
            members = enumerate(node["members"])
            around = (*around, *(_Member(number, i, form, value) for i, value in members))
            form = Form.LOOP
        elif node["kind"] == "mark":
            label: str = node["label"]
            if label.startswith("pack="):
                array, dim, panel, *of_one_read = map(int, label.removeprefix("pack=").split(","))
                # `transformed` leaves copies for one read out of its estimates, too.
                if not of_one_read:
                    packs = {**packs, array: _Copy(len(around), dim, panel)}
            form = next((f for f in Form if label.startswith(f.value)), form)
        for child in node["children"]:
            self.read(child, around, form, packs)

    def _nest(
        self, statement: str, around: tuple["_Member", ...], packs: dict[int, "_Copy"]
    ) -> Nest:
        alike = Counter[tuple[Access, tuple[int, ...]]]()
        for value in self._statements[statement]["accesses"]:
            array = value["array"]
            size = max(1, value["bits"] // 8)
            access = Access(array, value["write"], size, tuple(self._arrays[array]["shape"]))
            alike[access, tuple((stride or 0) * size for stride in value["strides"])] += 1
        accesses = tuple(replace(access, count=count) for (access, _), count in alike.items())
        rows = [strides for _, strides in alike]
        nest = Nest(tuple(each.loop(statement, rows) for each in around), accesses)
        for array, copy in packs.items():
            nest = _pack(nest, array, copy)
        return nest


@dataclass(frozen=True)
class _Copy:
    """A packed copy: the loops outside of it, and its layout."""

    num_outside: int
    panel_dim: int
    panel: int


@dataclass(frozen=True)
class _Member:
    """A member of a band, as it is described."""

    band: int
    position: int
    form: Form
    value: Any

    def loop(self, statement: str, rows: Sequence[Sequence[int]]) -> Loop:
        """Returns the loop around a statement; `rows` are its strides by original loop."""
        step = max(1, self.value["stride"])
        counters = self.value["depends_on"].get(statement, [])
        extent = math.ceil((self.value["extent"] or 1) / step) if counters else 1
        strides = tuple(row[counters[-1]] * step if counters else 0 for row in rows)
        return Loop(self.band, self.position, extent, strides, self.form)


def transformed(nest: Nest, transformation: Transformation) -> Nest:
    """Returns the nest after a transformation, as far as an estimate can tell."""
    match transformation:
        case Tile(band, sizes):
            return _replace_band(nest, band, lambda loops: _tile(loops, sizes))
        case Distribute(band, depth, _):
            return _merge_below(nest, band, depth)
        case Interchange(band, permutation):
            return _replace_band(nest, band, lambda loops: [loops[p] for p in permutation])
        case UnrollAndJam(band, factors):
            return _strip(nest, band, factors, Form.UNROLL)
        case Vectorize(band, member, width):
            return _strip(nest, band, (*(0,) * member, width), Form.VECTOR)
        case Parallelize(band, member):
            return _parallelize(nest, band, member)
        case Pack(band, array, panel_dim, panel):
            bands = [loop.band for loop in nest.loops]
            if band in bands:
                return _pack(nest, array, _Copy(bands.index(band), panel_dim, panel))
    return nest


def _tile(loops: Sequence[Loop], sizes: Sequence[int]) -> list[Loop]:
    tiles, points = [], []
    for loop, size in zip(loops, sizes, strict=False):
        if size == 0:
            points.append(loop)
            continue
        outer, inner = loop.split(size)
        tiles.append(outer)
        points.append(inner)
    return tiles + points


def _merge_below(nest: Nest, band: int, depth: int) -> Nest:
    """Makes the members of a band from `depth` on one band with the next one below."""
    inner = next((x.band for x in nest.loops[_end(nest, band) :] if x.form is Form.LOOP), band)
    loops, member = [], 0
    for loop in nest.loops:
        if loop.band == inner or (loop.band == band and loop.member >= depth):
            loop = replace(loop, band=inner, member=member)
            member += 1
        loops.append(loop)
    return replace(nest, loops=tuple(loops)) if band in {x.band for x in nest.loops} else nest


def _end(nest: Nest, band: int) -> int:
    """Position after the last member of a band; 0 where the band is not around the nest."""
    return max((i + 1 for i, loop in enumerate(nest.loops) if loop.band == band), default=0)


def _strip(nest: Nest, band: int, sizes: Sequence[int], form: Form) -> Nest:
    """Strips iterations off the members of a band and puts them innermost."""
    loops, strips = list(nest.loops), []
    for position, loop in enumerate(nest.loops):
        size = sizes[loop.member] if loop.band == band and loop.member < len(sizes) else 0
        if size > 1:
            loops[position], inner = loop.split(size, form)
            strips.append(inner)
    vectors = [loop for loop in loops if loop.form is Form.VECTOR]
    scalars = [loop for loop in loops if loop.form is not Form.VECTOR]
    return Nest((*scalars, *strips, *vectors), nest.accesses)


def _parallelize(nest: Nest, band: int, member: int) -> Nest:
    chosen = [loop for loop in nest.loops if (loop.band, loop.member) == (band, member)]
    parallel = [replace(loop, form=Form.PARALLEL) for loop in chosen]
    return _replace_band(
        nest, band, lambda loops: parallel + [loop for loop in loops if loop not in chosen]
    )


def _pack(nest: Nest, array: int, copy: _Copy) -> Nest:
    accesses, loops = list(nest.accesses), list(nest.loops)
    for number, access in enumerate(nest.accesses):
        if access.array != array or access.packed_at is not None:
            continue
        accesses[number] = replace(access, packed_at=copy.num_outside)
        for position in range(copy.num_outside, len(loops)):
            strides = list(loops[position].strides)
            strides[number] = access.packed_stride(strides[number], copy.panel_dim, copy.panel)
            old = loops[position]
            loops[position] = Loop(old.band, old.member, old.extent, tuple(strides), old.form)
    return Nest(tuple(loops), tuple(accesses))


def _replace_band(nest: Nest, band: int, change: Callable[[list[Loop]], Iterable[Loop]]) -> Nest:
    """Returns the nest with the members of a band, which are neighbours, replaced."""
    members = [loop for loop in nest.loops if loop.band == band]
    if not members:
        return nest
    start = nest.loops.index(members[0])
    before, after = nest.loops[:start], nest.loops[start + len(members) :]
    return Nest((*before, *change(members), *after), nest.accesses)
