"""Schedules one operator with Halide's Adams2019; for an interpreter that has Halide.

    python -m benchmarks.nn.halide_scheduler NAME --threads 1 --output DIR

Writes DIR/model.so; the last line printed is a report in JSON.
"""

import argparse
import importlib
import json
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.nn.halide_pipelines import NAMES, pipeline_of

_PLUGIN = Path("lib64", "libautoschedule_adams2019.so")
# What Halide's runtime, which is in the object, takes from the system.
_LIBRARIES = ("-lpthread", "-ldl", "-lm")


def load() -> Any:
    """Returns the module `halide`, with the scheduler."""
    halide: Any = importlib.import_module("halide")
    halide.load_plugin(str(Path(halide.install_dir()) / _PLUGIN))
    return halide


def version() -> str:
    """Returns the version of Halide."""
    return metadata.version("halide")


def build(name: str, num_threads: int, is_small: bool, output: Path) -> dict[str, Any]:
    """Schedules and compiles an operator for this CPU; returns a report."""
    halide = load()
    entry = CATALOGUE[name]
    pipeline, parameters = pipeline_of(entry.small_size() if is_small else entry.full_size())
    target = halide.get_host_target()
    options = halide.AutoschedulerParams("Adams2019", {"parallelism": num_threads})
    start = time.monotonic()
    found = pipeline.apply_autoscheduler(target, options)
    scheduling_secs = time.monotonic() - start
    compiled = output / "model.o"
    pipeline.compile_to_object(str(compiled), parameters, name, target)
    library = output / "model.so"
    subprocess.run(["cc", "-shared", str(compiled), "-o", str(library), *_LIBRARIES], check=True)
    return {
        "version": version(),
        "target": target.to_string(),
        "schedule": found.schedule_source,
        "scheduling_secs": scheduling_secs,
        "elapsed_secs": time.monotonic() - start,
    }


def main() -> None:
    """Schedules the operator that the command line names."""
    parser = argparse.ArgumentParser(prog="benchmarks.nn.halide_scheduler", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--small", action="store_true", help="at the extents of the tests")
    parser.add_argument("--output", type=Path, required=True)
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)
    print(json.dumps(build(asked.name, asked.threads, asked.small, asked.output)))


if __name__ == "__main__":
    main()
