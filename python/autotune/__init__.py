"""A polyhedral autotuner for MLIR.

`compile` tunes a program and returns it ready to be called; `load` loads one that
`autotune compile` wrote. MLIR is never imported into this process.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotune.module import CompiledModule

__all__ = ["compile", "load"]


def compile(
    program: str | os.PathLike[str],
    *,
    entry: str | None = None,
    fp: str = "contract",
    math: str = "inline",
    threads: int = 1,
    db: str | None = None,
    **settings: object,
) -> "CompiledModule":
    """Tunes a program, and returns it callable on NumPy arrays.

    Args:
        program: MLIR text (recognised by a line break), or the path of a file.
        entry: Public function to compile, where there are several.
        fp: `strict`, `contract` or `reassoc`.
        math: `inline` computes elementary functions in vectors, `libm` calls the C library.
        threads: Threads that the code may use.
        db: Tuning database; None for the user's own.
        **settings: Fields of `autotune.tune.TuneConfig`: `trials`, `time_limit_secs`, `search`,
            `proposer`, `seed`, `resume`, `proxy`; and `cold_cache`, to time with empty caches, for
            code whose data are far away when it is called.

    Raises:
        AutotuneError: The program cannot be taken, or a setting makes no sense.
    """
    from autotune.compilation import compile_in_memory
    from autotune.tune import TuneConfig

    cold_cache = settings.pop("cold_cache", False)
    config = TuneConfig(**settings)  # type: ignore[arg-type]
    modes = {"entry": entry, "fp": fp, "math": math}
    return compile_in_memory(
        program, config, db, num_threads=threads, cold_cache=cold_cache, **modes
    )


def load(path: str | os.PathLike[str]) -> "CompiledModule":
    """Loads a shared library that `autotune compile` wrote.

    Raises:
        LibraryError: The file is no such library, or not for this CPU.
    """
    from autotune.module import load as load_library

    return load_library(path)
