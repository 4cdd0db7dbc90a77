"""Estimates how long scheduled loops take: a roofline over the levels of the memory hierarchy.

Only ratios between schedules of one workload matter; the constants are those of a present-day
out-of-order core. Traffic is counted as in Wolf and Lam, A data locality optimizing algorithm
(PLDI 1991): what a cache holds stays, and what lies outside is fetched again.
"""

import math
from collections.abc import Sequence
from itertools import accumulate
from operator import mul

from autotune.loop_model import Access, Form, Loop, Nest
from autotune.workload import Target

Footprints = Sequence[Sequence[float]]
"""Bytes, [num_loops + 1, num_accesses]; row i is for the loops from position i on."""

_LINE_BYTES = 64
_PAGE_BYTES = 4096
_NUM_TLB_PAGES = 64
_LONG_RUN_BYTES = 1024
_TLB_PENALTY = 1.5
_NUM_WAYS = 12
_USABLE_SHARE = 0.75
_OPERATIONS_PER_CYCLE = 2.0
_LOADS_PER_CYCLE = 1.5
_STORES_PER_CYCLE = 1.0
_LATENCY_CYCLES = 4.0
_FORK_CYCLES = 20_000.0
_BRANCH_CYCLES = 0.25
_ENTRY_CYCLES = 15.0
_MANY_INSTRUCTIONS = 1000.0
_OVERLAP = 0.2
_PACKED_BYTES_PER_CYCLE = 4.0
_BYTES_PER_CYCLE = (48.0, 16.0, 4.0)


def estimate_cycles(nest: Nest, target: Target) -> float:
    """Returns about how many cycles all executions of a statement take on the target."""
    sizes = target.l1_bytes, target.l2_bytes, target.l3_bytes or 8 * target.l2_bytes
    footprints = _footprints(nest)
    totals = _totals(nest, footprints)
    memory = []
    for size, bandwidth in zip(sizes, _BYTES_PER_CYCLE, strict=True):
        start = _first_that_fits(totals, size * _USABLE_SHARE)
        memory.append(_traffic_bytes(nest, footprints, start) / bandwidth)
    cycles = _overlapped([_core_cycles(nest, target), *memory])
    return _shared(nest, cycles, target.num_threads) + _packing_cycles(nest, footprints)


def _overlapped(parts: Sequence[float]) -> float:
    """The slowest part hides most of the others."""
    return max(parts) * (1.0 - _OVERLAP) + _OVERLAP * sum(parts)


def _core_cycles(nest: Nest, target: Target) -> float:
    """Cycles with every operand in the first-level cache."""
    plain = [loop for loop in nest.loops if loop.form in (Form.LOOP, Form.PARALLEL)]
    unrolled = [loop for loop in nest.loops if loop.form is Form.UNROLL]
    innermost = plain[-1] if plain else None
    register_bytes = target.vector_bits // 8
    vectors = [loop for loop in nest.loops if loop.form is Form.VECTOR]
    num_copies = math.prod([loop.extent for loop in unrolled])
    num_parts, loads, stores, kept, streamed, chain = 1.0, 0.0, 0.0, 0.0, 0.0, 1.0
    for number, access in enumerate(nest.accesses):
        held = math.prod([loop.extent for loop in unrolled if loop.strides[number] != 0])
        copies = held * access.count
        parts, instructions = _instructions(vectors, access, number, register_bytes)
        num_parts = max(num_parts, parts)
        is_kept = innermost is not None and innermost.strides[number] == 0
        share = 1.0 / innermost.extent if is_kept and innermost is not None else 1.0
        if access.is_write:
            stores += copies * instructions * share
            kept += copies * parts if is_kept else 0.0
            chain = num_copies / held if is_kept else 0.0
        else:
            loads += copies * instructions * share
            streamed = max(streamed, min(held * parts, 4.0) if instructions == parts else 0.0)
    spills = max(0.0, kept + streamed + 1.0 - target.num_vector_registers) * max(1.0, chain)
    body = _overlapped(
        [
            num_copies * num_parts / _OPERATIONS_PER_CYCLE,
            (loads + 2.0 * spills) / _LOADS_PER_CYCLE,
            (stores + 2.0 * spills) / _STORES_PER_CYCLE,
            chain * _LATENCY_CYCLES,
        ]
    )
    body *= 1.0 + num_copies * num_parts / _MANY_INSTRUCTIONS
    num_bodies = math.prod([loop.extent for loop in plain]) / _free_lanes(nest)
    num_entries = num_bodies / (innermost.extent if innermost is not None else 1)
    num_iterations = math.prod([loop.extent for loop in plain[:-1]]) * len(plain)
    return (
        num_bodies * (body + _BRANCH_CYCLES)
        + num_entries * _ENTRY_CYCLES
        + num_iterations * _BRANCH_CYCLES
    )


def _instructions(
    vectors: Sequence[Loop], access: Access, number: int, register_bytes: int
) -> tuple[float, float]:
    """Registers that one vector of an access fills, and instructions that load or store it."""
    parts = instructions = 1.0
    size = access.element_bytes
    for loop in vectors:
        parts = max(1.0, loop.extent * size / register_bytes)
        stride = loop.strides[number]
        if stride == size:
            instructions = parts
        elif stride != 0:
            instructions = 2.0 * loop.extent
    return parts, instructions


def _free_lanes(nest: Nest) -> float:
    """Lanes that LLVM finds by itself in nests without a vector loop."""
    innermost = nest.loops[-1] if nest.loops else None
    if innermost is None or innermost.form in (Form.VECTOR, Form.UNROLL):
        return 1.0
    for number, access in enumerate(nest.accesses):
        stride = innermost.strides[number]
        if stride != access.element_bytes and (access.is_write or stride != 0):
            return 1.0
    return min(4.0, float(innermost.extent))


def _traffic_bytes(nest: Nest, footprints: Footprints, start: int) -> float:
    """Bytes that cross the border of a cache that holds the loops from `start` on."""
    if start == 0:  # Everything fits.
        return 0.0
    loops = nest.loops
    num_iterations = list(accumulate([loop.extent for loop in loops], mul, initial=1))
    total, seen = 0.0, set[tuple[int, bool]]()
    for number, access in enumerate(nest.accesses):
        if (access.array, access.is_write) in seen:
            continue
        seen.add((access.array, access.is_write))
        end = _streamed_from(nest, number, start)
        size = footprints[end][number]
        while end > 0 and loops[end - 1].strides[number] == 0:
            end -= 1
        total += size * num_iterations[end] * _page_factor(access, loops[start:], number)
    return total


def _streamed_from(nest: Nest, number: int, start: int) -> int:
    """Includes the loop around position `start` if its iterations share cache lines."""
    stride = nest.loops[start - 1].strides[number]
    is_kept = _num_conflicts(nest, number, start) <= _NUM_WAYS
    return start - 1 if 0 < abs(stride) < _LINE_BYTES and is_kept else start


def _num_conflicts(nest: Nest, number: int, start: int) -> int:
    """Lines that an access wants in one set of the first-level cache, in loops from `start` on."""
    inside = nest.loops[start:]
    return math.prod(
        x.extent for x in inside if x.strides[number] and not x.strides[number] % _PAGE_BYTES
    )


def _totals(nest: Nest, footprints: Footprints) -> list[float]:
    """Bytes of all arrays that are touched in the loops from each position on, [num_loops + 1]."""
    arrays = [access.array for access in nest.accesses]
    if len(set(arrays)) == len(arrays):
        return [sum(sizes) for sizes in footprints]
    totals = []
    for sizes in footprints:
        largest: dict[int, float] = {}
        for array, size in zip(arrays, sizes, strict=True):
            if size > largest.get(array, 0.0):
                largest[array] = size
        totals.append(sum(largest.values()))
    return totals


def _first_that_fits(totals: Sequence[float], capacity_bytes: float) -> int:
    """Position of the outermost loop whose whole data the cache holds."""
    fitting = (start for start, total in enumerate(totals) if total <= capacity_bytes)
    return next(fitting, len(totals) - 1)


def _footprints(nest: Nest) -> Footprints:
    """Bytes of cache lines that each access touches in the loops from each position on."""
    inwards = [(i, loop.extent, loop.strides) for i, loop in enumerate(nest.loops)][::-1]
    columns = []
    for number, access in enumerate(nest.accesses):
        size, num_elements, spacing = access.element_bytes, 1, _LINE_BYTES
        most = float(access.array_bytes)
        packed_at = len(inwards) if access.packed_at is None else access.packed_at
        column = [float(size)]
        for position, extent, strides in inwards:
            stride = strides[number]
            if stride != 0:
                num_elements *= extent
                if -spacing < stride < spacing:
                    spacing = abs(stride)
            is_dense = packed_at <= position or num_elements == 1
            touched = float(num_elements * (size if is_dense else spacing))
            column.append(touched if touched < most else most)
        column.reverse()
        columns.append(column)
    return list(zip(*columns, strict=True))


def _page_factor(access: Access, inside: Sequence[Loop], number: int) -> float:
    """How much slower an access is that walks over many pages with little on each."""
    if access.packed_at is not None:
        return 1.0
    num_pages, run_bytes = 1, access.element_bytes
    for loop in reversed(inside):
        if abs(loop.strides[number]) >= _PAGE_BYTES:
            num_pages *= loop.extent
        elif num_pages == 1 and loop.strides[number] != 0:
            run_bytes = max(run_bytes, loop.extent * abs(loop.strides[number]))
    is_scattered = num_pages > _NUM_TLB_PAGES and run_bytes < _LONG_RUN_BYTES
    return _TLB_PENALTY if is_scattered else 1.0


def _packing_cycles(nest: Nest, footprints: Footprints) -> float:
    cycles, seen = 0.0, set[int]()
    for number, access in enumerate(nest.accesses):
        if access.packed_at is None or access.array in seen:
            continue
        seen.add(access.array)
        num_copies = math.prod(loop.extent for loop in nest.loops[: access.packed_at])
        size = footprints[access.packed_at][number]
        cycles += num_copies * size / _PACKED_BYTES_PER_CYCLE
    return cycles


def _shared(nest: Nest, cycles: float, num_threads: int) -> float:
    """Divides cycles among threads, where a loop is parallel."""
    outside = 1
    for loop in nest.loops:
        if loop.form is Form.PARALLEL:
            share = math.ceil(loop.extent / num_threads) / loop.extent
            return cycles * share + outside * _FORK_CYCLES
        outside *= loop.extent
    return cycles
