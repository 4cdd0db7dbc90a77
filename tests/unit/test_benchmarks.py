"""The figures of the benchmarks mean what they say."""

import numpy as np
import pytest

from benchmarks.contender import Contender, aligned_copy
from benchmarks.example_programs import PROGRAMS
from benchmarks.timings import summary


def test_summary_of_an_even_sample() -> None:
    assert summary([4.0, 1.0, 3.0, 2.0])["median"] == 2.5


def test_interval_of_few_repeats_is_their_range() -> None:
    assert (summary([3.0, 1.0, 2.0])["low"], summary([3.0, 1.0, 2.0])["high"]) == (1.0, 3.0)


def test_interval_is_that_of_the_sign_test() -> None:
    # For ten repeats the second smallest and the second largest enclose the median with 97.9 %.
    result = summary([float(value) for value in range(10)])
    assert (result["low"], result["high"]) == (1.0, 8.0)


def test_aligned_copies_start_on_a_cache_line() -> None:
    copy = aligned_copy(np.arange(6.0).reshape(2, 3))
    assert copy.ctypes.data % 64 == 0
    np.testing.assert_array_equal(copy, np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_program_is_an_example(program) -> None:
    assert f"@{program.entry}(" in program.path.read_text(encoding="utf-8")


def test_contender_computes_on_fresh_inputs_each_time() -> None:
    matmul = next(program for program in PROGRAMS if program.name == "matmul")
    with Contender(matmul, None, num_threads=1, seed=3, environment={}) as contender:
        assert "OpenBLAS" in contender.about
        assert contender.secs() > 0
        assert contender.secs() > 0
        a, b, c = contender.outputs()
    np.testing.assert_allclose(c, a @ b, rtol=1e-5)
