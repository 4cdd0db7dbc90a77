"""PolyBench 4.2.1: its thirty kernels, for any size and element type.

The kernels are the C files in `kernels/`, written from the published definitions with their loop
nests, statement order and sizes. The arrays are arguments in the order of PolyBench's functions;
alpha is 1.5 and beta is 1.2 as far as the kernels take them. The MLIR text of a kernel says the
same as its C text, operation by operation. The files in `examples/polybench` are these texts at
LARGE size:

    ./run python -m benchmarks.polybench.definitions examples/polybench
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from benchmarks.polybench.loop_nests import Array, Function, parse
from benchmarks.polybench.mlir_text import mlir_text

SIZE_NAMES = ("MINI", "SMALL", "MEDIUM", "LARGE", "EXTRALARGE")
ELEMENTS = ("f64", "f32")

_SOURCES = Path(__file__).resolve().parent / "kernels"
_PRECISIONS = {"f64": "double precision", "f32": "single precision"}


@dataclass(frozen=True)
class Kernel:
    """A kernel that is parametric in its sizes and its element type.

    Attributes:
        name: PolyBench's name.
        sizes: For each of `SIZE_NAMES` the sizes by PolyBench's parameter name.
    """

    name: str
    sizes: Mapping[str, Mapping[str, int]]

    @property
    def entry(self) -> str:
        """Symbol of the function."""
        return "kernel_" + self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        """The C file."""
        return _SOURCES / f"{self.name}.c"

    def function(self, sizes: Mapping[str, int]) -> Function:
        """Returns the loop nests."""
        return _parsed(self.source, tuple(sizes.items()))

    def arrays(self, sizes: Mapping[str, int]) -> tuple[Array, ...]:
        """Returns the parameters of the function."""
        return self.function(sizes).arrays

    @property
    def is_integer(self) -> bool:
        """Whether the elements are integers, whatever element type is asked for."""
        return all(array.is_integer for array in self.arrays(self.sizes["MINI"]))

    def text(self, sizes: Mapping[str, int] | None = None, element: str = "f64") -> str:
        """Returns the MLIR module for `sizes`, LARGE unless given."""
        values = self.sizes["LARGE"] if sizes is None else sizes
        function = self.function(values)
        shape = ", ".join(f"{name} = {value}" for name, value in values.items())
        precision = "32-bit integers" if self.is_integer else _PRECISIONS[element]
        header = f"// PolyBench 4.2.1 {self.name}, {shape}, {precision}.\n// {function.title}\n"
        return header + mlir_text(function, element)

    def macros(self, sizes: Mapping[str, int], element: str) -> list[str]:
        """Returns the options of a C compiler that choose sizes and element type."""
        c_type = {"f64": "double", "f32": "float"}[element]
        return [f"-DT={c_type}", *(f"-D{name}={value}" for name, value in sizes.items())]


@lru_cache(maxsize=64)
def _parsed(source: Path, sizes: tuple[tuple[str, int], ...]) -> Function:
    return parse(source.read_text(encoding="utf-8"), dict(sizes))


# Name, parameters, and their values for each of SIZE_NAMES.
_TABLE = """
2mm            NI,NJ,NK,NL    16,18,22,24    40,50,70,80    180,190,210,220     800,900,1100,1200        1600,1800,2200,2400
3mm            NI,NJ,NK,NL,NM 16,18,20,22,24 40,50,60,70,80 180,190,200,210,220 800,900,1000,1100,1200   1600,1800,2000,2200,2400
adi            TSTEPS,N       20,20          40,60          100,200             500,1000                 1000,2000
atax           M,N            38,42          116,124        390,410             1900,2100                1800,2200
bicg           M,N            38,42          116,124        390,410             1900,2100                1800,2200
cholesky       N              40             120            400                 2000                     4000
correlation    M,N            28,32          80,100         240,260             1200,1400                2600,3000
covariance     M,N            28,32          80,100         240,260             1200,1400                2600,3000
deriche        W,H            64,64          192,128        720,480             4096,2160                7680,4320
doitgen        NQ,NR,NP       8,10,12        20,25,30       40,50,60            140,150,160              220,250,270
durbin         N              40             120            400                 2000                     4000
fdtd-2d        TMAX,NX,NY     20,20,30       40,60,80       100,200,240         500,1000,1200            1000,2000,2600
floyd-warshall N              60             180            500                 2800                     5600
gemm           NI,NJ,NK       20,25,30       60,70,80       200,220,240         1000,1100,1200           2000,2300,2600
gemver         N              40             120            400                 2000                     4000
gesummv        N              30             90             250                 1300                     2800
gramschmidt    M,N            20,30          60,80          200,240             1000,1200                2000,2600
heat-3d        TSTEPS,N       20,10          40,20          100,40              500,120                  1000,200
jacobi-1d      TSTEPS,N       20,30          40,120         100,400             500,2000                 1000,4000
jacobi-2d      TSTEPS,N       20,30          40,90          100,250             500,1300                 1000,2800
lu             N              40             120            400                 2000                     4000
ludcmp         N              40             120            400                 2000                     4000
mvt            N              40             120            400                 2000                     4000
nussinov       N              60             180            500                 2500                     5500
seidel-2d      TSTEPS,N       20,40          40,120         100,400             500,2000                 1000,4000
symm           M,N            20,30          60,80          200,240             1000,1200                2000,2600
syr2k          M,N            20,30          60,80          200,240             1000,1200                2000,2600
syrk           M,N            20,30          60,80          200,240             1000,1200                2000,2600
trisolv        N              40             120            400                 2000                     4000
trmm           M,N            20,30          60,80          200,240             1000,1200                2000,2600
"""  # noqa: E501


def _kernel(row: str) -> Kernel:
    name, parameters, *columns = row.split()
    names = parameters.split(",")
    sizes = {
        size: dict(zip(names, map(int, column.split(",")), strict=True))
        for size, column in zip(SIZE_NAMES, columns, strict=True)
    }
    return Kernel(name, sizes)


KERNELS = tuple(_kernel(row) for row in _TABLE.strip().splitlines())


def main(directory: Path) -> None:
    """Writes every kernel at LARGE size into `directory`."""
    for kernel in KERNELS:
        (directory / f"{kernel.name}.mlir").write_text(kernel.text(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
