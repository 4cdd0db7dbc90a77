"""What is tuned, and the machine it is tuned for."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Workload:
    """A group of affine loop nests, tuned as one.

    Attributes:
        name: Symbol of the function in `text`.
        text: An MLIR module that holds one function of affine loops over memrefs, the baseline of
            every schedule.
        hash: Hexadecimal sha256 of the canonical text; equal structure means an equal hash.
    """

    name: str
    text: str
    hash: str


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
        toolchain: Versions of MLIR, LLVM and this package.
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

    @property
    def key(self) -> str:
        """The database key: a short hash over every field."""
        fields = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(fields.encode()).hexdigest()[:16]
