"""Random programs mean the same in affine normal form, with every slice next to its statement."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from tests.sandbox import Sandbox

SIZE = 12
BUFFERS = ("a", "b", "c")


def is_affine_variable(name: str) -> bool:
    """Whether an affine.for defines it; those of scf.for begin with s."""
    return name.startswith("%v")


class ProgramWriter:
    """Writes a random program of affine and scf loops, conditions, loads and stores."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._names = (f"%v{number}" for number in range(10**6))
        self._lines: list[str] = []

    def program(self) -> str:
        self._block(["%seed"], [], list(BUFFERS), 3)
        body = "\n".join(self._lines)
        arguments = ", ".join(f"%{name}: memref<{SIZE}x{SIZE}xf32>" for name in BUFFERS)
        return f"""
func.func @f({arguments}) {{
  %seed = arith.constant 0.75 : f32
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k3 = arith.constant 3 : index
{body}
  return
}}"""

    def _emit(self, line: str) -> None:
        self._lines.append(f"  {line}")

    def _name(self) -> str:
        return next(self._names)

    def _index(self, variables: list[str]) -> tuple[list[str], int]:
        """Variables and a constant whose sum is in [0, SIZE); variables are in [0, 4)."""
        chosen = self._random.sample(variables, min(len(variables), self._random.randint(0, 2)))
        return chosen, self._random.randint(0, SIZE - 1 - 3 * len(chosen))

    def _sum(self, chosen: list[str], constant: int) -> str:
        """Emits index arithmetic."""
        total = self._name()
        self._emit(f"{total} = arith.constant {constant} : index")
        for variable in chosen:
            total, previous = self._name(), total
            self._emit(f"{total} = arith.addi {previous}, {variable} : index")
        return total

    def _access(self, variables: list[str], buffers: list[str]) -> tuple[str, str]:
        """A dialect that can express some access, and the access."""
        name = self._random.choice(buffers)
        shape = f"{SIZE}x{SIZE}" if name in BUFFERS else f"{SIZE}"
        indices = [self._index(variables) for _ in range(shape.count("x") + 1)]
        is_affine = all(is_affine_variable(each) for chosen, _ in indices for each in chosen)
        if is_affine and self._random.random() < 0.7:
            written = [" + ".join([*chosen, str(constant)]) for chosen, constant in indices]
            return "affine", f"%{name}[{', '.join(written)}] : memref<{shape}xf32>"
        written = [self._sum(*index) for index in indices]
        return "memref", f"%{name}[{', '.join(written)}] : memref<{shape}xf32>"

    def _block(
        self, values: list[str], variables: list[str], buffers: list[str], depth: int
    ) -> None:
        values, buffers = list(values), list(buffers)
        items = [self._load, self._load, self._compute, self._store, self._store]
        if depth > 0:
            items += [self._loop, self._loop, self._condition, self._branch, self._allocate]
        for _ in range(self._random.randint(2, 5)):
            self._random.choice(items)(values, variables, buffers, depth)

    def _load(self, values: list[str], variables: list[str], buffers: list[str], _: int) -> None:
        name = self._name()
        dialect, access = self._access(variables, buffers)
        self._emit(f"{name} = {dialect}.load {access}")
        values.append(name)

    def _compute(self, values: list[str], _v: list[str], _b: list[str], _d: int) -> None:
        name = self._name()
        a, b = (self._random.choice(values[-4:]) for _ in range(2))
        kind = self._random.choice(["addf", "subf", "mulf", "maximumf", "atan"])
        expression = f"math.atan {a}" if kind == "atan" else f"arith.{kind} {a}, {b}"
        self._emit(f"{name} = {expression} : f32")
        values.append(name)

    def _store(self, values: list[str], variables: list[str], buffers: list[str], _: int) -> None:
        value = self._random.choice(values[-4:])
        dialect, access = self._access(variables, buffers)
        self._emit(f"{dialect}.store {value}, {access}")

    def _allocate(
        self, values: list[str], variables: list[str], buffers: list[str], _: int
    ) -> None:
        name = self._name()
        self._emit(f"{name} = memref.alloc() : memref<{SIZE}xf32>")
        # Contents of a new buffer are undefined: write all of them.
        variable = self._name()
        self._emit(f"affine.for {variable} = 0 to {SIZE} {{")
        self._emit(f"affine.store {values[-1]}, {name}[{variable}] : memref<{SIZE}xf32>")
        self._emit("}")
        buffers.append(name[1:])

    def _loop(
        self, values: list[str], variables: list[str], buffers: list[str], depth: int
    ) -> None:
        dialect = self._random.choice(["affine", "scf"])
        if dialect == "affine":
            usable = [each for each in variables if is_affine_variable(each)]
            upper = self._random.choice([*usable, "3"])
            bound = upper if upper == "3" else f"affine_map<(d0) -> (d0)>({upper})"
            variable, bounds = f"%v{self._name()[2:]}", f"0 to {bound}"
        else:
            upper = self._random.choice([*variables, "%k3"])
            variable, bounds = f"%s{self._name()[2:]}", f"%k0 to {upper} step %k1"
        count = self._random.randint(0, 2)
        carried = [self._name() for _ in range(count)]
        initial = [self._random.choice(values[-4:]) for _ in range(count)]
        results = [self._name() for _ in range(count)]
        types = ", ".join(["f32"] * count)
        if count == 0:
            self._emit(f"{dialect}.for {variable} = {bounds} {{")
        else:
            pairs = ", ".join(f"{a} = {b}" for a, b in zip(carried, initial, strict=True))
            packed = results[0]
            self._emit(
                f"{packed}:{count} = {dialect}.for {variable} = {bounds}"
                f" iter_args({pairs}) -> ({types}) {{"
            )
        inner = [*values, *carried]
        self._block(inner, [*variables, variable], buffers, depth - 1)
        if count:
            last = self._name()
            self._emit(f"{last} = arith.addf {carried[0]}, {inner[-1]} : f32")
            yielded = [last, *carried][:count][:: self._random.choice([1, -1])]
            self._emit(f"{dialect}.yield {', '.join(yielded)} : {types}")
            values.extend(f"{results[0]}#{number}" for number in range(count))
        self._emit("}")

    def _condition(
        self, values: list[str], variables: list[str], buffers: list[str], depth: int
    ) -> None:
        usable = [each for each in variables if is_affine_variable(each)]
        if not usable:
            return
        variable = self._random.choice(usable)
        self._conditional(
            f"affine.if affine_set<(d0) : (d0 - {self._random.randint(0, 2)} >= 0)>({variable})",
            "affine",
            (values, variables, buffers, depth),
        )

    def _branch(
        self, values: list[str], variables: list[str], buffers: list[str], depth: int
    ) -> None:
        name = self._name()
        a, b = (self._random.choice(values[-4:]) for _ in range(2))
        self._emit(f"{name} = arith.cmpf ogt, {a}, {b} : f32")
        self._conditional(f"scf.if {name}", "scf", (values, variables, buffers, depth))

    def _conditional(
        self, header: str, dialect: str, scope: tuple[list[str], list[str], list[str], int]
    ) -> None:
        values, variables, buffers, depth = scope
        result = self._name()
        has_result = self._random.random() < 0.6
        self._emit(f"{result} = {header} -> f32 {{" if has_result else f"{header} {{")
        for separator in ("} else {", "}"):
            if has_result:
                self._block(values, variables, buffers, depth - 1)
                yielded = list(values)
                self._load(yielded, variables, buffers, depth)
                self._emit(f"{dialect}.yield {yielded[-1]} : f32")
            else:
                self._block(values, variables, buffers, depth - 1)
            self._emit(separator)
        if has_result:
            values.append(result)


def check(sandbox: Sandbox, seed: int) -> bool:
    """Whether the program stores at all; fails where the results differ in a bit."""
    text = ProgramWriter(seed).program()
    generator = np.random.default_rng(seed)
    arrays = [generator.standard_normal((SIZE, SIZE)).astype(np.float32) for _ in BUFFERS]
    expected = sandbox.run_upstream(text, "f", arrays)
    parts = sandbox.front_end(text.encode(), "random.mlir", "f", "strict")
    for program in (parts.text, sandbox.sink_slices(parts.text)):
        actual = sandbox.run_upstream(program, "f", arrays)
        for got, want in zip(actual, expected, strict=True):
            np.testing.assert_array_equal(got, want, f"seed {seed}\n{text}\n{program}")
    return any((a != b).any() for a, b in zip(arrays, expected, strict=True))


def seeds(count: int, first: int) -> Iterator[int]:
    return iter(range(first, first + count))


def test_random_programs(sandbox: Sandbox) -> None:
    num_effective = sum(check(sandbox, seed) for seed in seeds(60, 0))
    assert num_effective > 30


@pytest.mark.slow
def test_many_random_programs(sandbox: Sandbox) -> None:
    num_effective = sum(check(sandbox, seed) for seed in seeds(500, 1000))
    print(f"{num_effective} random programs bit-identical in normal form")
    assert num_effective > 250
