"""The figures of the benchmarks mean what they say."""

import numpy as np
import pytest

from benchmarks.contender import Contender, aligned_copy, secs_when_awake
from benchmarks.example_programs import PROGRAMS
from benchmarks.peak import whole_vectors
from benchmarks.products import NUMPY, Product, markdown
from benchmarks.timings import summary


def test_summary_of_an_even_sample() -> None:
    assert summary([4.0, 1.0, 3.0, 2.0])["median"] == 2.5


def test_interval_of_few_repeats_is_their_range() -> None:
    assert (summary([3.0, 1.0, 2.0])["low"], summary([3.0, 1.0, 2.0])["high"]) == (1.0, 3.0)


def test_interval_is_that_of_the_sign_test() -> None:
    # For ten repeats the second smallest and the second largest enclose the median with 97.9 %.
    result = summary([float(value) for value in range(10)])
    assert (result["low"], result["high"]) == (1.0, 8.0)


def test_aligned_copies_start_on_a_large_page() -> None:
    copy = aligned_copy(np.arange(6.0).reshape(2, 3))
    assert copy.ctypes.data % (2 << 20) == 0
    assert copy.flags.writeable
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


def test_short_calls_are_timed_by_their_median_once_cores_are_awake(monkeypatch) -> None:
    now = 0.0
    lengths = iter([0.03, 0.03, 0.03, 0.03, 0.01, 0.02, 0.09])

    def timed(*_) -> float:
        nonlocal now
        secs = next(lengths)
        now += secs
        return secs

    monkeypatch.setattr("benchmarks.contender._timed", timed)
    monkeypatch.setattr("benchmarks.contender.time.monotonic", lambda: now)
    # Four calls start in the first 0.1 s; the three after that count.
    assert secs_when_awake(lambda: None, [], []) == 0.02
    # A long call is the only one.
    now = 0.0
    lengths = iter([0.01, 0.7])
    assert secs_when_awake(lambda: None, [], []) == 0.7
    lengths = iter([0.3, 0.1])
    assert secs_when_awake(lambda: None, [], []) == 0.3


@pytest.mark.parametrize(("element", "tolerance"), [("f32", 1e-5), ("f64", 1e-13)])
def test_products_have_the_type_that_is_asked_for(element: str, tolerance: float) -> None:
    product = Product((7, 9, 5), element, NUMPY)
    with Contender(product, None, num_threads=1, seed=3, environment={}) as contender:
        contender.secs()
        a, b, result = contender.outputs()
    assert (a.shape, b.shape, result.shape) == ((7, 5), (5, 9), (7, 9))
    assert {str(x.dtype) for x in (a, b, result)} == {f"float{element[1:]}"}
    expected = product.operator().expected([a, b])
    assert np.max(np.abs(result - expected)) <= tolerance * np.max(np.abs(expected))
    assert f"-> tensor<7x9x{element}>" in product.operator().text


def test_peak_is_that_of_whole_vectors_where_a_compiler_can_be_told() -> None:
    assert whole_vectors("true", 512) == ["-mprefer-vector-width=512"]
    assert whole_vectors("false", 512) == []


def test_products_are_compared_with_the_best_library() -> None:
    secs = {"expert": 2.0, "tuned": 1.0, "numpy": 4.0, "numpy-skylakex": 0.8, "eager": 5.0}
    result = {
        "size": "2x2x2",
        "element": "f32",
        "num_threads": 1,
        "num_flops": 16 * 10**9,
        "secs": {name: summary([value] * 3) for name, value in secs.items()},
        "is_correct": True,
    }
    with_peak = {**result, "element": "f64", "peak": 17e9}
    machine = {"cpu": "some", "num_cores": 2, "system": "Linux", "packages": {"numpy": "2"}}
    failed = {"size": "3x3x3", "element": "f64", "num_threads": 2, "error": ["out of memory"]}
    text = markdown({"machine": machine, "results": [result, with_peak, failed]})
    assert "| 2x2x2 | f32 | 1 | 8.0 | 16.0 | 4.0 | 20.0 | 3.2 | 80 % |  |" in text
    assert "| 2x2x2 | f64 | 1 | 8.0 | 16.0 | 4.0 | 20.0 | 3.2 | 80 % | 94 % |" in text
    assert "| 3x3x3 | f64 | 2 | failed: out of memory |" in text
