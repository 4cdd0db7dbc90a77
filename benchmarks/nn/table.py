"""Results of `benchmarks.run nn` as Markdown."""

from collections.abc import Mapping
from typing import Any

COLUMNS = ("untuned", "expert", "tuned", "eager", "inductor")
HEADER = ("operator", "threads", *COLUMNS, "of PyTorch's speed", "speed")


def markdown(document: Mapping[str, Any]) -> str:
    """Returns a table of all results, medians in milliseconds, under a line about the machine."""
    rows = [HEADER, tuple("---" for _ in HEADER)]
    rows += [_row(result) for result in document["results"]]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{heading(document)}\n\n{table}\n"


def heading(document: Mapping[str, Any]) -> str:
    """Returns a line about the machine, its packages and the unit."""
    machine = document["machine"]
    packages = ", ".join(f"{name} {value}" for name, value in machine["packages"].items() if value)
    cores = f"{machine['num_cores']} cores, {machine['system']}"
    return f"{machine['cpu']}, {cores}; {packages}; times in ms"


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    start = (result["operator"], str(result["num_threads"]))
    if "error" in result:
        return (*start, f"failed: {' '.join(result['error'])}", *("",) * (len(HEADER) - 3))
    medians = {name: each["median"] for name, each in result["secs"].items()}
    best = min(medians[name] for name in ("expert", "tuned") if name in medians)
    torch = min(medians["eager"], medians["inductor"])
    verdict = "" if result["is_correct"] else " WRONG"
    times = [f"{1e3 * medians[name]:.3f}" if name in medians else "" for name in COLUMNS]
    unit, amount = ("GFLOP/s", result["num_flops"]) if result["num_flops"] else ("GB/s", None)
    amount = result["num_bytes"] if amount is None else amount
    speed = f"{amount / best / 1e9:.0f} {unit}{verdict}"
    return (*start, *times, f"{100 * torch / best:.0f} %", speed)
