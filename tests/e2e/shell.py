"""Runs the command line, for tests of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

SIZE = 96
MATMUL = f"""
func.func @matmul(%a: tensor<{SIZE}x{SIZE}xf32>, %b: tensor<{SIZE}x{SIZE}xf32>)
    -> tensor<{SIZE}x{SIZE}xf32> {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<{SIZE}x{SIZE}xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<{SIZE}x{SIZE}xf32>)
      -> tensor<{SIZE}x{SIZE}xf32>
  %c = linalg.matmul ins(%a, %b : tensor<{SIZE}x{SIZE}xf32>, tensor<{SIZE}x{SIZE}xf32>)
      outs(%init : tensor<{SIZE}x{SIZE}xf32>) -> tensor<{SIZE}x{SIZE}xf32>
  return %c : tensor<{SIZE}x{SIZE}xf32>
}}
"""
LARGE_MATMUL = MATMUL.replace(str(SIZE), "192")


class Shell:
    """Runs the command line in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    def start(self, *arguments: str, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
        # Where the tests run in the background, interrupts are ignored, and children inherit that.
        return subprocess.Popen(
            [*prefix, "env", "--default-signal=INT", sys.executable, "-m", "autotune", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, prefix: Sequence[str] = ()) -> tuple[int, str, str]:
        process = self.start(*arguments, prefix=prefix)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def succeed(self, *arguments: str) -> str:
        status, out, err = self.run(*arguments)
        assert status == 0, err
        return out

    def records(self, *database: str) -> list[dict]:
        """The measurements of the first run in the database, so far."""
        status, out, _ = self.run("db", "show", "1", "--json", *database)
        return json.loads(out)["records"] if status == 0 else []

    def num_trials(self) -> int:
        """How many of those were measured, and not taken from one with equal code."""
        return sum(not record["is_copy"] for record in self.records())

    def start_until(self, num_records: int, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command, and returns once it has recorded so many measurements."""
        process = self.start(*arguments)
        while len(self.records()) < num_records:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        return process
