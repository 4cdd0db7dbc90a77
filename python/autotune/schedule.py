"""Schedules: sequences of transformations, written as MLIR pass pipelines.

A transformation is added by adding a dataclass here and a pass of the same name and options in
`passes/`; nothing else lists them.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from autotune.transformation import Transformation


@dataclass(frozen=True)
class Tile(Transformation):
    """Strip-mines members of a band and puts the tile loops above the point loops.

    for i: for j: S  ->  for i by s0: for j by s1: for i' in tile: for j' in tile: S

    Size 0 leaves a member untiled. Refused when the band is not permutable, when no size is above
    zero, and when there are more sizes than members.
    """

    name: ClassVar[str] = "autotune-tile"
    band: int
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Interchange(Transformation):
    """Reorders the members of a band.

    for i: for j: for k: S  ->  for k: for i: for j: S     (permutation=2,0,1)

    Entry p is the old position of the p-th new member. Refused when a dependence would be
    reversed, for the identity, and for lists that are no permutation of the members.
    """

    name: ClassVar[str] = "autotune-interchange"
    band: int
    permutation: tuple[int, ...]


@dataclass(frozen=True)
class Fuse(Transformation):
    """Fuses the outer loops of two neighbours in a sequence.

    for i: S; for i: T  ->  for i: { S; T }

    Fuses the outer `depth` loops of children `child` and `child + 1`. Refused when an instance of
    T would run before an instance of S that it depends on, or when a child has fewer loops.
    """

    name: ClassVar[str] = "autotune-fuse"
    sequence: int
    child: int
    depth: int


@dataclass(frozen=True)
class Distribute(Transformation):
    """Splits the loops around a sequence.

    for i: for j: { S; T }  ->  for i: { for j: S; for j: T }     (depth=1 cut=1)

    Keeps the outer `depth` members shared, and cuts the sequence below before child `cut`. Refused
    when a later iteration of S depends on T.
    """

    name: ClassVar[str] = "autotune-distribute"
    band: int
    depth: int
    cut: int


@dataclass(frozen=True)
class Parallelize(Transformation):
    """Runs the iterations of a loop on all threads.

    for i: S  ->  parallel for i: S

    Refused when an iteration depends on another one, and inside a loop that is parallel already.
    """

    name: ClassVar[str] = "autotune-parallelize"
    band: int
    member: int


@dataclass(frozen=True)
class UnrollAndJam(Transformation):
    """Register tiling: strips factors off members and unrolls them inside the innermost loops.

    for i: for k: S(i, k)  ->  for i by 4: for k: { S(i, k); S(i+1, k); S(i+2, k); S(i+3, k) }

    Factor 0 leaves a member alone. Refused when the members cannot be sunk to the innermost
    position, and when no factor is above one.
    """

    name: ClassVar[str] = "autotune-unroll-and-jam"
    band: int
    factors: tuple[int, ...]


@dataclass(frozen=True)
class Vectorize(Transformation):
    """Runs `width` iterations of a loop as one vector operation.

    for j: for k: S(j, k)  ->  for j by w: for k: S(j..j+w-1, k)

    Strips `width` off the member and sinks it to the innermost position; the last, partial vector
    is masked. Refused when the member cannot be sunk, or when its iterations depend on each other.
    """

    name: ClassVar[str] = "autotune-vectorize"
    band: int
    member: int
    width: int


@dataclass(frozen=True)
class Pack(Transformation):
    """Copies the part of a read-only array that is used below a band into a contiguous buffer.

    for i: S(B[..])  ->  for i: { copy B[..] to packed; S(packed[..]) }

    The buffer is cut along the array's dimension `panel_dim` into panels of `panel` elements, and
    freed after the band. `array` counts the function's arguments, then its allocations. Refused
    when the array is written below the band or not read there, or when the part is too large.
    """

    name: ClassVar[str] = "autotune-pack"
    band: int
    array: int
    panel_dim: int
    panel: int


@dataclass(frozen=True)
class PackRead(Transformation):
    """Copies what one read of a statement takes below a band into a contiguous buffer.

    for i: A[i] = A[i] - A[f(i)]  ->  for i: { copy A[f(..)] to packed; A[i] = A[i] - packed[..] }

    As `Pack`, also of an array that is written below the band, as long as that is not what the
    copy holds. `access` counts the statement's accesses in its own order.
    """

    name: ClassVar[str] = "autotune-pack-read"
    band: int
    statement: int
    access: int
    panel_dim: int
    panel: int


@dataclass(frozen=True)
class Reverse(Transformation):
    """Runs a loop backwards.

    for i = 0 to n: S(i)  ->  for i = n - 1 down to 0: S(i)

    Refused when a dependence would be reversed.
    """

    name: ClassVar[str] = "autotune-reverse"
    band: int
    member: int


@dataclass(frozen=True)
class Shift(Transformation):
    """Moves the iterations of a loop along its counter, for a fusion that comes next.

    for i = 0 to n: T(i)  ->  for i = c to n + c: T(i - c)

    Refused on unrolled and vector loops.
    """

    name: ClassVar[str] = "autotune-shift"
    band: int
    member: int
    offset: int


@dataclass(frozen=True)
class Reorder(Transformation):
    """Moves one of the children of a sequence.

    S(); T(); U()  ->  T(); U(); S()    for child 0 moved to place 2

    Refused when a dependence would be reversed.
    """

    name: ClassVar[str] = "autotune-reorder"
    sequence: int
    child: int
    to: int


@dataclass(frozen=True)
class Split(Transformation):
    """Splits a loop where it enters and leaves the block of a loop outside.

    for k: for i: S(k, i)
      ->  for k: for i < b: S(k, i); for b <= i < b + size: S(k, i); for i >= b + size: S(k, i)

    with `b = floor(k / size) * size`. The parts are statements of their own. Refused when there
    would be one part only, and once loops are parallel, unrolled, vectors or packed.
    """

    name: ClassVar[str] = "autotune-split"
    band: int
    member: int
    outer: int
    size: int


@dataclass(frozen=True)
class Snapshot(Transformation):
    """Reads copies of values that are overwritten later.

    for k: for i: S(i, A[k]); A[k + 1] = ...
      ->  for k: C[k] = A[k]; for i: S(i, C[k]); A[k + 1] = ...

    Refused when the loops read nothing of the array that they do not write, when that is never
    overwritten, for large buffers, and once loops are parallel, unrolled, vectors or packed.
    """

    name: ClassVar[str] = "autotune-snapshot"
    band: int
    array: int


@dataclass(frozen=True)
class Skew(Transformation):
    """Adds a multiple of an enclosing loop to a loop.

    for t: for i = 0 to n: S(t, i)  ->  for t: for i = f*t to n + f*t: S(t, i - f*t)

    `outer` 1 is the next loop outside. Loops that become permutable with those around them join
    their band. Refused when a dependence would be reversed, and once loops are parallel, unrolled,
    vectors or packed.
    """

    name: ClassVar[str] = "autotune-skew"
    band: int
    member: int
    outer: int
    factor: int


@dataclass(frozen=True)
class Wavefront(Transformation):
    """Makes the outermost loop of a band count diagonals, so that the second one may be parallel.

    for i: for j: S(i, j)  ->  for w: for j: S(w - j, j)

    Refused when a dependence would be reversed, and for bands of a single member.
    """

    name: ClassVar[str] = "autotune-wavefront"
    band: int


@dataclass(frozen=True)
class Unroll(Transformation):
    """Unrolls a loop where it is.

    for i: S(i)  ->  for i by 2: { S(i); S(i+1) }     (factor=2)

    With as many copies as there are iterations the loop vanishes. Refused for a factor beyond the
    loop, for a parallel loop as a whole, and on unrolled and vector loops.
    """

    name: ClassVar[str] = "autotune-unroll"
    band: int
    member: int
    factor: int


@dataclass(frozen=True)
class Stream(Transformation):
    """Stores what a statement computes in vectors past the caches.

    for j by w: A[j..j+w-1] = x  ->  for j by w: stream A[j..j+w-1] = x

    Partial vectors, and buffers of the caller that are not aligned, are stored to as always.
    Refused when the statement has no vectors at multiples of their size, and when the elements are
    touched again in the loops that move the store.
    """

    name: ClassVar[str] = "autotune-stream"
    statement: int


@dataclass(frozen=True)
class Prefetch(Transformation):
    """Fetches what the iteration `distance` later touches of an array.

    for i: S(A[i])  ->  for i: { fetch A[i + distance]; S(A[i]) }

    Refused when the loop does not move what it reads of the array, when that has no fixed size or
    takes more than 16 cache lines, and on parallel, unrolled and vector loops.
    """

    name: ClassVar[str] = "autotune-prefetch"
    band: int
    member: int
    array: int
    distance: int


@dataclass(frozen=True)
class Privatize(Transformation):
    """Accumulates in partial results, so that the iterations of a reduction have no order.

    for j: A[e] += x(j)  ->  P[e][:] = 0; for j: P[e][j mod n] += x(j); A[e] += sum of P[e]

    Only iterations a multiple of `lanes` apart depend on each other then. `array` counts the
    function's arguments, then its allocations; `P` becomes the last of them. Refused when an
    operation is neither exactly associative nor marked `reassoc`, when something else uses the
    elements inside the loop, and once loops are parallel, unrolled, vectors or packed.
    """

    name: ClassVar[str] = "autotune-privatize"
    band: int
    member: int
    array: int
    lanes: int


@dataclass(frozen=True)
class Separate(Transformation):
    """Runs first what needs nothing of other instances in the same iteration of a band.

    for tiles: for i: S(i)  ->  for tiles: { for i in F: S(i); for i not in F: S(i) }

    The instances in F become a statement of their own, the last one, whose loops are one band in
    front of all else below. Refused when one part is empty or has no simple form, and once loops
    are parallel, unrolled, vectors or packed.
    """

    name: ClassVar[str] = "autotune-separate"
    band: int
    statement: int


@dataclass(frozen=True)
class Contract(Transformation):
    """Shrinks a temporary to what is in use at once.

    for i: { T[i] = ..; .. = T[i] }  ->  for i: { T[0] = ..; .. = T[0] }

    Folds every dimension modulo the number of neighbours that hold values still needed. Refused for
    arrays visible outside the workload, when all of the array is in use at once, and when marked
    loops would carry a dependence.
    """

    name: ClassVar[str] = "autotune-contract"
    array: int


@dataclass(frozen=True)
class Expand(Transformation):
    """Gives every iteration of a loop a temporary of its own.

    for i: { t = ..; .. = t }  ->  for i: { T[i] = ..; .. = T[i] }

    Iterations no longer wait for each other to be done with the temporary. Refused for arrays
    visible outside the workload or used outside of the loop, and when a value is used in another
    iteration.
    """

    name: ClassVar[str] = "autotune-expand"
    band: int
    member: int
    array: int


@dataclass(frozen=True)
class Reschedule(Transformation):
    """Replaces the whole order by one that isl's scheduler finds.

    for t: { for i: S(t, i); for i: T(t, i) }  ->  a permutable band over (t, t + i) of S and T

    `fusion` 1 fuses where dependences allow, 0 keeps unrelated statements apart;
    `outer_coincidence` 1 looks for an outermost loop without dependences. Refused once loops are
    parallel, unrolled, vectors or packed.
    """

    name: ClassVar[str] = "autotune-reschedule"
    fusion: int
    outer_coincidence: int


@dataclass(frozen=True)
class Schedule:
    """Transformations in the order in which they apply, printed as a comma-separated pipeline.

    None at all, the empty text, is the program as it is.
    """

    transformations: tuple[Transformation, ...] = ()

    def __str__(self) -> str:
        return ",".join(str(transformation) for transformation in self.transformations)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the schedule that prints as `text`.

        Raises:
            ScheduleError: The text is no sequence of known transformations.
        """
        passes = re.split(r",(?![^{]*\})", text) if text.strip() else []
        return cls(tuple(map(Transformation.parse, passes)))

    def then(self, transformation: Transformation) -> Self:
        """Returns this schedule, followed by one more transformation."""
        return type(self)((*self.transformations, transformation))
