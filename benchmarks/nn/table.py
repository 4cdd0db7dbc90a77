"""Results of `benchmarks.run nn` as Markdown."""

from collections.abc import Mapping
from statistics import geometric_mean
from typing import Any

OURS = ("untuned", "expert", "tuned")
PEERS = ("eager", "inductor", "halide")
COLUMNS = (*OURS, *PEERS)
RATIOS = ("of PyTorch's speed", "of Halide's speed")
HEADER = ("operator", "threads", *COLUMNS, *RATIOS, "speed")


def markdown(document: Mapping[str, Any]) -> str:
    """Returns a table of all results, medians in milliseconds, under a line about the machine.

    Operators whose own result is wrong count for no mean, wrong peers not for that over them.
    """
    results = document["results"]
    rows = [HEADER, tuple("---" for _ in HEADER)]
    rows += [_row(result) for result in results]
    rows += [
        _means([each for each in results if each["num_threads"] == count], count)
        for count in sorted({result["num_threads"] for result in results})
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{heading(document)}\n\n{table}\n"


def heading(document: Mapping[str, Any]) -> str:
    """Returns a line about the machine, its packages and the unit."""
    machine = document["machine"]
    packages = ", ".join(f"{name} {value}" for name, value in machine["packages"].items() if value)
    cores = f"{machine['num_cores']} cores, {machine['system']}"
    return f"{machine['cpu']}, {cores}; {packages}; times in ms"


def _medians(result: Mapping[str, Any]) -> dict[str, float]:
    return {name: each["median"] for name, each in result.get("secs", {}).items()}


def _is_wrong(result: Mapping[str, Any], name: str) -> bool:
    return bool(result["errors"].get(name, 0.0) > result["tolerance"])


def _secs_of_ours(medians: Mapping[str, float]) -> float:
    """Returns the time of what the tuner hands back: after a search, or the expert schedule."""
    return next(medians[name] for name in ("tuned", "expert") if name in medians)


def _ratios(result: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """How many times faster ours is than the better of PyTorch's two, and than Halide's."""
    medians = _medians(result)
    if not medians:
        return None, None
    peers = {name: medians[name] for name in PEERS if name in medians}
    right = {name: secs for name, secs in peers.items() if not _is_wrong(result, name)}
    torch = [right[name] for name in ("eager", "inductor") if name in right]
    best = _secs_of_ours(medians)
    return (
        min(torch) / best if torch else None,
        right["halide"] / best if "halide" in right else None,
    )


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    start = (result["operator"], str(result["num_threads"]))
    if "error" in result:
        return (*start, f"failed: {' '.join(result['error'])}", *("",) * (len(HEADER) - 3))
    medians = _medians(result)
    verdict = "" if result["is_correct"] else " WRONG"
    times = [_time(result, name) for name in COLUMNS]
    unit, amount = ("GFLOP/s", result["num_flops"]) if result["num_flops"] else ("GB/s", None)
    amount = result["num_bytes"] if amount is None else amount
    speed = f"{amount / _secs_of_ours(medians) / 1e9:.0f} {unit}{verdict}"
    ratios = (_percentage(ratio) for ratio in _ratios(result))
    return (*start, *times, *ratios, speed)


def _time(result: Mapping[str, Any], name: str) -> str:
    medians = _medians(result)
    if name in medians:
        return f"{1e3 * medians[name]:.3f}" + (" WRONG" if _is_wrong(result, name) else "")
    reason = result["failures"].get(name)
    return f"failed: {reason}" if reason else ""


def _percentage(ratio: float | None) -> str:
    return "" if ratio is None else f"{100 * ratio:.0f} %"


def _means(results: list[Mapping[str, Any]], num_threads: int) -> tuple[str, ...]:
    pairs = [_ratios(result) for result in results if result.get("is_correct")]
    means = []
    for column in range(len(RATIOS)):
        ratios = [pair[column] for pair in pairs]
        known = [ratio for ratio in ratios if ratio is not None]
        means.append(f"{100 * geometric_mean(known):.0f} % of {len(known)}" if known else "")
    return ("**geometric mean**", str(num_threads), *("" for _ in COLUMNS), *means, "")
