"""The PolyBench kernels compute what the published definitions say."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.polybench.definitions import ELEMENTS, KERNELS, Kernel
from benchmarks.polybench.inputs import inputs
from benchmarks.polybench.loop_nests import parse
from benchmarks.polybench.mlir_text import mlir_text
from benchmarks.polybench.references import defined_parts, expected
from tests.sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples" / "polybench"

# Rounding errors, in units of the last place of an array's largest element.
TOLERANCE = 200


def test_all_kernels_of_the_suite_are_there() -> None:
    assert len(KERNELS) == 30
    assert [kernel.name for kernel in KERNELS] == sorted(kernel.name for kernel in KERNELS)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_kernel_matches_its_reference(kernel: Kernel, element: str, sandbox: Sandbox) -> None:
    sizes = kernel.sizes["MINI"]
    given = inputs(kernel, sizes, element, seed=7)
    parts = sandbox.front_end(kernel.text(sizes, element).encode(), kernel.name)
    outputs = sandbox.run_upstream(parts.text, parts.entry, given)
    wanted = expected(kernel, sizes, given)
    parameters = kernel.arrays(sizes)
    for parameter, before, after in zip(parameters, given, outputs, strict=True):
        if parameter.is_constant:
            np.testing.assert_array_equal(after, before)
    names = [parameter.name for parameter in parameters]
    computed = defined_parts(kernel, dict(zip(names, outputs, strict=True)))
    assert wanted
    for name, reference in wanted.items():
        scale = 0.0 if kernel.is_integer else np.finfo(computed[name].dtype).eps
        bound = TOLERANCE * scale * np.abs(reference).max()
        assert np.abs(computed[name] - reference).max() <= bound, name


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_front_end_takes_all_of_the_kernel(kernel: Kernel, sandbox: Sandbox) -> None:
    parts = sandbox.front_end(kernel.text().encode(), kernel.name)
    assert parts.notes == ()
    for workload in parts.workloads:
        transformed = sandbox.transform(
            workload.text, "builtin.module(func.func(autotune-extract))"
        )
        assert transformed.diagnostics == ""
        assert "memref.load" not in workload.text
        assert "scf." not in workload.text
        lines = [line.strip() for line in workload.text.splitlines()]
        freed = [at for at, line in enumerate(lines) if line.startswith("memref.dealloc")]
        assert freed == list(range(lines.index("return") - len(freed), lines.index("return")))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_example_is_the_definition_at_large_size(kernel: Kernel) -> None:
    assert (EXAMPLES / f"{kernel.name}.mlir").read_text(encoding="utf-8") == kernel.text()


def test_loops_that_count_down_start_at_the_top() -> None:
    function = parse(
        "// x\nvoid f(T x[N]) { for (int i = N - 1; i >= 2; i--) x[i] = x[0]; }", {"N": 9}
    )
    text = mlir_text(function, "f64")
    assert "affine.for %i = 0 to 7 {" in text
    assert "affine.store %0, %x[8 - %i] : memref<9xf64>" in text


def test_text_outside_the_subset_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        parse("// x\nvoid f(T x[2]) { while (1) x[0] = REAL(1.0); }", {})
