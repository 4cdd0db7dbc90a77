"""Cuts the outermost loops of a workload: how a smaller problem comes about, or why there is none.

The first iterations of a loop nest are a beginning of its execution, so they compute what they
did. With several nests, each is cut to the same share, and temporary buffers must not be read where
they are no longer written. Iterations must not differ in work. Runs in a compile worker: it imports
MLIR.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from mlir import ir

from autotune.loop_work import constant_bounds, step_of, work_at
from autotune.proxy import Cut, Proxy, ProxyChoice
from autotune.workload import Workload

# Tiles of usual sizes stay several: those of time loops are small, since they are skewed. What is
# left over beside complete tiles stays as it is, up to a unit.
_LEAST_STEPS, _STEP_UNIT = 64, 16
_LEAST_ITERATIONS, _UNIT = 256, 64
_LEAST_PER_THREAD = 128
_MOST_SHARE = 0.6  # Beyond this nothing is gained.
_SMALL_NEST = 0.05
_EVEN = 0.1
_NUM_PLACES = 128

_FOR = "affine.for"
_ACCESSES = {"affine.load", "affine.store"}
_AT_TOP = {"memref.alloc", "memref.dealloc", "memref.get_global", "func.return", *_ACCESSES}
_PURE_DIALECTS = {"arith", "math", "ub"}


class _UncutError(Exception):
    """Why there is no smaller problem."""


@dataclass(frozen=True)
class _Nest:
    """A loop nest at the top of the body.

    Attributes:
        number: Its place among the nests.
        loop: Its outermost loop.
        lower: First value of the counter.
        step: Of the counter.
        iterations: Of the loop.
        work: Of one iteration, at places evenly spread over all of them.
        least: Fewest iterations to keep.
        unit: Iterations left out are a multiple of this.
        obstacle: Why it cannot be cut; empty where it can.
        kept: How many iterations stay.
    """

    number: int
    loop: ir.Operation
    lower: int
    step: int
    iterations: int
    work: tuple[float, ...]
    least: int
    unit: int
    obstacle: str
    kept: int

    @property
    def counter(self) -> ir.Value:
        """The counter of the outermost loop."""
        return self.loop.regions[0].blocks[0].arguments[0]

    @property
    def is_cut(self) -> bool:
        """Whether iterations are left out."""
        return self.kept < self.iterations

    @property
    def total_work(self) -> float:
        """Work of the iterations that stay."""
        return self.kept * fmean(self.work)

    def cut(self, share: float) -> "_Nest":
        """Returns it with about a share of its iterations, not fewer than the least."""
        wanted = max(self.least, math.ceil(share * self.iterations))
        left_out = max(0, self.iterations - wanted) // self.unit * self.unit
        return replace(self, kept=self.iterations - left_out)


def shorten(
    module: ir.Operation, function: ir.Operation, workload: Workload, share: float, num_threads: int
) -> ProxyChoice:
    """Returns the workload with about a share of its iterations, or why that cannot be.

    Args:
        module: The workload, parsed; is changed.
        function: Its function.
        workload: The same.
        share: What should be left of its time.
        num_threads: Threads that must have work.
    """
    try:
        nests = _cut_nests(function, share, num_threads)
        _check_temporaries(function, nests)
    except _UncutError as reason:
        return ProxyChoice(None, str(reason))
    cuts = [nest for nest in nests if nest.is_cut]
    for nest in cuts:
        with function.context:
            end = ir.AffineMap.get_constant(nest.lower + nest.kept * nest.step)
            nest.loop.attributes["upperBoundMap"] = ir.AffineMapAttr.get(end)
    text = str(module)
    smaller = replace(workload, text=text, hash=hashlib.sha256(text.encode()).hexdigest())
    described = (Cut(each.number, each.iterations, each.kept) for each in cuts)
    return ProxyChoice(Proxy(smaller, tuple(described)))


def _cut_nests(function: ir.Operation, share: float, num_threads: int) -> list[_Nest]:
    """Returns the nests, all of them cut to the same share but for small ones.

    Raises:
        _UncutError: That leaves nothing out.
    """
    loops = []
    for operation in _body(function):
        if operation.name == _FOR:
            loops.append(operation)
        elif operation.name not in _AT_TOP and _dialect(operation) not in _PURE_DIALECTS:
            raise _UncutError(f"it has {operation.name} outside of loops")
    nests = [_nest(number, loop, num_threads) for number, loop in enumerate(loops)]
    whole = [nest for nest in nests if nest.obstacle]
    shorter = [nest for nest in nests if not nest.obstacle]
    if not shorter:
        raise _UncutError(whole[0].obstacle if whole else "it has no loops")
    share = max(share, *(nest.least / nest.iterations for nest in shorter))
    shorter = [nest.cut(share) for nest in shorter]
    work = sum(nest.total_work for nest in shorter)
    for nest in whole:
        if not nest.work or nest.total_work > _SMALL_NEST * work:
            raise _UncutError(nest.obstacle)
    if min(nest.kept / nest.iterations for nest in shorter) > _MOST_SHARE:
        counts = ", ".join(str(nest.iterations) for nest in shorter)
        raise _UncutError(f"outermost loops have too few iterations to leave out any: {counts}")
    return sorted([*whole, *shorter], key=lambda nest: nest.number)


def _nest(number: int, loop: ir.Operation, num_threads: int) -> _Nest:
    bounds, step = constant_bounds(loop), step_of(loop)
    if bounds is None:
        obstacle = "the bounds of an outermost loop are not constant"
        return _Nest(number, loop, 0, step, 0, (), 0, 0, obstacle, 0)
    iterations = max(0, -(-(bounds[1] - bounds[0]) // step))
    counter = loop.regions[0].blocks[0].arguments[0]
    least, unit = max(_LEAST_ITERATIONS, _LEAST_PER_THREAD * num_threads), _UNIT
    obstacle, work = "", tuple[float, ...]()
    users = _users(counter)
    if not any(_is_spatial(user, counter) for user in users):
        least, unit = _LEAST_STEPS, _STEP_UNIT
    places = ((index + 0.5) / _NUM_PLACES * iterations for index in range(_NUM_PLACES))
    try:
        work = tuple(work_at(loop, bounds[0] + place * step) for place in places)
    except KeyError:
        obstacle = "the bounds of an inner loop are not affine in the outer loops"
    if any(len(user.regions) > 0 and user.name != _FOR for user in users):
        obstacle = "conditions inside depend on the outermost loop"
    elif iterations < least:
        obstacle = f"an outermost loop has only {iterations} iterations"
    elif sum(work) == 0:
        obstacle = "an outermost loop does nothing"
    elif max(work) - min(work) > _EVEN * fmean(work):
        obstacle = "bounds inside depend on the outermost loop, as in a triangle"
    return _Nest(number, loop, bounds[0], step, iterations, work, least, unit, obstacle, iterations)


def _users(counter: ir.Value) -> list[ir.Operation]:
    """Returns the operations that use a value or what pure operations compute from it."""
    found = list[ir.Operation]()
    values = [counter]
    while values:
        for use in values.pop().uses:
            user = use.owner.operation
            if user not in found:
                found.append(user)
                is_followed = user.name not in _ACCESSES and len(user.regions) == 0
                values += list(user.results) if is_followed else []
    return found


def _is_spatial(user: ir.Operation, counter: ir.Value) -> bool:
    """Whether an operation goes through memory with the counter.

    Loads of a value that belongs to the iteration do not, nor does arithmetic.
    """
    if user.name == "affine.load":
        return any(operand != counter for operand in list(user.operands)[1:])
    return _dialect(user) not in _PURE_DIALECTS and user.name != "affine.apply"


def _check_temporaries(function: ir.Operation, nests: Sequence[_Nest]) -> None:
    """Makes sure that all that is read from temporary buffers is still written before.

    Raises:
        _UncutError: That is not known.
    """
    buffers = [x.results[0] for x in _body(function) if x.name == "memref.alloc"]
    if len(nests) < 2:
        return
    indirect = any(_dialect(each) == "memref" for nest in nests for each in _inside(nest.loop))
    if indirect:
        raise _UncutError("several loop nests access memory indirectly")
    for buffer in buffers:
        if not _is_written(buffer, nests):
            raise _UncutError("a temporary buffer would be read where it is not written any more")


def _is_written(buffer: ir.Value, nests: Sequence[_Nest]) -> bool:
    """Whether shorter loops still write all that they read of a buffer.

    They do where a single nest uses it, where what is written does not depend on the counters, or
    where iteration i of every nest uses only elements with one subscript i.
    """
    reads, writes = set[str](), set[str]()
    users = 0
    for nest in nests:
        used = [x for x in _inside(nest.loop) if any(each == buffer for each in x.operands)]
        users += bool(used)
        for access in used:
            if access.name not in _ACCESSES:
                return False
            ways = writes if access.name == "affine.store" else reads
            ways.add(_way(access, nest))
    if users < 2 or writes == {"whole"}:
        return True
    return len(reads | writes) == 1 and "other" not in reads | writes


def _way(access: ir.Operation, nest: _Nest) -> str:
    """Says how an access depends on the outermost loop, in a form that can be compared."""
    if not nest.is_cut:
        return "whole"
    at = 2 if access.name == "affine.store" else 1
    operands = list(access.operands)[at:]
    if not any(_depends(operand, nest.counter) for operand in operands):
        return "whole"
    subscripts = ir.AffineMapAttr(access.attributes["map"]).value.results
    for dimension, subscript in enumerate(subscripts):
        if isinstance(subscript, ir.AffineDimExpr):
            position = subscript.position
            if operands[position] == nest.counter:
                return f"{dimension} in {nest.lower}, {nest.step}, {nest.kept}"
    return "other"


def _depends(value: ir.Value, counter: ir.Value) -> bool:
    if value == counter:
        return True
    owner = value.owner
    if isinstance(owner, ir.Block):
        return False
    return any(_depends(each, counter) for each in owner.operands)


def _body(function: ir.Operation) -> list[ir.Operation]:
    return [view.operation for view in function.regions[0].blocks[0].operations]


def _inside(loop: ir.Operation) -> list[ir.Operation]:
    found = []

    def visit(operation: ir.Operation) -> ir.WalkResult:
        found.append(operation.operation)
        return ir.WalkResult.ADVANCE

    loop.walk(visit)
    return found


def _dialect(operation: ir.Operation) -> str:
    name: str = operation.name
    return name.partition(".")[0]
