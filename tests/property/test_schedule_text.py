"""Schedules print to pipeline text and parse back from it."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotune.errors import AutotuneError
from autotune.measurement import Menu
from autotune.schedule import Pack, Parallelize, Schedule, Tile
from autotune.transformation import Transformation, transformation_types

_INTS = st.integers(-(2**31), 2**31)
_TUPLES = st.lists(_INTS, min_size=1, max_size=6).map(tuple)


def _transformation(known: type[Transformation]) -> st.SearchStrategy[Transformation]:
    fields = dataclasses.fields(known)
    return st.builds(known, **{x.name: _INTS if x.type is int else _TUPLES for x in fields})


def _transformations() -> st.SearchStrategy[Transformation]:
    return st.one_of([_transformation(known) for known in transformation_types().values()])


@given(_transformations())
def test_transformation_round_trip(transformation: Transformation) -> None:
    assert Transformation.parse(str(transformation)) == transformation


@given(st.lists(_transformations(), max_size=5).map(tuple))
def test_schedule_round_trip(transformations: tuple[Transformation, ...]) -> None:
    schedule = Schedule(transformations)
    assert Schedule.parse(str(schedule)) == schedule


def test_pipeline_text() -> None:
    schedule = Schedule().then(Tile(0, (32, 64, 8))).then(Pack(1, 2, panel_dim=0, panel=16))
    assert str(schedule) == (
        "autotune-tile{band=0 sizes=32,64,8},autotune-pack{band=1 array=2 panel-dim=0 panel=16}"
    )
    assert str(Schedule()) == ""
    assert Schedule.parse("  ") == Schedule()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("autotune-tile{band=0 sizes=}", "not an option with integers: 'sizes='"),
        ("autotune-tile{band=0}", "options are band, sizes; got band"),
        ("autotune-tile{band=0,1 sizes=2}", "option band takes one integer"),
        ("autotune-tile{band=0 band=1 sizes=2}", "option band is given twice"),
        ("autotune-tile{band=0 sizes=2 depth=1}", "options are band, sizes"),
        ("autotune-warp{band=0}", "unknown transformation 'autotune-warp'; known: autotune-tile"),
        ("autotune-tile{band=0 sizes=2},", "not a transformation: ''"),
        ("autotune-tile{band=0 sizes=2", "not a transformation"),
        ("tile(band=0)", "not a transformation: 'tile(band=0)'"),
    ],
)
def test_bad_text_names_the_reason(text: str, reason: str) -> None:
    with pytest.raises(AutotuneError, match=re.escape(reason)):
        Schedule.parse(text)


def test_bad_values_are_refused_at_construction() -> None:
    with pytest.raises(AutotuneError, match="sizes is \\(\\), not a tuple of at least one int"):
        Tile(0, ())
    with pytest.raises(AutotuneError, match="member is '1', not an int"):
        Parallelize(0, "1")  # type: ignore[arg-type]


_MENU = Menu.parse(
    '{"name": "autotune-tile", "fixed": {"band": [3]}, "open": {"sizes": [[0,8,16],[0,32]]}}'
)


def test_menu_is_in_mixed_radix_order() -> None:
    choices = [_MENU.choice(index) for index in range(_MENU.num_choices)]
    sizes = [(0, 0), (0, 32), (8, 0), (8, 32), (16, 0), (16, 32)]
    assert choices == [Tile(3, each) for each in sizes]


def test_menu_of_single_integers() -> None:
    menu = Menu.parse(
        '{"name": "autotune-parallelize", "fixed": {}, "open": {"band": [[0]], "member": [[1, 2]]}}'
    )
    assert [menu.choice(i) for i in range(2)] == [Parallelize(0, 1), Parallelize(0, 2)]


def test_menu_without_open_options_has_one_choice() -> None:
    menu = Menu.parse(
        '{"name": "autotune-parallelize", "fixed": {"band": [0], "member": [1]}, "open": {}}'
    )
    assert menu.num_choices == 1
    assert menu.choice(0) == Parallelize(0, 1)


@pytest.mark.parametrize("index", [-1, 6])
def test_menu_index_out_of_range(index: int) -> None:
    with pytest.raises(IndexError, match=f"choice {index} of 6"):
        _MENU.choice(index)
