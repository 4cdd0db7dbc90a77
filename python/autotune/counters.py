"""Hardware counters, where the machine lets one read them.

Hides `perf_event_open`. Virtual machines often have no counters, and systems may forbid them:
nothing depends on them.
"""

import ctypes
import errno
import fcntl
import os
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_SYSTEM_CALLS = {"x86_64": 298, "aarch64": 241}
_ATTRIBUTE_BYTES = 128
_DISABLED, _INHERIT, _NO_KERNEL, _NO_HYPERVISOR = 1 << 0, 1 << 1, 1 << 5, 1 << 6
_WITH_TIMES = 3
_CLOSE_ON_EXEC = 1 << 3
_ENABLE, _DISABLE = 0x2400, 0x2401
_READING = struct.Struct("QQQ")


@dataclass(frozen=True)
class Event:
    """Something that can be counted; numbers as in `linux/perf_event.h`."""

    name: str
    type: int
    config: int


EVENTS = (
    Event("cycles", 0, 0),
    Event("instructions", 0, 1),
    Event("cache_misses", 0, 3),
    Event("branch_misses", 0, 5),
)


class Counters:
    """Counts events of this thread, and of those it starts later, wherever it is entered.

    Only what happens in user mode counts.

    Args:
        events: What to count; those that the machine does not have are left out.
    """

    def __init__(self, events: Sequence[Event] = EVENTS) -> None:
        self._open: list[tuple[str, int]] = []
        self.reason = ""
        """Why the last event that is left out cannot be counted; empty where all can."""
        for event in events:
            descriptor, error = _open_event(event)
            if descriptor >= 0:
                self._open.append((event.name, descriptor))
            else:
                self.reason = os.strerror(error)

    def __enter__(self) -> None:
        for _, descriptor in self._open:
            fcntl.ioctl(descriptor, _ENABLE, 0)

    def __exit__(self, *_: object) -> None:
        for _name, descriptor in self._open:
            fcntl.ioctl(descriptor, _DISABLE, 0)

    @property
    def names(self) -> tuple[str, ...]:
        """The events that are counted."""
        return tuple(name for name, _ in self._open)

    def read(self) -> dict[str, float]:
        """Returns the counts so far; scaled up where events had to share the machine's counters."""
        counts = {}
        for name, descriptor in self._open:
            count, enabled, running = _READING.unpack(os.read(descriptor, _READING.size))
            if running:
                counts[name] = count * enabled / running
        return counts

    def close(self) -> None:
        """Gives the counters back."""
        for _, descriptor in self._open:
            os.close(descriptor)
        self._open.clear()


def _open_event(event: Event) -> tuple[int, int]:
    """Returns a descriptor, or -1 and the error's number."""
    number = _SYSTEM_CALLS.get(platform.machine())
    if number is None:
        return -1, errno.ENOSYS
    attribute = bytearray(_ATTRIBUTE_BYTES)
    flags = _DISABLED | _INHERIT | _NO_KERNEL | _NO_HYPERVISOR
    fields = (event.type, _ATTRIBUTE_BYTES, event.config, 0, 0, _WITH_TIMES, flags)
    struct.pack_into("IIQQQQQ", attribute, 0, *fields)
    libc = ctypes.CDLL(None, use_errno=True)
    pointer = (ctypes.c_char * _ATTRIBUTE_BYTES).from_buffer(attribute)
    descriptor = libc.syscall(number, pointer, 0, -1, -1, _CLOSE_ON_EXEC)
    return int(descriptor), ctypes.get_errno()
