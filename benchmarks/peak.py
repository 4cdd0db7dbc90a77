"""What a core can do at best: its arithmetic and its memory traffic, by two small loops."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autotune.target import detect
from benchmarks.contender import Contender
from benchmarks.program import Array

_SOURCE = Path(__file__).resolve().with_name("peak.c")
_STEPS, _LENGTH = 20_000_000, 1 << 24
# Enough for two multiply-adds a cycle, and few enough for sixteen registers.
_NUM_SUMS = 12
_REPEATS = 5


@dataclass(frozen=True)
class Probe:
    """A loop whose time is known for a perfect machine.

    Attributes:
        entry: Symbol.
        shapes: Of its arrays.
        element: NumPy's name of the element type.
    """

    entry: str
    shapes: tuple[tuple[int, ...], ...]
    element: str

    @property
    def name(self) -> str:
        return self.entry

    @property
    def prepare(self) -> None:
        return None

    def inputs(self, seed: int) -> list[Array]:
        """Numbers that stay between zero and one."""
        generator = np.random.default_rng(seed)
        return [0.5 * generator.random(shape).astype(self.element) for shape in self.shapes]


def peak(command: str, element: str, folder: Path) -> dict[str, Any]:
    """Returns operations and bytes a second of one core.

    Args:
        command: A C compiler.
        element: `f64` or `f32`.
        folder: For the library.
    """
    c_type, dtype = {"f64": ("double", "float64"), "f32": ("float", "float32")}[element]
    library = folder / f"peak-{element}.so"
    vector_bytes = detect().vector_bits // 8
    flags = [f"-DT={c_type}", f"-DSTEPS={_STEPS}L", f"-DLENGTH={_LENGTH}L"]
    flags += [f"-DBYTES={vector_bytes}", f"-DSUMS={_NUM_SUMS}"]
    flags += whole_vectors(command, 8 * vector_bytes)
    options = ["-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC"]
    subprocess.run([command, *options, *flags, str(_SOURCE), "-o", str(library)], check=True)
    lanes = vector_bytes // np.dtype(dtype).itemsize
    arithmetic = Probe("peak_arithmetic", (((_NUM_SUMS + 2) * lanes,),), dtype)
    bandwidth = Probe("peak_bandwidth", ((_LENGTH,),) * 3, dtype)
    num_operations = 2 * _NUM_SUMS * lanes * _STEPS
    num_bytes = 3 * _LENGTH * np.dtype(dtype).itemsize
    return {
        "operations_per_sec": num_operations / _shortest_secs(arithmetic, library),
        "bytes_per_sec": num_bytes / _shortest_secs(bandwidth, library),
    }


def whole_vectors(command: str, vector_bits: int) -> list[str]:
    """Options against splitting 512-bit vectors, which compilers prefer on some CPUs."""
    option = f"-mprefer-vector-width={vector_bits}"
    probe = [command, "-Werror", option, "-x", "c", "-fsyntax-only", "/dev/null"]
    done = subprocess.run(probe, capture_output=True, check=False)
    return [] if done.returncode else [option]


def _shortest_secs(probe: Probe, library: Path) -> float:
    with Contender(probe, library, num_threads=1, seed=0, environment={}) as contender:
        return min(contender.secs() for _ in range(_REPEATS))
