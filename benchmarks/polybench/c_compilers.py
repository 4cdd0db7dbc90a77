"""C compilers as competitors: each compiles the same C text of a kernel to a shared library.

All keep their default for contraction, which like the tuner's fuses multiply-add pairs: within an
expression (clang), or also across statements (gcc). None reorders a sum.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.polybench.definitions import Kernel

_OPTIMISED = ("-O3", "-march=native", "-shared", "-fPIC")
_POLLY = ("-mllvm", "-polly", "-mllvm", "-polly-vectorizer=stripmine")
_THREADS = ("-mllvm", "-polly-parallel", "-lgomp")


@dataclass(frozen=True)
class Peer:
    """A compiler with its options.

    Attributes:
        name: For the results.
        commands: Names of the program, the preferred first.
        options: Beside those that all get.
        thread_options: For more than one thread; None where it only makes sequential code.
    """

    name: str
    commands: tuple[str, ...]
    options: tuple[str, ...]
    thread_options: tuple[str, ...] | None

    def command(self) -> str | None:
        """Returns the path of the program; None where it is not installed."""
        return next((path for name in self.commands if (path := shutil.which(name))), None)

    def version(self) -> str:
        """Returns what the program says it is; empty where it is not installed."""
        command = self.command()
        if command is None:
            return ""
        done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
        return done.stdout.partition("\n")[0]

    def compile(
        self,
        kernel: Kernel,
        sizes: Mapping[str, int],
        element: str,
        num_threads: int,
        library: Path,
    ) -> str | None:
        """Writes the shared library; returns the reason where there is none."""
        command = self.command()
        if command is None:
            return f"none of {', '.join(self.commands)} is installed"
        threads = self.thread_options if num_threads > 1 and self.thread_options else ()
        options = [*_OPTIMISED, *self.options, *kernel.macros(sizes, element)]
        done = subprocess.run(
            [command, *options, str(kernel.source), "-o", str(library), "-lm", *threads],
            capture_output=True,
            text=True,
            check=False,
        )
        return None if done.returncode == 0 else done.stderr.strip().partition("\n")[0]


_CLANG = ("clang-22", "clang-21", "clang-20", "clang-19", "clang")

PEERS = {
    peer.name: peer
    for peer in (
        Peer("clang", _CLANG, (), None),
        Peer("polly", _CLANG, _POLLY, _THREADS),
        Peer("gcc", ("gcc",), (), None),
    )
}


def any_compiler() -> str | None:
    """Returns the path of a C compiler; None where none is installed."""
    return next((path for peer in PEERS.values() if (path := peer.command())), None)
