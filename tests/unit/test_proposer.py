"""Proposers: priors as distributions, and what the heuristic prefers."""

import json
import math
import random
from collections import Counter
from dataclasses import replace

import pytest

from autotune.estimate import estimate_cycles
from autotune.heuristic import HeuristicProposer
from autotune.loop_model import Form, parse_nests, transformed
from autotune.measurement import Expansion, Menu
from autotune.proposer import Group, Priors, UniformProposer
from autotune.schedule import Pack, Parallelize, Schedule, Tile, UnrollAndJam, Vectorize
from autotune.transformation import Transformation
from tests.unit.toy_space import TARGET

SIZES = (0, 8, 32, 64, 128, 256, 512)
TILE_MENU = Menu("autotune-tile", (("band", "0"),), (("sizes", (SIZES[1:], SIZES, SIZES)),))
PARALLEL_MENU = Menu("autotune-parallelize", (("band", "0"), ("member", "0")), ())
UNROLL_MENU = Menu(
    "autotune-unroll-and-jam",
    (("band", "0"),),
    (("factors", ((2, 6, 12, 24), (1, 16, 32, 64), (1, 2, 64))),),
)
VECTOR_MENUS = tuple(
    Menu("autotune-vectorize", (("band", "0"), ("member", str(m)), ("width", "16")), ())
    for m in (0, 1)
)


def matmul(size: int) -> str:
    """The description of `C[i][j] += A[i][k] * B[k][j]` in float, one band."""
    accesses = [
        {"array": 0, "write": False, "bits": 32, "strides": [size, 0, 1]},
        {"array": 1, "write": False, "bits": 32, "strides": [0, 1, size]},
        {"array": 2, "write": False, "bits": 32, "strides": [size, 1, 0]},
        {"array": 2, "write": True, "bits": 32, "strides": [size, 1, 0]},
    ]
    members = [{"extent": size, "stride": 1, "depends_on": {"S0": [i]}} for i in range(3)]
    leaf = {"kind": "leaf", "statement": "S0"}
    tree = {"kind": "band", "number": 0, "members": members, "children": [leaf]}
    statements = {"S0": {"depth": 3, "accesses": accesses}}
    arrays = [{"bits": 32, "shape": [size, size]}] * 3
    return json.dumps({"tree": tree, "statements": statements, "arrays": arrays})


def cycles(size: int, *steps: Transformation) -> float:
    (nest,) = parse_nests(matmul(size))
    for step in steps:
        nest = transformed(nest, step)
    return estimate_cycles(nest, TARGET)


def groups(*menus: Menu, size: int = 1024) -> list[Group]:
    expansion = Expansion("", menus, matmul(size))
    priors = HeuristicProposer().priors(expansion, Schedule(), TARGET)
    return list(priors.groups)


def best(group: Group) -> Transformation:
    return max(group.choices, key=lambda pair: pair[1])[0]


def test_uniform_draws_every_menu_as_often_as_the_end():
    priors = UniformProposer().priors(
        Expansion("", (TILE_MENU, PARALLEL_MENU), ""), Schedule(), TARGET
    )
    rng = random.Random(0)
    drawn = Counter(type(priors.draw(rng)).__name__ for _ in range(3000))
    assert all(900 < count < 1100 for count in drawn.values())
    assert set(drawn) == {"NoneType", "Tile", "Parallelize"}
    assert priors.probability(None) == pytest.approx(1 / 3)
    assert priors.probability(Tile(0, (8, 0, 0))) == pytest.approx(1 / 3 / TILE_MENU.num_choices)
    assert priors.probability(Tile(1, (8, 0, 0))) == 0.0


def test_draws_follow_groups_and_their_choices():
    tile, parallel = Tile(0, (8, 8, 8)), Parallelize(0, 0)
    pair = ((tile, 3.0), (Tile(0, (8, 8, 0)), 1.0))
    priors = Priors((PARALLEL_MENU,), 0.0, (Group(0.6, pair), Group(0.3, ((parallel, 5.0),))), 0.1)
    assert priors.probability(tile) == pytest.approx(0.45)
    assert priors.probability(parallel) == pytest.approx(0.3)
    assert priors.draw(random.Random(0), math.inf) == tile
    rng = random.Random(1)
    drawn = Counter(priors.draw(rng) for _ in range(4000))
    assert drawn[tile] / 4000 == pytest.approx(0.45, abs=0.03)
    assert drawn[None] / 4000 == pytest.approx(0.1, abs=0.03)


def test_nests_are_read_with_what_runs_how():
    description = json.loads(matmul(64))
    band = description["tree"]
    band["members"][1] = {"extent": 49, "stride": 16, "depends_on": {"S0": [1]}}
    vector = {"extent": 16, "stride": 1, "depends_on": {"S0": [1]}}
    inner = {"kind": "band", "number": 1, "members": [vector], "children": band["children"]}
    band["children"] = [{"kind": "mark", "label": "vectorize16", "children": [inner]}]
    description["tree"] = {"kind": "mark", "label": "pack=1,1,16", "children": [band]}
    (nest,) = parse_nests(json.dumps(description))
    assert [loop.extent for loop in nest.loops] == [64, 4, 64, 16]
    assert [loop.form for loop in nest.loops] == [*[Form.LOOP] * 3, Form.VECTOR]
    assert nest.strides(0) == [256, 0, 4, 0]
    assert nest.strides(1) == [0, 64, 64, 4], "B[k][j] in panels of 16: k moves by one panel row"
    assert [access.packed_at for access in nest.accesses] == [None, 0, None, None]


def test_copies_for_one_read_leave_the_nest_as_it_is():
    description = json.loads(matmul(64))
    mark = {"kind": "mark", "label": "pack=1,1,16,0,1", "children": [description["tree"]]}
    assert parse_nests(json.dumps(description | {"tree": mark})) == parse_nests(matmul(64))


def test_loads_that_step_alike_are_read_as_one_and_cost_as_many():
    def nest(copies):
        description = json.loads(matmul(64))
        accesses = description["statements"]["S0"]["accesses"]
        description["statements"]["S0"]["accesses"] = [accesses[0]] * copies + accesses[1:]
        return parse_nests(json.dumps(description))[0]

    assert [access.count for access in nest(3).accesses] == [3, 1, 1, 1]
    assert nest(3).loops == nest(1).loops
    assert estimate_cycles(nest(8), TARGET) > estimate_cycles(nest(1), TARGET)


def test_the_estimate_knows_what_makes_a_matmul_fast():
    vector = Vectorize(0, 1, 16)
    assert cycles(256, vector) < 0.3 * cycles(256)
    register_tile = UnrollAndJam(0, (6, 64, 1))
    (nest,) = parse_nests(matmul(256))
    tiled = transformed(nest, register_tile)
    assert [loop.extent for loop in tiled.loops] == [43, 4, 256, 6, 64]
    assert cycles(256, UnrollAndJam(0, (6, 1, 1))) < 0.5 * cycles(256)
    assert cycles(1024, Tile(0, (0, 256, 512))) < 0.8 * cycles(1024)
    assert cycles(1024, Pack(0, 1, 1, 64)) < cycles(1024, Pack(0, 1, 0, 64))


def test_priors_do_not_depend_on_what_was_estimated_before():
    menus = TILE_MENU, UNROLL_MENU, *VECTOR_MENUS
    renumbered = json.loads(matmul(512))
    for access in renumbered["statements"]["S0"]["accesses"]:
        access["array"] = (access["array"] + 1) % 3
    others = json.loads(matmul(512))
    others["statements"]["S0"]["accesses"][0]["array"] = 1  # A and B are one array.
    proposer = HeuristicProposer()
    for description in (json.loads(matmul(512)), renumbered, others):
        expansion = Expansion("", menus, json.dumps(description))
        remembered = proposer.priors(expansion, Schedule(), TARGET)
        assert remembered == HeuristicProposer().priors(expansion, Schedule(), TARGET)


def test_what_is_suggested_is_on_a_menu():
    corner = replace(TILE_MENU, open=(("sizes", ((8, 32), (0,), (0, 64))),))
    other = replace(TILE_MENU, open=(("sizes", ((256,), (0, 128), (0,))),))
    (tiles,) = groups(corner, other)
    assert {step for step, _ in tiles.choices} <= {
        menu.choice(i) for menu in (corner, other) for i in range(menu.num_choices)
    }
    assert all(any(step in menu for menu in (corner, other)) for step, _ in tiles.choices)


def test_too_many_accumulators_spill():
    def tile(rows: int) -> float:
        (nest,) = parse_nests(matmul(256))
        nest = transformed(nest, UnrollAndJam(0, (rows, 1, 1)))
        return estimate_cycles(transformed(nest, Vectorize(0, 1, 16)), TARGET)

    assert tile(24) < tile(4)
    assert tile(24) < tile(64)


def test_big_matrices_are_tiled_first():
    tile, unroll, vector = groups(TILE_MENU, UNROLL_MENU, *VECTOR_MENUS)
    assert tile.weight > 0.5
    assert isinstance(best(tile), Tile)
    assert tile.weight > unroll.weight > vector.weight
    assert best(vector) == Vectorize(0, 1, 16), "along the contiguous dimension"


def test_small_matrices_get_a_register_tile_first():
    tile, unroll, _ = groups(TILE_MENU, UNROLL_MENU, *VECTOR_MENUS, size=64)
    assert unroll.weight > 0.5 > tile.weight
    chosen = best(unroll)
    assert isinstance(chosen, UnrollAndJam)
    rows, columns, depth = chosen.factors
    assert 8 <= rows * max(1, columns // 16) <= 28
    assert depth <= 2


def test_threads_are_used_last_and_surely():
    menus = (PARALLEL_MENU,)
    expansion = Expansion("", menus, matmul(512))
    target = TARGET.__class__(**{**TARGET.__dict__, "num_threads": 2})
    priors = HeuristicProposer().priors(expansion, Schedule(), target)
    assert priors.draw(random.Random(0), math.inf) == Parallelize(0, 0)
    assert priors.stop < 0.2
