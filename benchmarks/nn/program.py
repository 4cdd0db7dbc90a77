"""Operators of the catalogue as what contenders compute."""

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.program import Array, Call


@dataclass(frozen=True)
class OperatorProgram:
    """An operator of the catalogue in a shared library of its C interface.

    Attributes:
        name: In the catalogue.
    """

    name: str

    @property
    def entry(self) -> str:
        """Symbol of the function."""
        return self.name

    @property
    def prepare(self) -> Callable[[list[Array]], Call] | None:
        """None: the library has the function."""
        return None

    def inputs(self, seed: int) -> list[Array]:
        """The arguments, and an array for the result."""
        operator = CATALOGUE[self.name].full_size()
        return [*operator.inputs(seed), np.zeros(operator.result.shape, np.float32)]


@dataclass(frozen=True)
class TorchProgram(OperatorProgram):
    """An operator in PyTorch.

    Attributes:
        is_compiled: By Inductor.
    """

    is_compiled: bool

    @property
    def prepare(self) -> Callable[[list[Array]], Call]:
        """Makes a call of PyTorch, which replaces the last array."""
        return self._prepare

    def _prepare(self, arrays: list[Array]) -> Call:
        torch: Any = importlib.import_module("torch")
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        function = CATALOGUE[self.name].full_size().torch(torch)
        if self.is_compiled:
            function = torch.compile(function, dynamic=False, fullgraph=True)
        tensors = [_tensor(torch, array) for array in arrays[:-1]]

        def call() -> None:
            with torch.inference_mode():
                arrays[-1] = function(*tensors).numpy()

        call()
        return call


def _tensor(torch: Any, array: Array) -> Any:
    if array.dtype == np.uint16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


@dataclass(frozen=True)
class TvmProgram(OperatorProgram):
    """An operator in a library that TVM has exported; for a process of TVM's interpreter.

    Attributes:
        exported: What `benchmarks.nn.tvm_tuner` has written.
    """

    exported: Path

    @property
    def prepare(self) -> Callable[[list[Array]], Call]:
        """Makes a call of TVM's function on the arrays where they are."""
        return self._prepare

    def _prepare(self, arrays: list[Array]) -> Call:
        runtime: Any = importlib.import_module("tvm.runtime")
        function = runtime.load_module(str(self.exported))["main"]
        tensors = [runtime.from_dlpack(array) for array in arrays]

        def call() -> None:
            function(*tensors)

        call()
        return call
