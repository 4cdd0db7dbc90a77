"""What the PolyBench kernels compute, by NumPy in double precision, from their mathematics.

Each function takes the arrays of a kernel in order and returns what becomes of those that it
defines, by name. Time-stepped kernels take the number of steps as well. Meant for small sizes:
clarity goes before speed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.polybench.definitions import Kernel

Array = np.ndarray[Any, Any]
Results = dict[str, Array]


def expected(kernel: Kernel, sizes: Mapping[str, int], inputs: Sequence[Array]) -> Results:
    """Returns the arrays that the kernel defines, in double precision (integers exactly)."""
    wide = [array if kernel.is_integer else array.astype(np.float64) for array in inputs]
    steps = {"steps": sizes["TSTEPS"]} if "TSTEPS" in sizes else {}
    return _REFERENCES[kernel.name](*wide, **steps)


def defined_parts(kernel: Kernel, arrays: Mapping[str, Array]) -> Results:
    """Returns what of the arrays is more than rounding errors.

    That is all of it, except that gramschmidt goes on beyond the rank of its matrix.
    """
    if kernel.name != "gramschmidt":
        return dict(arrays)
    rank = min(arrays["A"].shape)
    return {"A": arrays["A"][:, :rank], "R": arrays["R"][:rank], "Q": arrays["Q"][:, :rank]}


def _two_mm(_: Array, a: Array, b: Array, c: Array, d: Array) -> Results:
    return {"tmp": 1.5 * a @ b, "D": 1.5 * a @ b @ c + 1.2 * d}


def _three_mm(_e: Array, a: Array, b: Array, _f: Array, c: Array, d: Array, _g: Array) -> Results:
    return {"E": a @ b, "F": c @ d, "G": (a @ b) @ (c @ d)}


def _adi(u: Array, v: Array, _p: Array, _q: Array, steps: int) -> Results:
    size = len(u)
    inner = slice(1, size - 1)
    along_columns, along_rows = 2.0 * size**2 / steps, size**2 / steps
    a, d = -along_columns / 2, -along_rows / 2
    u, v = u.copy(), v.copy()

    def solve(off_diagonal: float, right: Array) -> Array:
        """Columns x with off (x[j-1] + x[j+1]) + (1 - 2 off) x[j] = right[j] between ones."""
        right = right.copy()
        right[[0, -1]] -= off_diagonal
        ones = np.ones(size - 3)
        matrix = np.eye(size - 2) * (1 - 2 * off_diagonal)
        matrix += off_diagonal * (np.diag(ones, 1) + np.diag(ones, -1))
        return np.linalg.solve(matrix, right)

    for _ in range(steps):
        right = (1 + 2 * d) * u[:, inner] - d * (u[:, :-2] + u[:, 2:])
        v[0, inner] = v[-1, inner] = 1
        v[inner, inner] = solve(a, right[inner])
        right = (1 + 2 * a) * v[inner] - a * (v[:-2] + v[2:])
        u[inner, 0] = u[inner, -1] = 1
        u[inner, inner] = solve(d, right[:, inner].T).T
    return {"u": u, "v": v}


def _atax(a: Array, x: Array, _y: Array, _tmp: Array) -> Results:
    return {"y": a.T @ (a @ x), "tmp": a @ x}


def _bicg(a: Array, _s: Array, _q: Array, p: Array, r: Array) -> Results:
    return {"s": a.T @ r, "q": a @ p}


def _cholesky(a: Array) -> Results:
    return {"A": np.linalg.cholesky(a) + np.triu(a, 1)}


def _correlation(data: Array, _corr: Array, _mean: Array, _stddev: Array) -> Results:
    mean, deviation = data.mean(axis=0), data.std(axis=0)
    deviation[deviation <= 0.1] = 1
    scaled = (data - mean) / deviation / np.sqrt(len(data))
    corr = np.corrcoef(data, rowvar=False)
    return {"data": scaled, "corr": corr, "mean": mean, "stddev": deviation}


def _covariance(data: Array, _cov: Array, _mean: Array) -> Results:
    mean = data.mean(axis=0)
    return {"data": data - mean, "cov": np.cov(data, rowvar=False), "mean": mean}


def _deriche(image: Array, _out: Array, _y1: Array, _y2: Array) -> Results:
    decay = np.exp(-0.25)
    gain = (1 - decay) ** 2 / (1 + 0.5 * decay - np.exp(0.5))

    def both_ways(lines: Array) -> tuple[Array, Array]:
        """Filters columns by solving for all samples at once: recursions are banded matrices."""
        size = len(lines)
        once, twice = np.eye(size, k=-1), np.eye(size, k=-2)
        recursion = np.eye(size) - 2.0**-0.25 * once + decay**2 * twice
        causal = gain * np.eye(size) + gain * decay * (0.25 - 1) * once
        anticausal = gain * decay * (0.25 + 1) * once - gain * decay**2 * twice
        forwards = np.linalg.solve(recursion, causal @ lines)
        return forwards, np.linalg.solve(recursion, anticausal @ lines[::-1])[::-1]

    forwards, backwards = both_ways(image.T)
    y1, y2 = both_ways((forwards + backwards).T)
    return {"imgOut": y1 + y2, "y1": y1, "y2": y2}


def _doitgen(a: Array, c4: Array, _sum: Array) -> Results:
    product = np.einsum("rqs,sp->rqp", a, c4)
    return {"A": product, "sum": product[-1, -1]}


def _durbin(r: Array, _y: Array) -> Results:
    column = np.concatenate(([1.0], r[:-1]))
    size = len(r)
    toeplitz = column[np.abs(np.subtract.outer(np.arange(size), np.arange(size)))]
    return {"y": np.linalg.solve(toeplitz, -r)}


def _fdtd_2d(ex: Array, ey: Array, hz: Array, source: Array) -> Results:
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for field in source:
        ey[0] = field
        ey[1:] -= 0.5 * np.diff(hz, axis=0)
        ex[:, 1:] -= 0.5 * np.diff(hz, axis=1)
        hz[:-1, :-1] -= 0.7 * (np.diff(ex, axis=1)[:-1] + np.diff(ey, axis=0)[:, :-1])
    return {"ex": ex, "ey": ey, "hz": hz}


def _floyd_warshall(path: Array) -> Results:
    shortest = path.copy()
    while True:
        # Paths of up to twice as many edges: a product in the semiring of minimum and sum.
        longer = np.min(shortest[:, :, None] + shortest[None], axis=1)
        longer = np.minimum(longer, shortest)
        if np.array_equal(longer, shortest):
            return {"path": shortest}
        shortest = longer


def _gemm(c: Array, a: Array, b: Array) -> Results:
    return {"C": 1.5 * a @ b + 1.2 * c}


def _gemver(*arrays: Array) -> Results:
    a, u1, v1, u2, v2, w, x, y, z = arrays
    updated = a + np.outer(u1, v1) + np.outer(u2, v2)
    x = x + 1.2 * updated.T @ y + z
    return {"A": updated, "x": x, "w": w + 1.5 * updated @ x}


def _gesummv(a: Array, b: Array, _tmp: Array, x: Array, _y: Array) -> Results:
    return {"tmp": a @ x, "y": 1.5 * a @ x + 1.2 * b @ x}


def _gramschmidt(a: Array, r: Array, _q: Array) -> Results:
    rank = min(a.shape)
    unitary, upper = np.linalg.qr(a[:, :rank])
    signs = np.sign(np.diag(upper))
    unitary, upper = unitary * signs, signs[:, None] * (unitary.T @ a)
    factor = r[:rank].copy()
    above = np.triu_indices_from(factor)
    factor[above] = upper[above]
    return {"A": unitary * np.diag(upper), "R": factor, "Q": unitary}


def _heat_3d(a: Array, b: Array, steps: int) -> Results:
    grids = [a.copy(), b.copy()]
    inner = (slice(1, -1),) * 3
    for step in range(2 * steps):
        old, new = grids[step % 2], grids[1 - step % 2]
        neighbours = sum(np.roll(old, shift, axis) for axis in range(3) for shift in (1, -1))
        new[inner] = (old + 0.125 * (neighbours - 6 * old))[inner]
    return {"A": grids[0], "B": grids[1]}


def _jacobi_1d(a: Array, b: Array, steps: int) -> Results:
    grids = [a.copy(), b.copy()]
    for step in range(2 * steps):
        grids[1 - step % 2][1:-1] = 0.33333 * np.convolve(grids[step % 2], np.ones(3), "valid")
    return {"A": grids[0], "B": grids[1]}


def _jacobi_2d(a: Array, b: Array, steps: int) -> Results:
    grids = [a.copy(), b.copy()]
    for step in range(2 * steps):
        old, new = grids[step % 2], grids[1 - step % 2]
        cross = old[:-2, 1:-1] + old[2:, 1:-1] + old[1:-1, :-2] + old[1:-1, 2:] + old[1:-1, 1:-1]
        new[1:-1, 1:-1] = 0.2 * cross
    return {"A": grids[0], "B": grids[1]}


def _factors(a: Array) -> tuple[Array, Array]:
    """L with a unit diagonal and U, row by row: L U = A determines one row of both at a time."""
    lower, upper = np.eye(len(a)), np.zeros_like(a)
    for i in range(len(a)):
        lower[i, :i] = np.linalg.solve(upper[:i, :i].T, a[i, :i])
        upper[i, i:] = a[i, i:] - lower[i, :i] @ upper[:i, i:]
    return lower, upper


def _lu(a: Array) -> Results:
    lower, upper = _factors(a)
    return {"A": np.tril(lower, -1) + upper}


def _ludcmp(a: Array, b: Array, _x: Array, _y: Array) -> Results:
    lower, upper = _factors(a)
    solutions = {"x": np.linalg.solve(a, b), "y": np.linalg.solve(lower, b)}
    return {"A": np.tril(lower, -1) + upper, **solutions}


def _mvt(x1: Array, x2: Array, y1: Array, y2: Array, a: Array) -> Results:
    return {"x1": x1 + a @ y1, "x2": x2 + a.T @ y2}


def _nussinov(seq: Array, table: Array) -> Results:
    best = table.copy()
    size = len(seq)
    for length in range(1, size):
        for i in range(size - length):
            j = i + length
            pairs = int(seq[i] + seq[j] == 3 and length > 1)
            splits = best[i, i + 1 : j] + best[i + 2 : j + 1, j]
            together = best[i + 1, j - 1] + pairs
            best[i, j] = max(best[i, j - 1], best[i + 1, j], together, *splits)
    return {"table": best}


def _seidel_2d(a: Array, steps: int) -> Results:
    a = a.copy()
    for _ in range(steps):
        for i in range(1, len(a) - 1):
            for j in range(1, len(a) - 1):
                a[i, j] = a[i - 1 : i + 2, j - 1 : j + 2].mean()
    return {"A": a}


def _symm(c: Array, a: Array, b: Array) -> Results:
    return {"C": 1.5 * (np.tril(a) + np.tril(a, -1).T) @ b + 1.2 * c}


def _syr2k(c: Array, a: Array, b: Array) -> Results:
    return {"C": np.tril(1.5 * (a @ b.T + b @ a.T) + 1.2 * c) + np.triu(c, 1)}


def _syrk(c: Array, a: Array) -> Results:
    return {"C": np.tril(1.5 * a @ a.T + 1.2 * c) + np.triu(c, 1)}


def _trisolv(lower: Array, _x: Array, b: Array) -> Results:
    return {"x": np.linalg.solve(np.tril(lower), b)}


def _trmm(a: Array, b: Array) -> Results:
    return {"B": 1.5 * (np.tril(a, -1) + np.eye(len(a))).T @ b}


_REFERENCES: Mapping[str, Callable[..., Results]] = {
    "2mm": _two_mm,
    "3mm": _three_mm,
    "adi": _adi,
    "atax": _atax,
    "bicg": _bicg,
    "cholesky": _cholesky,
    "correlation": _correlation,
    "covariance": _covariance,
    "deriche": _deriche,
    "doitgen": _doitgen,
    "durbin": _durbin,
    "fdtd-2d": _fdtd_2d,
    "floyd-warshall": _floyd_warshall,
    "gemm": _gemm,
    "gemver": _gemver,
    "gesummv": _gesummv,
    "gramschmidt": _gramschmidt,
    "heat-3d": _heat_3d,
    "jacobi-1d": _jacobi_1d,
    "jacobi-2d": _jacobi_2d,
    "lu": _lu,
    "ludcmp": _ludcmp,
    "mvt": _mvt,
    "nussinov": _nussinov,
    "seidel-2d": _seidel_2d,
    "symm": _symm,
    "syr2k": _syr2k,
    "syrk": _syrk,
    "trisolv": _trisolv,
    "trmm": _trmm,
}
