"""The parts of `autotune.opt` that lit cannot see."""

from autotune.opt import split_input


def test_split_input_keeps_line_numbers() -> None:
    parts = split_input("a\nb\n// -----\nc\n// ----- second\nd")
    assert parts == ["a\nb", "\n\n\nc", "\n\n\n\n\nd"]
