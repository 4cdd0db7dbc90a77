"""Recipes for targets: register tiles that fit."""

from dataclasses import replace

import pytest

from autotune.expert_recipes import RECIPES, recipes_for
from autotune.register_tile import fitted_tile
from autotune.workload import Target


@pytest.mark.parametrize(
    ("num_registers", "tile"), [(32, (6, 4)), (16, (6, 2)), (9, (3, 2)), (4, (1, 2))]
)
def test_a_register_tile_leaves_registers_for_operands(
    num_registers: int, tile: tuple[int, int]
) -> None:
    assert fitted_tile(6, 4, num_registers) == tile


def test_a_tile_of_many_rows_loses_rows() -> None:
    assert fitted_tile(8, 3, 16) == (4, 3)
    assert fitted_tile(12, 1, 16) == (12, 1)


def test_recipes_are_those_for_wide_machines_where_their_tiles_fit(target: Target) -> None:
    assert recipes_for(replace(target, num_vector_registers=32)) == list(RECIPES)


def test_recipes_for_few_registers_fit(target: Target) -> None:
    recipes = recipes_for(replace(target, num_vector_registers=16))
    assert len(recipes) == len(RECIPES)
    for recipe in recipes:
        assert recipe.rows * recipe.vectors + recipe.vectors + 1 <= 16
