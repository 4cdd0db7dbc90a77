"""How times scatter on this machine, and which speed-ups can be told apart because of it.

Two small kernels, one bound by arithmetic and one by memory, are timed again and again, in the
process and by the protocol that candidates are timed with. All timings of a kernel are of the same
code, so whatever differs between them is noise.
"""

import ctypes
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median, quantiles

from autotune.errors import AutotuneError
from autotune.measurement import Artefact, MeasureConfig, Measurement
from autotune.object_code import LoadedCode, NativeCompiler, calling_stub
from autotune.runner import LocalRunner
from autotune.search import relative_noise, speedup
from autotune.timer import Timer
from autotune.workload import Argument, Role, Target, Workload

_NUM_ROUNDS, _LEAST_ROUNDS, _ROUNDS_PER_TURN = 24, 6, 4
_NUM_TWINS = 3
_LIMIT_SECS = 4.5
_PATIENCE_SECS = 0.5
_NUM_EMPTY_CALLS = 1000
_DEVIATIONS = 1.4826  # of normal values: their standard deviation over their median deviation
_LEAST_MEMORY_BYTES, _MOST_MEMORY_BYTES = 16 << 20, 64 << 20

_EMPTY = "define void @nothing() {\n  ret void\n}\n"
_ARITHMETIC = """
define void @kernel(ptr noalias %from, ptr noalias %to) {
  br label %outer
outer:
  %round = phi i64 [ 0, %0 ], [ %following, %after ]
  br label %inner
inner:
  %i = phi i64 [ 0, %outer ], [ %next, %inner ]
  %source = getelementptr float, ptr %from, i64 %i
  %place = getelementptr float, ptr %to, i64 %i
  %x = load float, ptr %source
  %y = load float, ptr %place
  %half = fmul contract float %y, 5.0e-1
  %sum = fadd contract float %half, %x
  store float %sum, ptr %place
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, 1024
  br i1 %more, label %inner, label %after
after:
  %following = add i64 %round, 1
  %again = icmp ult i64 %following, 500
  br i1 %again, label %outer, label %end
end:
  ret void
}
"""
_MEMORY = """
define void @kernel(ptr noalias %from, ptr noalias %to) {{
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %loop ]
  %total = phi float [ 0.0, %0 ], [ %sum, %loop ]
  %source = getelementptr float, ptr %from, i64 %i
  %x = load float, ptr %source
  %sum = fadd reassoc float %total, %x
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, {num_floats}
  br i1 %more, label %loop, label %end
end:
  store float %sum, ptr %to
  ret void
}}
"""


class NoiseError(AutotuneError):
    """Timing does not work on this machine."""


@dataclass(frozen=True)
class Noise:
    """Timings of one code.

    Attributes:
        alone: Timed as a search times candidates, at least two.
        in_turn: Timed as finalists are, side by side; each group has at least two.
    """

    alone: tuple[Measurement, ...]
    in_turn: tuple[tuple[Measurement, ...], ...]

    @property
    def run_secs(self) -> float:
        """Median of the medians."""
        return median(median(each.run_secs) for each in self.alone)

    @property
    def interval(self) -> float:
        """Half the 95 % interval of one timing's median, relative to it; the median of these."""
        return median(relative_noise(each) or 0.0 for each in self.alone)

    @property
    def error(self) -> float:
        """Standard deviation of a speed-up between timings, relative to it."""
        return relative_error(_speedups(self.alone))

    @property
    def disturbed_share(self) -> float:
        """Disturbed repeats, relative to all."""
        num_disturbed = sum(each.num_disturbed for each in self.alone)
        num_good = sum(len(each.run_secs) for each in self.alone)
        return num_disturbed / (num_disturbed + num_good)

    @property
    def search_ratio(self) -> float:
        """The smallest speed-up that a search can tell apart."""
        return distinguishable([_speedups(self.alone)])

    @property
    def finalist_ratio(self) -> float:
        """The smallest speed-up of one finalist over another that can be told apart."""
        return distinguishable([_speedups(group) for group in self.in_turn])


def relative_error(ratios: Sequence[float]) -> float:
    """Returns the standard deviation of equally meant ratios, relative to them.

    It is estimated from the median deviation of the logarithms, so a few outliers do not count.
    """
    logarithms = list(map(math.log, ratios))
    middle = median(logarithms)
    return _DEVIATIONS * median(abs(each - middle) for each in logarithms)


def distinguishable(groups: Sequence[Sequence[float]]) -> float:
    """Returns the ratio that two of the equally meant values in a group have in 5 % of all pairs.

    What differs by more is taken for different with a probability of error of 5 %. Nothing is
    assumed of the distribution, and outliers count: a candidate is timed once.

    Args:
        groups: Two values at least in each; only values of the same group are compared.
    """
    pairs = [pair for group in groups for pair in combinations(map(math.log, group), 2)]
    differences = [abs(one - other) for one, other in pairs]
    if len(differences) == 1:
        return math.exp(differences[0])
    return math.exp(quantiles(differences, n=20, method="inclusive")[-1])


def measure_noise(target: Target, clock: Callable[[], float]) -> dict[str, Noise]:
    """Times two kernels for some seconds, in turns; returns their noise by what bounds them.

    Args:
        target: The machine.
        clock: Seconds, monotonic.

    Raises:
        NoiseError: A timing fails; the text says why.
    """
    kernels = _kernels(target)
    alone: dict[str, list[Measurement]] = {name: [] for name in kernels}
    in_turn: dict[str, list[tuple[Measurement, ...]]] = {name: [] for name in kernels}
    deadline_secs = clock() + _LIMIT_SECS
    with LocalRunner(target, MeasureConfig(patience_secs=_PATIENCE_SECS)) as runner:
        for number in range(_NUM_ROUNDS):
            if number >= _LEAST_ROUNDS and clock() >= deadline_secs:
                break
            for name, (workload, code) in kernels.items():
                twin = replace(code, object_hash="twin")
                alone[name].append(_succeeded(runner.run(workload, code, twin)))
                if number % _ROUNDS_PER_TURN == 0:
                    timed = runner.compare(workload, code, [twin] * _NUM_TWINS)
                    in_turn[name].append(tuple(map(_succeeded, timed)))
    return {name: Noise(tuple(alone[name]), tuple(in_turn[name])) for name in kernels}


def measure_timer(target: Target) -> Mapping[str, float]:
    """Returns what the timer's clock can do, in seconds: the `step` it counts in, its `overhead`.

    The overhead is what a call of an empty function seems to take.
    """
    native = NativeCompiler(target.cpu, target.features)
    empty = LoadedCode(native, native.compile(_EMPTY).object_code)
    stub = LoadedCode(native, native.compile(calling_stub("stub", ())).object_code)
    timer = Timer(native, 1)
    addresses = stub.address("stub"), empty.address("nothing")
    values = (ctypes.c_void_p * 0)()
    calls = [timer.time(*addresses, values, 1).secs for _ in range(_NUM_EMPTY_CALLS)]
    return {"step_secs": timer.step_secs(), "overhead_secs": median(calls)}


def _kernels(target: Target) -> dict[str, tuple[Workload, Artefact]]:
    """Returns kernels with their code by what bounds them."""
    num_bytes = max(2 * target.l3_bytes, _LEAST_MEMORY_BYTES)
    num_floats = min(num_bytes, _MOST_MEMORY_BYTES) // 4
    native = NativeCompiler(target.cpu, target.features)
    kernels = {}
    for name, text, extents in (
        ("arithmetic", _ARITHMETIC, (1024, 1024)),
        ("memory", _MEMORY.format(num_floats=num_floats), (num_floats, 1)),
    ):
        code = native.compile(text)
        arguments = tuple(Argument(Role.BUFFER, "f32", (extent,)) for extent in extents)
        artefact = Artefact(code.object_code, code.object_hash, 0.0, 0)
        kernels[name] = Workload("kernel", "", name, arguments), artefact
    return kernels


def _succeeded(measurement: Measurement) -> Measurement:
    if measurement.failure is not None:
        raise NoiseError(f"timing fails: {measurement.failure.message}")
    return measurement


def _speedups(timed: Sequence[Measurement]) -> list[float]:
    return [speedup(each) or 1.0 for each in timed]
