"""PolyBench 4.2.1 kernels in affine MLIR, for any size.

The loop nests, the statement order and the LARGE sizes are those of the published benchmark; the
arrays are arguments in the order of its kernel functions; alpha is 1.5 and beta is 1.2. The files
in `examples/polybench` are these texts at LARGE size:

    ./run python -m benchmarks.polybench.definitions examples/polybench
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template


@dataclass(frozen=True)
class Kernel:
    """A kernel that is parametric in its sizes.

    Attributes:
        name: PolyBench's name.
        large: The LARGE sizes by PolyBench's parameter name.
        body: MLIR with `${NAME}` for a size and `${NAME_less_1}` for a size minus one.
    """

    name: str
    large: Mapping[str, int]
    body: str

    @property
    def entry(self) -> str:
        """Symbol of the function."""
        return "kernel_" + self.name.replace("-", "_")

    def text(self, sizes: Mapping[str, int] | None = None) -> str:
        """Returns the module for `sizes`, LARGE unless given."""
        values = dict(self.large) if sizes is None else dict(sizes)
        values |= {f"{name}_less_1": value - 1 for name, value in values.items()}
        shape = ", ".join(f"{name} = {values[name]}" for name in self.large)
        header = f"// PolyBench 4.2.1 {self.name}, {shape}, double precision.\n"
        return header + Template(self.body).substitute(values).lstrip("\n")


GEMM = Kernel(
    "gemm",
    {"NI": 1000, "NJ": 1100, "NK": 1200},
    """
// C := alpha A B + beta C
func.func @kernel_gemm(%C: memref<${NI}x${NJ}xf64>, %A: memref<${NI}x${NK}xf64>,
                       %B: memref<${NK}x${NJ}xf64>) {
  %alpha = arith.constant 1.5 : f64
  %beta = arith.constant 1.2 : f64
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NJ} {
      %c = affine.load %C[%i, %j] : memref<${NI}x${NJ}xf64>
      %scaled = arith.mulf %c, %beta : f64
      affine.store %scaled, %C[%i, %j] : memref<${NI}x${NJ}xf64>
    }
    affine.for %k = 0 to ${NK} {
      affine.for %j = 0 to ${NJ} {
        %a = affine.load %A[%i, %k] : memref<${NI}x${NK}xf64>
        %scaled = arith.mulf %alpha, %a : f64
        %b = affine.load %B[%k, %j] : memref<${NK}x${NJ}xf64>
        %product = arith.mulf %scaled, %b : f64
        %c = affine.load %C[%i, %j] : memref<${NI}x${NJ}xf64>
        %sum = arith.addf %c, %product : f64
        affine.store %sum, %C[%i, %j] : memref<${NI}x${NJ}xf64>
      }
    }
  }
  return
}
""",
)

TWO_MM = Kernel(
    "2mm",
    {"NI": 800, "NJ": 900, "NK": 1100, "NL": 1200},
    """
// D := alpha A B C + beta D, by way of tmp := alpha A B
func.func @kernel_2mm(%tmp: memref<${NI}x${NJ}xf64>, %A: memref<${NI}x${NK}xf64>,
                      %B: memref<${NK}x${NJ}xf64>, %C: memref<${NJ}x${NL}xf64>,
                      %D: memref<${NI}x${NL}xf64>) {
  %zero = arith.constant 0.0 : f64
  %alpha = arith.constant 1.5 : f64
  %beta = arith.constant 1.2 : f64
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NJ} {
      affine.store %zero, %tmp[%i, %j] : memref<${NI}x${NJ}xf64>
      affine.for %k = 0 to ${NK} {
        %a = affine.load %A[%i, %k] : memref<${NI}x${NK}xf64>
        %scaled = arith.mulf %alpha, %a : f64
        %b = affine.load %B[%k, %j] : memref<${NK}x${NJ}xf64>
        %product = arith.mulf %scaled, %b : f64
        %t = affine.load %tmp[%i, %j] : memref<${NI}x${NJ}xf64>
        %sum = arith.addf %t, %product : f64
        affine.store %sum, %tmp[%i, %j] : memref<${NI}x${NJ}xf64>
      }
    }
  }
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NL} {
      %d = affine.load %D[%i, %j] : memref<${NI}x${NL}xf64>
      %scaled = arith.mulf %d, %beta : f64
      affine.store %scaled, %D[%i, %j] : memref<${NI}x${NL}xf64>
      affine.for %k = 0 to ${NJ} {
        %t = affine.load %tmp[%i, %k] : memref<${NI}x${NJ}xf64>
        %c = affine.load %C[%k, %j] : memref<${NJ}x${NL}xf64>
        %product = arith.mulf %t, %c : f64
        %old = affine.load %D[%i, %j] : memref<${NI}x${NL}xf64>
        %sum = arith.addf %old, %product : f64
        affine.store %sum, %D[%i, %j] : memref<${NI}x${NL}xf64>
      }
    }
  }
  return
}
""",
)

JACOBI_2D = Kernel(
    "jacobi-2d",
    {"TSTEPS": 500, "N": 1300},
    """
// Five-point averages from A to B and back, TSTEPS times
func.func @kernel_jacobi_2d(%A: memref<${N}x${N}xf64>, %B: memref<${N}x${N}xf64>) {
  %fifth = arith.constant 0.2 : f64
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to ${N_less_1} {
      affine.for %j = 1 to ${N_less_1} {
        %centre = affine.load %A[%i, %j] : memref<${N}x${N}xf64>
        %west = affine.load %A[%i, %j - 1] : memref<${N}x${N}xf64>
        %sum1 = arith.addf %centre, %west : f64
        %east = affine.load %A[%i, %j + 1] : memref<${N}x${N}xf64>
        %sum2 = arith.addf %sum1, %east : f64
        %south = affine.load %A[%i + 1, %j] : memref<${N}x${N}xf64>
        %sum3 = arith.addf %sum2, %south : f64
        %north = affine.load %A[%i - 1, %j] : memref<${N}x${N}xf64>
        %sum4 = arith.addf %sum3, %north : f64
        %mean = arith.mulf %fifth, %sum4 : f64
        affine.store %mean, %B[%i, %j] : memref<${N}x${N}xf64>
      }
    }
    affine.for %i = 1 to ${N_less_1} {
      affine.for %j = 1 to ${N_less_1} {
        %centre = affine.load %B[%i, %j] : memref<${N}x${N}xf64>
        %west = affine.load %B[%i, %j - 1] : memref<${N}x${N}xf64>
        %sum1 = arith.addf %centre, %west : f64
        %east = affine.load %B[%i, %j + 1] : memref<${N}x${N}xf64>
        %sum2 = arith.addf %sum1, %east : f64
        %south = affine.load %B[%i + 1, %j] : memref<${N}x${N}xf64>
        %sum3 = arith.addf %sum2, %south : f64
        %north = affine.load %B[%i - 1, %j] : memref<${N}x${N}xf64>
        %sum4 = arith.addf %sum3, %north : f64
        %mean = arith.mulf %fifth, %sum4 : f64
        affine.store %mean, %A[%i, %j] : memref<${N}x${N}xf64>
      }
    }
  }
  return
}
""",
)

TRMM = Kernel(
    "trmm",
    {"M": 1000, "N": 1200},
    """
// B := alpha A^T B, with A unit lower triangular
func.func @kernel_trmm(%A: memref<${M}x${M}xf64>, %B: memref<${M}x${N}xf64>) {
  %alpha = arith.constant 1.5 : f64
  affine.for %i = 0 to ${M} {
    affine.for %j = 0 to ${N} {
      affine.for %k = affine_map<(d0) -> (d0 + 1)>(%i) to ${M} {
        %a = affine.load %A[%k, %i] : memref<${M}x${M}xf64>
        %b = affine.load %B[%k, %j] : memref<${M}x${N}xf64>
        %product = arith.mulf %a, %b : f64
        %old = affine.load %B[%i, %j] : memref<${M}x${N}xf64>
        %sum = arith.addf %old, %product : f64
        affine.store %sum, %B[%i, %j] : memref<${M}x${N}xf64>
      }
      %b = affine.load %B[%i, %j] : memref<${M}x${N}xf64>
      %scaled = arith.mulf %alpha, %b : f64
      affine.store %scaled, %B[%i, %j] : memref<${M}x${N}xf64>
    }
  }
  return
}
""",
)

SEIDEL_2D = Kernel(
    "seidel-2d",
    {"TSTEPS": 500, "N": 2000},
    """
// Nine-point averages in place, TSTEPS times
func.func @kernel_seidel_2d(%A: memref<${N}x${N}xf64>) {
  %nine = arith.constant 9.0 : f64
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to ${N_less_1} {
      affine.for %j = 1 to ${N_less_1} {
        %northwest = affine.load %A[%i - 1, %j - 1] : memref<${N}x${N}xf64>
        %north = affine.load %A[%i - 1, %j] : memref<${N}x${N}xf64>
        %sum1 = arith.addf %northwest, %north : f64
        %northeast = affine.load %A[%i - 1, %j + 1] : memref<${N}x${N}xf64>
        %sum2 = arith.addf %sum1, %northeast : f64
        %west = affine.load %A[%i, %j - 1] : memref<${N}x${N}xf64>
        %sum3 = arith.addf %sum2, %west : f64
        %centre = affine.load %A[%i, %j] : memref<${N}x${N}xf64>
        %sum4 = arith.addf %sum3, %centre : f64
        %east = affine.load %A[%i, %j + 1] : memref<${N}x${N}xf64>
        %sum5 = arith.addf %sum4, %east : f64
        %southwest = affine.load %A[%i + 1, %j - 1] : memref<${N}x${N}xf64>
        %sum6 = arith.addf %sum5, %southwest : f64
        %south = affine.load %A[%i + 1, %j] : memref<${N}x${N}xf64>
        %sum7 = arith.addf %sum6, %south : f64
        %southeast = affine.load %A[%i + 1, %j + 1] : memref<${N}x${N}xf64>
        %sum8 = arith.addf %sum7, %southeast : f64
        %mean = arith.divf %sum8, %nine : f64
        affine.store %mean, %A[%i, %j] : memref<${N}x${N}xf64>
      }
    }
  }
  return
}
""",
)

CHOLESKY = Kernel(
    "cholesky",
    {"N": 2000},
    """
// The lower triangle of A becomes L with A = L L^T
func.func @kernel_cholesky(%A: memref<${N}x${N}xf64>) {
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %left = affine.load %A[%i, %k] : memref<${N}x${N}xf64>
        %right = affine.load %A[%j, %k] : memref<${N}x${N}xf64>
        %product = arith.mulf %left, %right : f64
        %old = affine.load %A[%i, %j] : memref<${N}x${N}xf64>
        %difference = arith.subf %old, %product : f64
        affine.store %difference, %A[%i, %j] : memref<${N}x${N}xf64>
      }
      %old = affine.load %A[%i, %j] : memref<${N}x${N}xf64>
      %pivot = affine.load %A[%j, %j] : memref<${N}x${N}xf64>
      %quotient = arith.divf %old, %pivot : f64
      affine.store %quotient, %A[%i, %j] : memref<${N}x${N}xf64>
    }
    affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
      %left = affine.load %A[%i, %k] : memref<${N}x${N}xf64>
      %right = affine.load %A[%i, %k] : memref<${N}x${N}xf64>
      %square = arith.mulf %left, %right : f64
      %old = affine.load %A[%i, %i] : memref<${N}x${N}xf64>
      %difference = arith.subf %old, %square : f64
      affine.store %difference, %A[%i, %i] : memref<${N}x${N}xf64>
    }
    %diagonal = affine.load %A[%i, %i] : memref<${N}x${N}xf64>
    %root = math.sqrt %diagonal : f64
    affine.store %root, %A[%i, %i] : memref<${N}x${N}xf64>
  }
  return
}
""",
)

KERNELS = (GEMM, TWO_MM, JACOBI_2D, TRMM, SEIDEL_2D, CHOLESKY)


def main(directory: Path) -> None:
    """Writes every kernel at LARGE size into `directory`."""
    for kernel in KERNELS:
        (directory / f"{kernel.name}.mlir").write_text(kernel.text(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
