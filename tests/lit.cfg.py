"""Configuration of lit: `autotune-opt`, `FileCheck` and `not` for the tests of the passes."""

import importlib.util
import os
import shlex
import sys
from pathlib import Path

import lit.formats

TOP = Path(__file__).resolve().parent.parent
LLVM_TOOLS = Path(next(iter(importlib.util.find_spec("llvm").submodule_search_locations))) / "bin"

config = globals()["config"]
config.name = "autotune"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = str(TOP / "tests")
config.test_exec_root = str(TOP / "build" / "lit")
config.environment["PATH"] = os.pathsep.join([str(LLVM_TOOLS), os.environ["PATH"]])
config.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
config.substitutions.append(
    (r"(?<![\w-])autotune-opt(?![\w-])", f"{shlex.quote(sys.executable)} -m autotune.opt")
)
