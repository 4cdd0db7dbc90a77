"""Writes functions of linalg operations on tensors, the form that importers of models produce."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Axes = tuple[int, ...]
Body = Callable[..., str]


@dataclass(frozen=True)
class Tensor:
    """A value in a graph."""

    name: str
    shape: tuple[int, ...]
    element: str

    @property
    def type(self) -> str:
        """MLIR's type."""
        return f"tensor<{'x'.join([*map(str, self.shape), self.element])}>"


@dataclass(frozen=True)
class Operand:
    """A tensor as a generic operation reads it: the loop that each dimension follows."""

    tensor: Tensor
    axes: Axes


class Scalars:
    """Writes the scalar operations in the body of a generic operation."""

    def __init__(self, graph: "Graph", element: str) -> None:
        self._graph = graph
        self._element = element

    def __call__(self, operation: str, *operands: str) -> str:
        """Returns the result of an operation on values of one type."""
        return self._graph.define(f"{operation} {', '.join(operands)} : {self._element}")

    def constant(self, value: float) -> str:
        """Returns a number."""
        return self._graph.define(f"arith.constant {value:.12e} : {self._element}")


class Graph:
    """One function, built operation by operation."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arguments: list[Tensor] = []
        self._lines: list[str] = []
        self._count = 0

    def argument(self, *shape: int, element: str = "f32") -> Tensor:
        """Adds an argument."""
        tensor = Tensor(f"%arg{len(self.arguments)}", shape, element)
        self.arguments.append(tensor)
        return tensor

    def define(self, right_side: str) -> str:
        """Adds a line that defines a value; returns the value's name."""
        self._count += 1
        self._lines.append(f"%{self._count} = {right_side}")
        return f"%{self._count}"

    def empty(self, shape: Sequence[int], element: str = "f32") -> Tensor:
        """Returns a tensor of no particular contents."""
        tensor = Tensor("", tuple(shape), element)
        return Tensor(self.define(f"tensor.empty() : {tensor.type}"), tensor.shape, element)

    def filled(self, value: str, shape: Sequence[int], element: str = "f32") -> Tensor:
        """Returns a tensor full of a constant, written as MLIR does."""
        constant = self.define(f"arith.constant {value} : {element}")
        empty = self.empty(shape, element)
        return self.named("linalg.fill", [Tensor(constant, (), element)], empty)

    def named(
        self, operation: str, inputs: Sequence[Tensor], output: Tensor, attributes: str = ""
    ) -> Tensor:
        """Adds a named linalg operation that computes into `output`."""
        types = ", ".join(x.type if x.shape else x.element for x in inputs)
        names = ", ".join(x.name for x in inputs)
        text = f"{operation} {attributes} ins({names} : {types})"
        text += f" outs({output.name} : {output.type}) -> {output.type}"
        return Tensor(self.define(text), output.shape, output.element)

    def generic(self, inputs: Sequence[Operand], output: Operand, body: Body) -> Tensor:
        """Adds a generic operation.

        Args:
            inputs: What is read.
            output: What is computed into; loops that it does not follow are reductions.
            body: From `Scalars`, an element of each input and, where there are reductions, the
                partial result, to the new element.
        """
        operands = [*inputs, output]
        num_loops = 1 + max(axis for each in operands for axis in each.axes)
        loops = [f"d{axis}" for axis in range(num_loops)]
        maps = [
            f"affine_map<({', '.join(loops)}) -> ({', '.join(f'd{a}' for a in each.axes)})>"
            for each in operands
        ]
        kinds = [
            '"parallel"' if axis in output.axes else '"reduction"' for axis in range(num_loops)
        ]
        names = [f"%in{number}" for number in range(len(inputs))] + ["%out"]
        arguments = ", ".join(
            f"{name}: {each.tensor.element}" for name, each in zip(names, operands, strict=True)
        )
        result, target = self._name(), output.tensor
        ins = ", ".join(each.tensor.name for each in inputs)
        types = ", ".join(each.tensor.type for each in inputs)
        self._lines.append(
            f"{result} = linalg.generic {{indexing_maps = [{', '.join(maps)}],"
            f" iterator_types = [{', '.join(kinds)}]}}"
            + (f" ins({ins} : {types})" if inputs else "")
            + f" outs({target.name} : {target.type}) {{\n^bb0({arguments}):"
        )
        used = names if "reduction" in "".join(kinds) else names[:-1]
        value = body(Scalars(self, inputs[0].tensor.element if inputs else target.element), *used)
        self._lines.append(f"linalg.yield {value} : {target.element}\n}} -> {target.type}")
        return Tensor(result, target.shape, target.element)

    def elementwise(self, inputs: Sequence[Operand], body: Body) -> Tensor:
        """Adds a generic operation over all elements of the first input's shape."""
        shape = inputs[0].tensor.shape
        return self.generic(inputs, every(self.empty(shape)), body)

    def reduce(self, x: Tensor, axis: int, operation: str, initial: str) -> Tensor:
        """Combines the elements along one axis, which disappears."""
        kept = tuple(a for a in range(len(x.shape)) if a != axis)
        start = self.filled(initial, [x.shape[a] for a in kept], x.element)

        def combine(scalars: Scalars, value: str, partial: str) -> str:
            return scalars(operation, value, partial)

        return self.generic([every(x)], Operand(start, kept), combine)

    def padded(self, x: Tensor, amount: int, axes: Axes, value: str = "0.0") -> Tensor:
        """Returns `x` with a border along some axes."""
        widths = ", ".join(str(amount if a in axes else 0) for a in range(len(x.shape)))
        shape = tuple(n + 2 * amount * (a in axes) for a, n in enumerate(x.shape))
        counters = ", ".join(f"%p{a}: index" for a in range(len(shape)))
        constant = self.define(f"arith.constant {value} : {x.element}")
        result = Tensor(self._name(), shape, x.element)
        self._lines.append(
            f"{result.name} = tensor.pad {x.name} low[{widths}] high[{widths}] {{\n"
            f"^bb0({counters}):\ntensor.yield {constant} : {x.element}\n"
            f"}} : {x.type} to {result.type}"
        )
        return result

    def text(self, result: Tensor) -> str:
        """Returns the function that returns `result`."""
        arguments = ", ".join(f"{x.name}: {x.type}" for x in self.arguments)
        body = "\n".join(f"  {line}" for line in "\n".join(self._lines).splitlines())
        return (
            f"func.func @{self.name}({arguments}) -> {result.type} {{\n{body}\n"
            f"  return {result.name} : {result.type}\n}}\n"
        )

    def _name(self) -> str:
        self._count += 1
        return f"%{self._count}"


def every(tensor: Tensor) -> Operand:
    """The operand whose dimensions follow the loops in order."""
    return Operand(tensor, tuple(range(len(tensor.shape))))
