"""A proposer that estimates what each transformation would gain.

Hides the order in which a good schedule comes about: separate nests, loop order and cache tiles
first, then the register tile, the vector, packed operands, and threads. In each state the mass of
probability goes down that list: a phase that gains keeps most of what reaches it, the rest goes on
to the next one.
"""

import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

from autotune.estimate import estimate_cycles
from autotune.loop_model import Access, Form, Loop, Nest, parse_nests, transformed
from autotune.measurement import Expansion, Menu
from autotune.proposer import Group, Priors
from autotune.register_tile import fitted_tile
from autotune.schedule import Schedule
from autotune.transformation import Transformation
from autotune.workload import Target

_PHASES = (
    ("autotune-distribute",),
    ("autotune-interchange", "autotune-tile"),
    ("autotune-unroll-and-jam",),
    ("autotune-vectorize",),
    ("autotune-pack", "autotune-pack-read"),
    ("autotune-parallelize",),
)
_LEAST_GAIN = 1.05
_KEPT_BY_GAIN = 0.9
_KEPT_WITHOUT_GAIN = 0.05
_LOSS = 0.99
_KEPT_BY_LOSS = 0.01
_EXPLORED = 0.03
_MOST_SUGGESTIONS = 16
_FULL_PRODUCT = 64
_SHARPNESS = 6.0
_ROWS, _VECTORS = 6, 4
_NEGLIGIBLE = 0.02
_NUM_KNOWN_NESTS = 128
_NUM_KNOWN_ESTIMATES = 1 << 14
_ELSEWHERE = -2

Scored = list[tuple[float, Menu, tuple[int, ...]]]
"""How much faster choices of menus make the whole; the values of a choice, as of `_choices`."""

Completion = Callable[[Nest, Target], Nest]


class HeuristicProposer:
    """Weighs transformations by estimated gain; see the module.

    A step changes few nests: estimates of the recent ones are kept.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Nest, Target], _NestCycles] = OrderedDict()
        self._estimates: dict[Target, _Estimates] = {}

    def priors(self, expansion: Expansion, schedule: Schedule, target: Target) -> Priors:
        """See `Proposer.priors`."""
        nests = parse_nests(expansion.loops)
        estimator = _Estimator(nests, [self._cycles_of(nest, target) for nest in nests], target)
        groups = []
        mass = 1.0
        for names in _PHASES:
            menus = [menu for menu in expansion.menus if menu.name in names]
            scored = [each for x in _families(menus) for each in estimator.best_choices(x)]
            ranked = _legal(sorted(scored, key=lambda each: -each[0]), menus)
            if not ranked:
                continue
            best = ranked[0][1]
            share = _KEPT_BY_GAIN if best >= _LEAST_GAIN else _KEPT_WITHOUT_GAIN
            kept = mass * (share if best > _LOSS else _KEPT_BY_LOSS)
            choices = tuple((step, (gain / best) ** _SHARPNESS) for step, gain in ranked)
            groups.append(Group(kept, choices))
            mass -= kept
        menu_weight = _EXPLORED / max(1, len(expansion.menus))
        return Priors(expansion.menus, menu_weight, tuple(groups), mass)

    def _cycles_of(self, nest: Nest, target: Target) -> "_NestCycles":
        numbers = {band: i for i, band in enumerate(dict.fromkeys(x.band for x in nest.loops))}
        loops = tuple([x.in_band(numbers[x.band]) for x in nest.loops])
        key = Nest(loops, nest.accesses), target
        if key not in self._known:
            estimates = self._estimates.setdefault(target, _Estimates(target))
            self._known[key] = _NestCycles(key[0], estimates)
        known = self._known[key]
        self._known.move_to_end(key)
        if len(self._known) > _NUM_KNOWN_NESTS:
            self._known.popitem(last=False)
        return known


def _legal(scored: Scored, menus: Sequence[Menu]) -> list[tuple[Transformation, float]]:
    """Returns the first few that are on a menu, with their scores."""
    offers: dict[object, list[list[tuple[int, ...]]]] = {}
    for menu in menus:
        elements = [values for _, option in menu.open for values in option]
        offers.setdefault((menu.name, menu.fixed), []).append(elements)

    def is_offered(family: Menu, values: tuple[int, ...]) -> bool:
        of_family = offers[family.name, family.fixed]
        return any(all(map(operator.contains, elements, values)) for elements in of_family)

    offered = (each for each in scored if is_offered(*each[1:]))
    first = islice(offered, _MOST_SUGGESTIONS)
    return [(_chooser(family)(values), score) for score, family, values in first]


def _families(menus: Sequence[Menu]) -> list[Menu]:
    """Returns one menu for all that differ in their open values only, with all those values."""
    families: dict[tuple[str, tuple[tuple[str, str], ...]], Menu] = {}
    for menu in menus:
        key = menu.name, menu.fixed
        families[key] = replace(menu, open=_united(menu, families.get(key, menu)))
    return list(families.values())


def _united(one: Menu, other: Menu) -> tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]:
    return tuple(
        (name, tuple(tuple(sorted({*a, *b})) for a, b in zip(first, second, strict=True)))
        for (name, first), (_, second) in zip(one.open, other.open, strict=True)
    )


class _Estimates:
    """Estimates of nests, remembered: different steps often lead to loops that are alike.

    Args:
        target: The machine.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._known: dict[object, float] = {}

    def cycles(self, nest: Nest) -> float:
        """Returns the cycles of a nest."""
        arrays = [access.array for access in nest.accesses]
        accesses = tuple(
            [
                (arrays.index(x.array), x.is_write, x.element_bytes, x.shape, x.count, x.packed_at)
                for x in nest.accesses
            ]
        )
        key = accesses, tuple([(x.extent, x.strides, x.form) for x in nest.loops])
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _NUM_KNOWN_ESTIMATES:
                self._known.clear()
            found = self._known[key] = estimate_cycles(nest, self.target)
        return found


class _NestCycles:
    """What a nest takes after transformations, remembered.

    Args:
        nest: The nest, with its bands numbered from the outermost.
        estimates: Those of the machine.
    """

    def __init__(self, nest: Nest, estimates: _Estimates) -> None:
        self._nest = nest
        self._estimates = estimates
        self._tables: dict[object, dict[tuple[int, ...], float]] = {}
        self._completed: dict[Completion, float] = {}

    def completed(self, complete: Completion) -> float:
        """Returns the cycles of the nest as it is, completed."""
        if complete not in self._completed:
            self._completed[complete] = self._cycles(self._nest, complete)
        return self._completed[complete]

    def table(
        self, complete: Completion, menu: Menu, band: int | None
    ) -> Callable[[tuple[int, ...]], float]:
        """Returns the cycles after a choice of a menu, completed, as a function of the choice.

        Args:
            complete: What is done to the nest afterwards.
            menu: The menu.
            band: Place among the nest's bands of the one that is meant; None where it is not here.
        """
        number = _ELSEWHERE if band is None else band
        own = replace(
            menu,
            fixed=tuple((x, str(number) if x == "band" else text) for x, text in menu.fixed),
        )
        names = tuple(name for name, _ in menu.open)
        known = self._tables.setdefault((complete, menu.name, own.fixed, names), {})
        choose = _chooser(own)

        def cycles(values: tuple[int, ...]) -> float:
            key = () if band is None else values  # Elsewhere all of them do the same: nothing.
            if key not in known:
                changed = transformed(self._nest, choose(values))
                is_same = changed is self._nest
                known[key] = (
                    self.completed(complete) if is_same else self._cycles(changed, complete)
                )
            return known[key]

        return cycles

    def _cycles(self, nest: Nest, complete: Completion) -> float:
        return self._estimates.cycles(complete(nest, self._estimates.target))


class _Estimator:
    """Estimates the gain of transformations of one state.

    Args:
        nests: The nests of the state.
        cycles: Their cycles.
        target: The machine.
    """

    def __init__(
        self, nests: Sequence[Nest], cycles: Sequence[_NestCycles], target: Target
    ) -> None:
        self._nests = nests
        self._cycles = cycles
        self._as_it_is = [each.completed(_as_it_is) for each in cycles]
        self._weighty = self._find_weighty()

    def best_choices(self, menu: Menu) -> Scored:
        """Returns choices of a menu, with how much faster they make the whole.

        Menus of nests that hardly count have none. Tiles and loop orders are judged by what they
        allow later: a register tile and vectors. A register tile is judged by its vectors, and all
        other steps as they are.
        """
        if not any(id(nest) in self._weighty for nest in self._below(menu)):
            return []
        if menu.name in _PHASES[0] + _PHASES[1]:
            is_strip = menu.name == "autotune-tile" and len(menu.open[0][1]) == 1
            if is_strip or all(_is_shaped(nest) for nest in self._below(menu)):
                return []
            return self._search(menu, _finish)
        if menu.name == "autotune-unroll-and-jam":
            return self._search(menu, _vectorize)
        return self._search(menu, _as_it_is)

    def _below(self, menu: Menu) -> list[Nest]:
        """Returns the nests that the menu's band is around."""
        band = int(dict(menu.fixed)["band"])
        return [nest for nest in self._nests if any(loop.band == band for loop in nest.loops)]

    def _find_weighty(self) -> set[int]:
        """Returns the ids of the nests that make up most of the whole."""
        least = _NEGLIGIBLE * sum(self._as_it_is)
        pairs = zip(self._nests, self._as_it_is, strict=True)
        return {id(nest) for nest, cycles in pairs if cycles >= least}

    def _search(self, menu: Menu, complete: Completion) -> Scored:
        band = int(dict(menu.fixed)["band"])
        now = [each.completed(complete) for each in self._cycles]
        after = [
            each.table(complete, menu, _place(nest, band))
            for nest, each in zip(self._nests, self._cycles, strict=True)
        ]
        total = sum(now)

        def gain(values: tuple[int, ...]) -> float:
            cycles = total
            for before, cycles_after in zip(now, after, strict=True):
                cycles += cycles_after(values) - before
            return total / cycles

        known: dict[tuple[int, ...], float] = {}
        for values in _choices(menu, lambda values: known[values]):
            if values not in known:
                known[values] = gain(values)
        return [(score, menu, values) for values, score in known.items()]


def _place(nest: Nest, band: int) -> int | None:
    """The place of a band among those around a nest, from the outermost; None for others."""
    bands = list(dict.fromkeys(loop.band for loop in nest.loops))
    return bands.index(band) if band in bands else None


def _as_it_is(nest: Nest, _: Target) -> Nest:
    return nest


def _is_shaped(nest: Nest) -> bool:
    """Whether the nest has its register tile or vectors already."""
    return any(loop.form in (Form.UNROLL, Form.VECTOR) for loop in nest.loops)


def _choices(menu: Menu, score: Callable[[tuple[int, ...]], float]) -> Iterator[tuple[int, ...]]:
    """Yields choices of a menu to look at: all of a small one, else a walk uphill.

    Args:
        menu: The menu; a choice is one value for each element of its open options.
        score: The score of a choice that was yielded before.
    """
    elements = [values for _, option in menu.open for values in option]
    if menu.num_choices <= _FULL_PRODUCT:
        yield from product(*elements)
        return
    for start in (0, 2):
        best = tuple(values[len(values) * start // 4] for values in elements)
        yield best
        for position in (*range(len(elements)), *range(len(elements))):
            for value in elements[position]:
                choice = (*best[:position], value, *best[position + 1 :])
                yield choice
                best = max(best, choice, key=score)


def _chooser(menu: Menu) -> Callable[[Iterable[int]], Transformation]:
    """Returns what makes a transformation of the values of a choice."""
    fixed = {name: tuple(map(int, text.split(","))) for name, text in menu.fixed}

    def choose(values: Iterable[int]) -> Transformation:
        remaining = iter(values)
        chosen = {name: tuple(islice(remaining, len(x))) for name, x in menu.open}
        return Transformation.of(menu.name, fixed | chosen)

    return choose


def _finish(nest: Nest, target: Target) -> Nest:
    """Returns the nest with a common register tile and vectors, where it has none yet."""
    vector = _vector_loop(nest)
    if vector is None or any(loop.form is Form.UNROLL for loop in nest.loops):
        return _vectorize(nest, target)
    lanes = _lanes(nest, target)
    written = [i for i, access in enumerate(nest.accesses) if access.is_write]
    rows = [
        loop
        for loop in nest.loops
        if loop is not vector
        and loop.band == vector.band
        and loop.extent > 1
        and all(loop.strides[i] != 0 for i in written)
    ]
    num_rows, num_vectors = fitted_tile(_ROWS, _VECTORS, target.num_vector_registers)
    factors = {id(vector): min(num_vectors * lanes, vector.extent)}
    if rows:
        widest = max(rows, key=lambda loop: loop.extent)
        factors[id(widest)] = min(num_rows, widest.extent)
    loops, strips = [], []
    for loop in nest.loops:
        if id(loop) in factors:
            loop, inner = loop.split(factors[id(loop)], Form.UNROLL)
            strips.append(inner)
        loops.append(loop)
    return _vectorize(Nest((*loops, *strips), nest.accesses), target)


def _vectorize(nest: Nest, target: Target) -> Nest:
    """Returns the nest with a vector along the best loop, where it has none yet."""
    vector = _vector_loop(nest)
    if vector is None:
        return nest
    outer, inner = vector.split(_lanes(nest, target), Form.VECTOR)
    loops = (outer if loop is vector else loop for loop in nest.loops)
    return Nest((*loops, inner), nest.accesses)


def _vector_loop(nest: Nest) -> Loop | None:
    """Returns the loop that stores walk along element by element; None for nests with vectors."""
    if any(loop.form is Form.VECTOR for loop in nest.loops):
        return None
    best, best_score = None, 0
    for loop in nest.loops:
        if loop.extent == 1 or not nest.accesses:
            continue
        score = _unit_strides(loop, nest.accesses)
        if score is not None and score >= best_score:
            best, best_score = loop, score
    return best


def _unit_strides(loop: Loop, accesses: Sequence[Access]) -> int | None:
    """Counts the accesses that a vector serves well; None where a store is not one of them."""
    count = 0
    for stride, access in zip(loop.strides, accesses, strict=True):
        if stride == access.element_bytes:
            count += access.count
        elif access.is_write:
            return None
        elif stride == 0:
            count += access.count
    return count


def _lanes(nest: Nest, target: Target) -> int:
    widest = max((access.element_bytes for access in nest.accesses), default=1)
    return max(2, target.vector_bits // 8 // widest)
