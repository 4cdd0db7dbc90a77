"""Estimates how long scheduled loops take: a roofline over the levels of the memory hierarchy.

Only ratios between schedules of one workload matter; the constants are those of a present-day
out-of-order core. Traffic is counted as in Wolf and Lam, A data locality optimizing algorithm
(PLDI 1991): what a cache holds stays, and what lies outside is fetched again.
"""

import math
from collections.abc import Sequence

from autotune.loop_model import Access, Form, Loop, Nest
from autotune.workload import Target

Footprints = list[list[float]]
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
    memory = [
        _traffic_bytes(nest, footprints, size * _USABLE_SHARE) / bandwidth
        for size, bandwidth in zip(sizes, _BYTES_PER_CYCLE, strict=True)
    ]
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
    num_copies = math.prod(loop.extent for loop in unrolled)
    num_parts, loads, stores, kept, streamed, chain = 1.0, 0.0, 0.0, 0.0, 0.0, 1.0
    for number, access in enumerate(nest.accesses):
        held = math.prod(loop.extent for loop in unrolled if loop.strides[number] != 0)
        copies = held * access.count
        parts, instructions = _instructions(nest, number, register_bytes)
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
    num_bodies = math.prod(loop.extent for loop in plain) / _free_lanes(nest)
    num_entries = num_bodies / (innermost.extent if innermost is not None else 1)
    num_iterations = math.prod(loop.extent for loop in plain[:-1]) * len(plain)
    return (
        num_bodies * (body + _BRANCH_CYCLES)
        + num_entries * _ENTRY_CYCLES
        + num_iterations * _BRANCH_CYCLES
    )


def _instructions(nest: Nest, access: int, register_bytes: int) -> tuple[float, float]:
    """Registers that one vector of an access fills, and instructions that load or store it."""
    parts = instructions = 1.0
    for loop in nest.loops:
        if loop.form is not Form.VECTOR:
            continue
        size = nest.accesses[access].element_bytes
        parts = max(1.0, loop.extent * size / register_bytes)
        stride = loop.strides[access]
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


def _traffic_bytes(nest: Nest, footprints: Footprints, capacity_bytes: float) -> float:
    """Bytes that cross the border of a cache of the given size; 0 where everything fits."""
    start = _first_that_fits(nest, footprints, capacity_bytes)
    if start == 0:
        return 0.0
    total, seen = 0.0, set[tuple[int, bool]]()
    for number, access in enumerate(nest.accesses):
        if (access.array, access.is_write) in seen:
            continue
        seen.add((access.array, access.is_write))
        end = _streamed_from(nest, number, start)
        size = footprints[end][number]
        while end > 0 and nest.loops[end - 1].strides[number] == 0:
            end -= 1
        num_fetches = math.prod(loop.extent for loop in nest.loops[:end])
        total += size * num_fetches * _page_factor(access, nest.loops[start:], number)
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


def _first_that_fits(nest: Nest, footprints: Footprints, capacity_bytes: float) -> int:
    """Position of the outermost loop whose whole data the cache holds."""
    for start, sizes in enumerate(footprints):
        largest: dict[int, float] = {}
        for access, size in zip(nest.accesses, sizes, strict=True):
            largest[access.array] = max(size, largest.get(access.array, 0.0))
        if sum(largest.values()) <= capacity_bytes:
            return start
    return len(nest.loops)


def _footprints(nest: Nest) -> Footprints:
    """Bytes of cache lines that each access touches in the loops from each position on."""
    columns = []
    for number, access in enumerate(nest.accesses):
        size, num_elements, spacing = access.element_bytes, 1, _LINE_BYTES
        column = [float(size)]
        for position in range(len(nest.loops) - 1, -1, -1):
            loop = nest.loops[position]
            if loop.strides[number] != 0:
                num_elements *= loop.extent
                spacing = min(spacing, abs(loop.strides[number]))
            is_packed = access.packed_at is not None and access.packed_at <= position
            bytes_each = size if is_packed or num_elements == 1 else spacing
            column.append(min(float(num_elements * bytes_each), float(access.array_bytes)))
        columns.append(column[::-1])
    return [list(row) for row in zip(*columns, strict=True)]


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
