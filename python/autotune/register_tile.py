"""Which part each loop around a statement has in its register tile, told by strides.

Hides how strides are read: vectors run where most accesses are contiguous, reductions are loops
that do not move the written element, rows the others.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autotune.loop_tree import Band

_LINE_BYTES = 64


@dataclass(frozen=True)
class Shape:
    """The loops of one statement by their part in its register tile.

    Attributes:
        column: The member along which vectors run.
        reductions: Members that do not move the written element.
        rows: The other members.
        sums: Strides of the members, here or in bands inside, that do not move the written element.
        strides: Elements from one iteration to the next, [num_members][num_accesses].
    """

    statement: str
    band: Band
    column: int
    reductions: list[int]
    rows: list[int]
    sums: list[list[int]]
    lanes: int
    accesses: list[dict[str, Any]]
    strides: list[list[int]]

    @property
    def is_across_rows(self) -> bool:
        """Whether the lanes of a vector are stored in different rows."""
        return max(self._stored_strides(self.column)) > 1

    def best_row(self, extents: list[int]) -> int | None:
        """Returns the row loop that reuses most of what is read along the vectors.

        Of vectors across rows it is the loop along a row.
        """
        candidates = [m for m in self.rows if extents[m] > 1]
        vectors = [i for i, stride in enumerate(self.strides[self.column]) if stride == 1]

        def reuse(member: int) -> tuple[bool, int, int]:
            shared = sum(self.strides[member][i] == 0 for i in vectors)
            is_stored_in_order = self._stored_strides(member) == {1}
            return self.is_across_rows and is_stored_in_order, shared, extents[member]

        return max(candidates, key=reuse, default=None)

    def packed_arrays(self) -> list[tuple[int, int]]:
        """Returns arrays read along the vectors, each with the dimension that the vectors run in.

        Rows of an array are packed where the register tile's rows share them, columns always
        except where the register tile transposes them.
        """
        written = self._written_arrays()
        pairs = [(self.accesses[index]["array"], dim) for index, dim in self._packed()]
        return [(int(array), dimension) for array, dimension in pairs if array not in written]

    def packed_reads(self) -> list[tuple[int, int]]:
        """Returns such reads of the array that is written: numbers of accesses, dimensions."""
        written = self._written_arrays()
        return [
            (index, dim)
            for index, dim in self._packed()
            if self.accesses[index]["array"] in written
        ]

    def _packed(self) -> list[tuple[int, int]]:
        found = []
        for index, access in enumerate(self.accesses):
            is_reused = any(self.strides[row][index] == 0 for row in self.rows)
            dimension = _dimension(access["shape"], self.strides[self.column][index])
            if dimension is not None and is_reused and not access["write"]:
                found.append((index, dimension))
        return found

    def column_bytes(self) -> int:
        """Returns the size of what is packed for one iteration of the vectors' loop."""
        packed = dict(self.packed_arrays())
        sizes = {
            int(access["array"]): math.prod(access["shape"]) * int(access["bits"]) // 8
            for access in self.accesses
            if access["array"] in packed
        }
        shapes = {int(access["array"]): access["shape"] for access in self.accesses}
        return sum(sizes[array] // shapes[array][dim] for array, dim in packed.items())

    def _written_arrays(self) -> set[int]:
        return {int(access["array"]) for access in self.accesses if access["write"]}

    def has_packed_twice(self) -> bool:
        """Whether an array to be packed is read in another way as well."""
        arrays = [access["array"] for access in self.accesses if not access["write"]]
        return any(arrays.count(array) > 1 for array, _ in self.packed_arrays())

    def transposed_members(self) -> list[int]:
        """Returns loops along which arrays are contiguous that are read across their rows.

        A square of vectors and of such a loop's iterations is read by rows and transposed.
        """
        packed = {array for array, _ in self.packed_arrays()}
        strided = [
            index
            for index, access in enumerate(self.accesses)
            if abs(self.strides[self.column][index]) > 1
            and not access["write"]
            and access["array"] not in packed
        ]
        members = [*self.rows, *self.reductions]
        return [m for m in members if any(self.strides[m][index] == 1 for index in strided)]

    def arrays_across_lines(self, row: int) -> list[tuple[int, int]]:
        """Returns arrays whose elements for a register tile's rows lie in a line of memory.

        There is another line for every iteration of the innermost reduction: operands that are
        transposed. Arrays that are also read in another way are left out.

        Args:
            row: The member that the register tile's rows are iterations of.

        Returns:
            Arrays, each with the dimension that rows run in.
        """
        arrays = [access["array"] for access in self.accesses]
        found = []
        for index, access in enumerate(self.accesses):
            is_side_by_side = self.strides[row][index] == 1 and not self.strides[self.column][index]
            step = abs(self.sums[-1][index]) * int(access["bits"]) // 8
            if is_side_by_side and step >= _LINE_BYTES and arrays.count(access["array"]) == 1:
                found.append((int(access["array"]), len(access["shape"]) - 1))
        return found

    def row_operands(self, row: int) -> list[tuple[int, int]]:
        """Returns arrays read once a row and reduction, each with the dimension that rows run in.

        Args:
            row: The member that the register tile's rows are iterations of.
        """
        written = self._written_arrays()
        found = []
        for index, access in enumerate(self.accesses):
            dimension = _dimension(access["shape"], self.strides[row][index])
            is_summed = any(strides[index] for strides in self.sums)
            is_along = self.strides[self.column][index] != 0
            if dimension is not None and is_summed and not is_along:
                found.append((int(access["array"]), dimension))
        return sorted({pair for pair in found if pair[0] not in written})

    def _stored_strides(self, member: int) -> set[int]:
        pairs = zip(self.strides[member], self.accesses, strict=True)
        return {stride for stride, access in pairs if access["write"]}

    def scaled_arrays(self) -> list[tuple[int, int]]:
        """Returns arrays whose elements are all scaled or converted, once a vector of columns."""
        written = self._written_arrays()
        found = {
            (int(access["array"]), len(access["shape"]) - 1)
            for index, access in enumerate(self.accesses)
            if access["folded"] and self.strides[self.column][index] == 0
        }
        return sorted(pair for pair in found if pair[0] not in written)


def strides_of(member: dict[str, Any], accesses: list[dict[str, Any]], statement: str) -> list[int]:
    """Returns the strides of a member: those of the innermost loop counter it is made of."""
    counters = member["depends_on"].get(statement, [])
    if not counters:
        return [0] * len(accesses)
    return [int(access["strides"][counters[-1]] or 0) for access in accesses]


def sums_inside(
    path: list[Band], outermost: Band, accesses: list[dict[str, Any]], statement: str
) -> list[list[int]]:
    """Returns strides of members that do not move the written element, from a band on the path."""
    written = [index for index, access in enumerate(accesses) if access["write"]]
    inside = path[path.index(outermost) :]
    members = [member for band in inside for member in band.members]
    strides = [strides_of(member, accesses, statement) for member in members]
    return [each for each in strides if all(each[index] == 0 for index in written)]


def vector_member(
    path: list[Band],
    accesses: list[dict[str, Any]],
    can_vectorize: Callable[[int, int], bool],
    statement: str,
) -> tuple[Band, int] | None:
    """Returns the band and member along which most accesses are contiguous, stores first."""
    best, best_score = None, (0, 0)
    for band in path:
        for position, member in enumerate(band.members):
            strides = strides_of(member, accesses, statement)
            pairs = list(zip(strides, accesses, strict=True))
            stores = sum(stride == 1 for stride, access in pairs if access["write"])
            score = (stores, sum(stride in (0, 1) for stride in strides))
            if stores and score > best_score and can_vectorize(band.number, position):
                best, best_score = (band, position), score
    return best


def member_across_rows(
    path: list[Band],
    accesses: list[dict[str, Any]],
    can_vectorize: Callable[[int, int], bool],
    statement: str,
) -> tuple[Band, int] | None:
    """Returns the band and member along which results of a sum lie in different rows.

    What the vectors read can be packed: it is only read, and is the same for all of a row. The
    other operands are one element for all lanes, however they lie in memory; those are the shapes
    for operands with gaps, and for rows that are shorter than a register tile. Results stay in
    registers while the sum runs, and are stored across the rows at its end.
    """
    written = {access["array"] for access in accesses if access["write"]}
    for band in path:
        strides = [strides_of(member, accesses, statement) for member in band.members]
        stored = [
            {each[i] for i, access in enumerate(accesses) if access["write"]} for each in strides
        ]
        if {1} not in stored or not sums_inside(path, band, accesses, statement):
            continue
        row = strides[stored.index({1})]
        for position, along in enumerate(strides):
            moved = [
                index
                for index, stride in enumerate(along)
                if stride and accesses[index]["array"] not in written
            ]
            is_across = min(stored[position]) > 1 and moved
            can_pack = all(
                row[i] == 0 and _dimension(accesses[i]["shape"], along[i]) is not None
                for i in moved
            )
            if is_across and can_pack and can_vectorize(band.number, position):
                return band, position
    return None


def is_elimination(accesses: list[dict[str, Any]]) -> bool:
    """Whether a statement sums up, in place, elements that it has summed up elsewhere."""
    writes = [access for access in accesses if access["write"]]
    if len(writes) != 1:
        return False
    reads = [access for access in accesses if access["array"] == writes[0]["array"]]
    return any(
        stride == 0 and any(read["strides"][counter] for read in reads)
        for counter, stride in enumerate(writes[0]["strides"])
    )


def fitted_tile(rows: int, vectors: int, num_registers: int) -> tuple[int, int]:
    """Returns rows and vectors of a register tile, made to fit.

    Besides the accumulators there are registers for a row of vectors and for what all lanes
    multiply. Square tiles reuse most: the longer side becomes shorter.
    """
    while rows > 1 and rows * vectors + vectors + 1 > num_registers:
        rows, vectors = (rows, vectors // 2) if vectors > 3 else (rows // 2, vectors)
    return rows, vectors


def _dimension(shape: list[int], stride: int) -> int | None:
    """Returns the dimension in which an array is walked with a stride of elements."""
    for dimension in range(len(shape)):
        if stride == math.prod(shape[dimension + 1 :]):
            return dimension
    return None
