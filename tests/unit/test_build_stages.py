"""The clock of build stages adds up, whatever ends a stage."""

from collections.abc import Iterator

import pytest

from autotune.build_stages import Stage, StageClock


def ticking(*secs: float) -> Iterator[float]:
    return iter(secs)


def test_times_of_a_stage_add_up() -> None:
    clock = StageClock(ticking(0.0, 1.0, 5.0, 7.0, 10.0, 14.0).__next__)
    for stage in (Stage.CODEGEN, Stage.LOWERING, Stage.CODEGEN):
        with clock.during(stage):
            pass
    assert clock.take() == {Stage.CODEGEN: 5.0, Stage.LOWERING: 2.0}
    assert clock.take() == {}


def test_a_stage_that_fails_has_taken_its_time() -> None:
    clock = StageClock(ticking(1.0, 4.0).__next__)
    with pytest.raises(ValueError, match="refused"), clock.during(Stage.SCHEDULE):
        raise ValueError("refused")
    assert clock.take() == {Stage.SCHEDULE: 3.0}
