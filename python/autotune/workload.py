"""What is tuned, and the machine it is tuned for."""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import Enum


class Role(Enum):
    """How the caller of a function sees one of its arguments."""

    BUFFER = "buffer"
    """A memref: updated in place."""
    TENSOR = "tensor"
    """A tensor operand, in generated code a memref that is only read."""
    RESULT = "result"
    """A returned tensor or scalar, in generated code a trailing memref that is written."""
    SCALAR = "scalar"
    """Passed by value."""


@dataclass(frozen=True)
class Argument:
    """One argument of a function in generated code: a bare pointer, or a scalar by value.

    Attributes:
        role: How the caller sees it.
        element: MLIR's name of the element type: `f32`, `i64`, `index`, `i1`, `bf16`.
        shape: Static extents, row-major and contiguous; () for scalars and memrefs of rank 0.
    """

    role: Role
    element: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Modes:
    """What may happen to a program's floating-point arithmetic before it is tuned.

    Attributes:
        fp: `strict` keeps every operation; `contract` fuses multiply-adds; `reassoc` also lets
            reductions combine in any order.
        math: `inline` computes elementary functions by polynomials, in vectors, within 2.5
            units in the last place; `libm` calls the C library.
    """

    fp: str = "contract"
    math: str = "inline"


@dataclass(frozen=True)
class Workload:
    """A group of affine loop nests, tuned as one.

    Attributes:
        name: Symbol of the function in `text`.
        text: An MLIR module that holds one function of affine loops over memrefs, the baseline of
            every schedule.
        hash: Hexadecimal sha256 of the canonical text; equal structure means an equal hash.
        arguments: What the function takes, in order; memrefs have the role BUFFER.
    """

    name: str
    text: str
    hash: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class ModuleParts:
    """A user's program in affine normal form, as the front end returns it.

    Attributes:
        text: The whole module: the entry function and every workload function.
        entry: Symbol of the entry function.
        arguments: What the entry function takes, in order; results come last.
        workloads: One for each workload function of `text`, in the order of their calls. Functions
            of equal structure differ in name and share the hash.
        notes: What the user should know, such as statements that stay opaque; a line each.
    """

    text: str
    entry: str
    arguments: tuple[Argument, ...]
    workloads: tuple[Workload, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """The machine and tool chain that a measurement holds for.

    Attributes:
        cpu: LLVM's name of the CPU, such as `sapphirerapids`.
        features: LLVM's feature string of the host, sorted.
        num_cores: Cores that this process may use.
        num_threads: Threads that the generated code uses.
        vector_bits: Width of the widest vector register.
        num_vector_registers: Vector registers of that width.
        l1_bytes: Data cache of one core, first level.
        l2_bytes: Second level.
        l3_bytes: Last level; 0 where unknown.
        toolchain: Versions of MLIR, LLVM, the OpenMP runtime and this package.
        cold_cache: Caches are emptied before every call that is timed. Such times are never
            compared with others, so this is part of what they hold for.
    """

    cpu: str
    features: str
    num_cores: int
    num_threads: int
    vector_bits: int
    num_vector_registers: int
    l1_bytes: int
    l2_bytes: int
    l3_bytes: int
    toolchain: str
    cold_cache: bool = False

    @property
    def has_mask_registers(self) -> bool:
        """Whether some lanes of a vector are stored as fast as all."""
        return "+avx512vl" in self.features.split(",")

    @property
    def key(self) -> str:
        """The database key: a short hash over every field."""
        fields = asdict(self)
        if not self.cold_cache:  # Keys of before there were others.
            del fields["cold_cache"]
        text = json.dumps(fields, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
