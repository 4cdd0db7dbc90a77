"""Tunes one operator with TVM's MetaSchedule; for an interpreter that has TVM.

    python -m benchmarks.nn.tvm_tuner NAME --trials 64 --threads 1 --seed 0 --output DIR

Writes the best schedule of the database to DIR/model.so; the last line printed is a report in JSON.
"""

import argparse
import importlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.nn.tvm_expressions import NAMES, function_of

# Candidates between two trainings of the cost model. By TVM's default all 64 are drawn at once, and
# the model answers at random until it knows 100.
_TRIALS_A_ROUND = 16
# A candidate that failed has a time of 1e9 or 1e10 seconds.
_MAX_SECS = 1e6
# By TVM's default 30 seconds, which slow machines need for more than the build.
_BUILD_TIMEOUT_SECS = 300.0


def host_target(num_threads: int) -> dict[str, Any]:
    """Returns the target for this CPU, by the name that LLVM has for it."""
    codegen: Any = importlib.import_module("tvm.target.codegen")
    cpu = codegen.llvm_get_system_cpu()
    return {"kind": "llvm", "mcpu": cpu, "num-cores": num_threads}


def build(module: Any, target: Any, _params: Any) -> Any:
    """Builds a candidate, as TVM does by default, but for one import.

    TVM's own function declares the matrix instructions of all GPUs first, which takes a new process
    half a minute here; operators in fp32 on CPUs use none of them.
    """
    driver: Any = importlib.import_module("tvm.driver")
    transform: Any = importlib.import_module("tvm.s_tir.transform")
    plain = transform.RemoveWeightLayoutRewriteBlock(skip_tensor_rewrite=True)(module)
    return driver.build(plain, target=target)


def tune(name: str, num_trials: int, num_threads: int, seed: int, output: Path) -> dict[str, Any]:
    """Searches, writes the best candidate's library, and returns a report.

    Raises:
        RuntimeError: No candidate ran.
    """
    tvm: Any = importlib.import_module("tvm")
    schedules: Any = importlib.import_module("tvm.s_tir.meta_schedule")
    np.random.seed(seed)  # noqa: NPY002 - the cost model draws from it
    target = tvm.target.Target(host_target(num_threads))
    function = function_of(name)
    num_cores = len(os.sched_getaffinity(0))
    database = schedules.tune_tir(
        mod=function,
        target=target,
        work_dir=str(output),
        max_trials_global=num_trials,
        num_trials_per_iter=_TRIALS_A_ROUND,
        cost_model=schedules.CostModel.create(
            "xgb", num_warmup_samples=_TRIALS_A_ROUND, num_tuning_cores=num_cores
        ),
        builder=schedules.builder.LocalBuilder(
            max_workers=num_cores, timeout_sec=_BUILD_TIMEOUT_SECS, f_build=build
        ),
        strategy="evolutionary",
        num_tuning_cores=num_cores,
        seed=seed,
    )
    records = database.get_all_tuning_records()
    times = [min(map(float, record.run_secs)) for record in records if record.run_secs]
    times = [secs for secs in times if secs < _MAX_SECS]
    schedule = schedules.tir_integration.compile_tir(database, function, target)
    if schedule is None or not times:
        raise RuntimeError(f"none of {len(records)} candidates ran")
    tvm.compile(schedule.mod, target=target).export_library(str(output / "model.so"))
    return {
        "version": tvm.__version__,
        "target": str(target),
        "num_records": len(records),
        "num_failures": len(records) - len(times),
        "best_secs": min(times),
    }


def main() -> None:
    """Tunes the operator that the command line names."""
    parser = argparse.ArgumentParser(prog="benchmarks.nn.tvm_tuner", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--trials", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    asked = parser.parse_args()
    report = tune(asked.name, asked.trials, asked.threads, asked.seed, asked.output)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
