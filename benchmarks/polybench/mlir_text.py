"""Loop nests as affine MLIR: the statements, their order and every operation are those of the C."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.polybench.loop_nests import (
    Affine,
    Array,
    Assignment,
    Branch,
    Constant,
    Declaration,
    Element,
    Function,
    Loop,
    Number,
    Operation,
    Statement,
    Value,
)

_FLOAT_OPERATIONS = {
    "+": "arith.addf",
    "-": "arith.subf",
    "*": "arith.mulf",
    "/": "arith.divf",
    "neg": "arith.negf",
    "sqrt": "math.sqrt",
    "MIN": "arith.minnumf",
    "MAX": "arith.maxnumf",
}
_INTEGER_OPERATIONS = {"+": "arith.addi", "MIN": "arith.minsi", "MAX": "arith.maxsi"}
_COMPARISONS = {
    "?<=": ("cmpf ole", "cmpi sle"),
    "?<": ("cmpf olt", "cmpi slt"),
    "?==": ("cmpf oeq", "cmpi eq"),
}
_FOLDED: Mapping[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "neg": np.negative,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "pow": np.power,
}


def mlir_text(function: Function, element: str) -> str:
    """Returns a function of memrefs; `element` is `f64` or `f32`."""
    return _Emitter(function, element).text()


class _Emitter:
    """Writes one function."""

    def __init__(self, function: Function, element: str) -> None:
        self._function = function
        self._is_integer = all(array.is_integer for array in function.arrays)
        self._element = "i32" if self._is_integer else element
        self._dtype = np.float64 if element == "f64" else np.float32
        self._shapes = {array.name: array.shape for array in function.arrays}
        self._constants: dict[str, Any] = {}
        for name, value in function.constants:
            self._constants[name] = self._folded(value)
        self._counters: dict[str, Affine] = {}
        self._literals: dict[str, str] = {}
        self._lines: list[str] = []
        self._num_values = 0

    def text(self) -> str:
        self._statements(self._function.body, "  ")
        arguments = ",\n    ".join(
            f"%{each.name}: {self._type(each)}" for each in self._function.arrays
        )
        literals = [
            f"  {name} = arith.constant {value} : {self._element}"
            for value, name in self._literals.items()
        ]
        header = f"func.func @{self._function.name}(\n    {arguments}) {{"
        lines = [header, *literals, *self._lines]
        return "\n".join([*lines, "  return", "}"]) + "\n"

    def _type(self, array: Array | Element | Declaration) -> str:
        shape = self._shapes[array.array if isinstance(array, Element) else array.name]
        return f"memref<{''.join(f'{extent}x' for extent in shape)}{self._element}>"

    def _statements(self, statements: Sequence[Statement], indent: str) -> None:
        for statement in statements:
            match statement:
                case Declaration():
                    self._declaration(statement, indent)
                case Assignment():
                    self._assignment(statement, indent)
                case Loop():
                    self._loop(statement, indent)
                case Branch():
                    self._branch(statement, indent)

    def _declaration(self, declaration: Declaration, indent: str) -> None:
        self._shapes[declaration.name] = declaration.shape
        self._lines.append(
            f"{indent}%{declaration.name} = memref.alloca() : {self._type(declaration)}"
        )

    def _assignment(self, assignment: Assignment, indent: str) -> None:
        value = self._value(assignment.value, indent)
        place = self._place(assignment.target)
        self._lines.append(f"{indent}affine.store {value}, {place}")

    def _loop(self, loop: Loop, indent: str) -> None:
        low, high = self._resolved(loop.low), self._resolved(loop.high)
        own = Affine(((loop.counter, 1),), 0)
        if loop.is_downward:
            self._counters[loop.counter] = high - own
            low, high = Affine((), 0), high - low
        else:
            self._counters[loop.counter] = own
        end = high + Affine((), 1)
        header = f"affine.for %{loop.counter} = {_bound(low)} to {_bound(end)} {{"
        self._lines.append(indent + header)
        self._statements(loop.body, indent + "  ")
        self._lines.append(f"{indent}}}")
        del self._counters[loop.counter]

    def _branch(self, branch: Branch, indent: str) -> None:
        conditions = [self._resolved(condition) for condition in branch.conditions]
        names = sorted({name for condition in conditions for name, _ in condition.terms})
        dims = {name: f"d{index}" for index, name in enumerate(names)}
        tests = ", ".join(f"{_sum(condition, dims)} >= 0" for condition in conditions)
        operands = ", ".join(f"%{name}" for name in names)
        domain = f"affine_set<({', '.join(dims.values())}) : ({tests})>({operands})"
        self._lines.append(f"{indent}affine.if {domain} {{")
        self._statements(branch.then, indent + "  ")
        if branch.otherwise:
            self._lines.append(f"{indent}}} else {{")
            self._statements(branch.otherwise, indent + "  ")
        self._lines.append(f"{indent}}}")

    def _resolved(self, expression: Affine) -> Affine:
        """The expression in the counters of the MLIR loops, which all count up."""
        result = Affine((), expression.constant)
        for name, factor in expression.terms:
            result += self._counters[name].scaled(factor)
        return result

    def _place(self, element: Element) -> str:
        indices = (self._resolved(index) for index in element.indices)
        subscripts = ", ".join(_sum(index, {}) for index in indices)
        return f"%{element.array}[{subscripts}] : {self._type(element)}"

    def _value(self, value: Value, indent: str) -> str:
        """Writes the operations that compute a value; returns its name."""
        constant = self._folded(value)
        if constant is not None:
            return self._literal(constant)
        if isinstance(value, Element):
            return self._new(f"affine.load {self._place(value)}", indent)
        assert isinstance(value, Operation)
        operands = [self._value(operand, indent) for operand in value.operands]
        if value.name in _COMPARISONS:
            comparison = _COMPARISONS[value.name][self._is_integer]
            left, right, yes, no = operands
            is_true = self._new(f"arith.{comparison}, {left}, {right} : {self._element}", indent)
            return self._new(f"arith.select {is_true}, {yes}, {no} : {self._element}", indent)
        names = _INTEGER_OPERATIONS if self._is_integer else _FLOAT_OPERATIONS
        return self._new(f"{names[value.name]} {', '.join(operands)} : {self._element}", indent)

    def _new(self, operation: str, indent: str) -> str:
        name = f"%{self._num_values}"
        self._num_values += 1
        self._lines.append(f"{indent}{name} = {operation}")
        return name

    def _folded(self, value: Value) -> Any:
        """The value in the element type if it is constant, else None."""
        if isinstance(value, Number):
            return int(value.value) if self._is_integer else self._dtype(value.value)
        if isinstance(value, Constant):
            return self._constants[value.name]
        if isinstance(value, Element) or value.name not in _FOLDED:
            return None
        operands = [self._folded(operand) for operand in value.operands]
        if any(operand is None for operand in operands):
            return None
        return _FOLDED[value.name](*operands)

    def _literal(self, constant: Any) -> str:
        text = str(constant)
        if not self._is_integer and "." not in text:
            mantissa, _, exponent = text.partition("e")
            text = f"{mantissa}.0e{exponent}"
        return self._literals.setdefault(text, f"%cst_{len(self._literals)}")


def _sum(expression: Affine, names: Mapping[str, str]) -> str:
    """The text of an affine expression; counters are SSA values unless `names` has them."""
    parts = []
    for name, factor in sorted(expression.terms, key=lambda term: term[1] < 0):
        counter = names.get(name, f"%{name}")
        sign = "-" if factor < 0 else "+"
        scale = f" * {abs(factor)}" if abs(factor) != 1 else ""
        parts.append((sign, f"{counter}{scale}"))
    if expression.constant or not parts:
        place = 0 if parts and parts[0][0] == "-" else len(parts)
        sign = "-" if expression.constant < 0 else "+"
        parts.insert(place, (sign, str(abs(expression.constant))))
    text = " ".join(f"{sign} {part}" for sign, part in parts)
    return text.removeprefix("+ ") if text.startswith("+") else "-" + text.removeprefix("- ")


def _bound(expression: Affine) -> str:
    if not expression.terms:
        return str(expression.constant)
    dims = {name: f"d{index}" for index, (name, _) in enumerate(expression.terms)}
    operands = ", ".join(f"%{name}" for name in dims)
    return f"affine_map<({', '.join(dims.values())}) -> ({_sum(expression, dims)})>({operands})"
