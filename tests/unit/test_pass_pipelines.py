"""Pass pipelines by their text: what is kept, and what a refusal leaves behind."""

import importlib
from collections.abc import Iterator

import pytest
from mlir import ir

from autotune.measurement import FailureKind
from autotune.pass_pipelines import PassPipelines, RefusedError

importlib.import_module("autotune._passes")  # Registers the passes.

_TEXT = """
func.func @f(%a: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    %x = affine.load %a[%i] : memref<8xf32>
    affine.store %x, %a[%i] : memref<8xf32>
  }
  return
}
"""
_EXTRACT = "autotune-extract"
_TILE = "autotune-tile{band=0 sizes=4}"


@pytest.fixture(name="function")
def _function() -> Iterator[ir.Operation]:
    with ir.Context():
        module = ir.Module.parse(_TEXT)  # Must outlive what is in it.
        yield module.body.operations[0].operation


def _schedule(function: ir.Operation) -> str:
    value: str = ir.StringAttr(function.attributes["autotune.schedule"]).value
    return value


def test_a_pipeline_works_again_after_it_was_refused(function: ir.Operation) -> None:
    passes = PassPipelines()
    with pytest.raises(RefusedError) as refused:
        passes.run(function, _TILE, FailureKind.ILLEGAL)
    assert refused.value.failure.kind is FailureKind.ILLEGAL
    assert "run autotune-extract first" in refused.value.failure.message
    passes.run(function, _EXTRACT, FailureKind.COMPILE_ERROR)
    untiled = _schedule(function)
    passes.run(function, _TILE, FailureKind.ILLEGAL)
    tiled = _schedule(function)
    assert tiled != untiled
    passes.run(function, _EXTRACT, FailureKind.COMPILE_ERROR)
    assert _schedule(function) == untiled
    passes.run(function, _TILE, FailureKind.ILLEGAL)
    assert _schedule(function) == tiled


def test_options_belong_to_the_pipeline_that_has_them(function: ir.Operation) -> None:
    passes = PassPipelines()
    schedules = set()
    for size in [*range(2, 8), *range(2, 8)]:
        passes.run(function, _EXTRACT, FailureKind.COMPILE_ERROR)
        passes.run(function, f"autotune-tile{{band=0 sizes={size}}}", FailureKind.ILLEGAL)
        schedules.add(_schedule(function))
    assert len(schedules) == 6


def test_text_that_is_no_pipeline_is_refused(function: ir.Operation) -> None:
    with pytest.raises(RefusedError, match="no-such-pass"):
        PassPipelines().run(function, "no-such-pass", FailureKind.COMPILE_ERROR)
