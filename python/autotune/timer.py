"""Times calls of native code, and notices when something else had the core.

Hides the clock: the processor's time stamp counter where it runs at one rate on all cores and in
all states, calibrated against the system's monotonic clock, and read right around the calls; the
system's clock elsewhere. What the system says of the threads is read outside of that region.

Where there is such a counter, multiplications that wait for one another show how fast the core's
own clock runs, which is not the counter's: it changes by a fifth within a second as the cores
around it do more or less, and so do times of code that works in registers and caches. Additions
that do not wait for one another show whether another hardware thread shares the core.
"""

import ctypes
import math
import resource
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from autotune.object_code import LoadedCode, NativeCompiler

_INVARIANT = {"constant_tsc", "nonstop_tsc", "rdtscp"}
_CALIBRATION_SECS = 0.05
_NUM_READINGS = 9
_NUM_STEPS = 1000
_LOST_SHARE = 0.01
_LOST_SECS = 10e-6
_SHORT_SECS = 10e-3
_COUNTER = "autotune_ticks"
_NUM_CYCLES = 512 * 8 * 3  # A multiplication of 64 bits takes 3 cycles, on every core since 2008.
_NUM_CHAINS = 2
_TICKS = """
define i64 @autotune_ticks(ptr %stub, ptr %function, ptr %values, i64 %count) {
  %begin = call i64 asm sideeffect
    "mfence\\0Alfence\\0Ardtsc\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax\\0Alfence",
    "={rax},~{rdx},~{memory},~{flags}"()
  call void %stub(ptr %function, ptr %values, i64 %count)
  %end = call i64 asm sideeffect
    "rdtscp\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax\\0Alfence",
    "={rax},~{rdx},~{rcx},~{memory},~{flags}"()
  %ticks = sub i64 %end, %begin
  ret i64 %ticks
}
define i64 @autotune_ticks_now() {
  %now = call i64 asm sideeffect
    "lfence\\0Ardtscp\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax",
    "={rax},~{rdx},~{rcx},~{memory},~{flags}"()
  ret i64 %now
}
define i64 @autotune_ticks_of_additions() {
  %ticks = call i64 asm sideeffect
    "lfence\\0Ardtsc\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax\\0Amovq %rax, %rsi\\0A
     movl $$1024, %edi\\0A
     1: .rept 2\\0Aaddq $$1, %rax\\0Aaddq $$1, %rcx\\0Aaddq $$1, %rdx\\0Aaddq $$1, %r8\\0A
     addq $$1, %r9\\0Aaddq $$1, %r10\\0Aaddq $$1, %r11\\0Aaddq $$1, %rbx\\0A.endr\\0A
     decl %edi\\0Ajnz 1b\\0A
     rdtscp\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax\\0Alfence\\0Asubq %rsi, %rax",
    "={rax},~{rbx},~{rcx},~{rdx},~{rsi},~{rdi},~{r8},~{r9},~{r10},~{r11},~{flags}"()
  ret i64 %ticks
}
define i64 @autotune_ticks_of_chain() {
  %ticks = call i64 asm sideeffect
    "lfence\\0Ardtsc\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax\\0Amovq %rax, %rsi\\0Amovl $$512, %edi\\0A
     1: .rept 8\\0Aimulq %rax, %rax\\0A.endr\\0Adecl %edi\\0Ajnz 1b\\0A
     rdtscp\\0Ashlq $$32, %rdx\\0Aorq %rdx, %rax\\0Alfence\\0Asubq %rsi, %rax",
    "={rax},~{rdx},~{rcx},~{rsi},~{rdi},~{flags}"()
  ret i64 %ticks
}
"""


@dataclass(frozen=True)
class Repeat:
    """One timed repeat.

    Attributes:
        secs: Wall time of one call.
        own_secs: The part of it in which the code had its core, where one thread runs it;
            `secs` where several do.
        num_calls: Calls of the repeat.
        is_disturbed: Whether something else had a core of the code for a part that matters.
        core_hz: Rate of the core's clock meanwhile; None where that cannot be told.
    """

    secs: float
    own_secs: float
    num_calls: int
    is_disturbed: bool
    core_hz: float | None = None

    @property
    def total_secs(self) -> float:
        """Wall time of all calls."""
        return self.secs * self.num_calls


class Timer:
    """Times calls through a stub of `autotune.object_code.calling_stub`.

    Args:
        native: Compiles the code that reads the counter.
        num_threads: Threads that the timed code uses.
        has_counter: Whether to read the time stamp counter; None to find out.
    """

    def __init__(
        self, native: NativeCompiler, num_threads: int, has_counter: bool | None = None
    ) -> None:
        self._num_threads = num_threads
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        self.secs_per_tick: float | None = None
        """Of the time stamp counter; None where the system's clock is used."""
        if has_invariant_counter() if has_counter is None else has_counter:
            self._code = LoadedCode(native, native.compile(_TICKS).object_code)
            pointers = (ctypes.c_void_p,) * 3
            prototype = ctypes.CFUNCTYPE(ctypes.c_int64, *pointers, ctypes.c_int64)
            self._ticks = prototype(self._code.address(_COUNTER))
            self._chain = self._reader("autotune_ticks_of_chain")
            self._additions = self._reader("autotune_ticks_of_additions")
            self.secs_per_tick = self._calibrate()

    def time(
        self, stub: int, function: int, values: ctypes.Array[ctypes.c_void_p], num_calls: int
    ) -> Repeat:
        """Times `num_calls` calls of `function`.

        Args:
            stub: Address of the stub.
            function: Address of the function.
            values: What the stub takes.
            num_calls: At least 1.
        """
        hz_before = self.core_hz()
        before = self._usage()
        if self.secs_per_tick is None:
            start = time.perf_counter()
            self._call(stub)(function, values, num_calls)
            secs = time.perf_counter() - start
        else:
            secs = self._ticks(stub, function, values, num_calls) * self.secs_per_tick
        switches, cpu_secs, waited_secs = (
            after - earlier for after, earlier in zip(self._usage(), before, strict=True)
        )
        is_alone = self._num_threads == 1
        lost_secs = secs - cpu_secs if is_alone else waited_secs
        is_disturbed = lost_secs > max(_LOST_SHARE * secs, _LOST_SECS)
        is_disturbed |= switches > 0 and secs < _SHORT_SECS
        own_secs = min(secs, cpu_secs) if is_alone else secs
        hz_after = self.core_hz()
        core_hz = None if hz_before is None or hz_after is None else (hz_before + hz_after) / 2.0
        return Repeat(secs / num_calls, own_secs / num_calls, num_calls, is_disturbed, core_hz)

    def core_hz(self) -> float | None:
        """Returns the present rate of the core's clock; None where there is no counter."""
        if self.secs_per_tick is None:
            return None
        return _NUM_CYCLES / (self._chain_ticks() * self.secs_per_tick)

    def _chain_ticks(self) -> int:
        num_ticks: int = min(self._chain() for _ in range(_NUM_CHAINS))
        return num_ticks

    def crowding(self) -> float:
        """Returns how long the core takes for what needs all of its width, in no unit.

        Two hardware threads share that, but not the time that a chain of multiplications takes,
        which this is relative to: the clock does not count.

        Raises:
            ValueError: There is no counter.
        """
        if self.secs_per_tick is None:
            raise ValueError("no time stamp counter that runs at one rate")
        num_ticks: int = self._additions()
        return num_ticks / self._chain_ticks()

    def step_secs(self) -> float:
        """Returns the smallest difference that the clock can show."""
        if self.secs_per_tick is None:
            return time.get_clock_info("perf_counter").resolution
        read = self._reader("autotune_ticks_now")
        readings = [read() for _ in range(_NUM_STEPS)]
        steps = (later - earlier for earlier, later in pairwise(readings))
        return math.gcd(*steps) * self.secs_per_tick

    def _usage(self) -> tuple[float, float, float]:
        """How often threads lost their core, CPU time of this one, and what all of them waited."""
        if self._num_threads == 1:
            switches = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
            return switches, time.thread_time(), 0.0
        switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        return switches, time.thread_time(), _waited_secs()

    def _calibrate(self) -> float:
        """Returns seconds of one tick, from two readings of both clocks."""
        read = self._reader("autotune_ticks_now")
        first = _both_clocks(read)
        time.sleep(_CALIBRATION_SECS)
        second = _both_clocks(read)
        return (second[0] - first[0]) / (second[1] - first[1])

    def _reader(self, name: str) -> "ctypes._FuncPointer":
        """Returns a function that takes nothing and returns ticks."""
        return ctypes.CFUNCTYPE(ctypes.c_int64)(self._code.address(name))


def has_invariant_counter() -> bool:
    """Whether the time stamp counter ticks at one rate whatever the cores do."""
    path = Path("/proc/cpuinfo")
    text = path.read_text() if path.exists() else ""
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return set(flags.split()) >= _INVARIANT


def _both_clocks(read: "ctypes._FuncPointer") -> tuple[float, int]:
    """Returns seconds and ticks of one moment: the reading with the fewest ticks around it."""
    readings = []
    for _ in range(_NUM_READINGS):
        before, now, after = read(), time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW), read()
        readings.append((after - before, now * 1e-9, (before + after) // 2))
    _, secs, ticks = min(readings)
    return secs, ticks


def _waited_secs() -> float:
    """How long the threads of this process were ready to run and had no core; 0 where unknown."""
    total = 0
    for path in Path("/proc/self/task").glob("*/schedstat"):
        fields = path.read_text().split()
        total += int(fields[1])
    return total * 1e-9
