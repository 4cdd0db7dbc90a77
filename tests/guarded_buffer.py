"""Memory for arrays that notices accesses beyond them."""

import ctypes
import mmap
from typing import Any

import numpy as np

_LIBC = ctypes.CDLL(None, use_errno=True)
_CANARY = 0xAB
_NO_ACCESS = 0  # PROT_NONE


class GuardedBuffer:
    """A copy of an array that ends where a page begins that nobody may touch.

    Code that reads or writes beyond the array dies on the spot; what it writes shortly before the
    array is found when the buffer is released.

    Args:
        array: What to copy.
        gap_bytes: Bytes between the array and the page; what is written there is found later.
    """

    def __init__(self, array: np.ndarray[Any, Any], gap_bytes: int = 0) -> None:
        num_pages = -(-(array.nbytes + gap_bytes) // mmap.PAGESIZE) + 1
        pages = mmap.mmap(-1, (num_pages + 1) * mmap.PAGESIZE)
        start = num_pages * mmap.PAGESIZE - array.nbytes - gap_bytes
        self._before = np.frombuffer(pages, np.uint8, start)
        self._gap = np.frombuffer(pages, np.uint8, gap_bytes, start + array.nbytes)
        self._before[:] = _CANARY
        self._gap[:] = _CANARY
        self.array = np.frombuffer(pages, array.dtype, array.size, start).reshape(array.shape)
        self.array[...] = array
        end = ctypes.c_void_p(self.array.ctypes.data + array.nbytes + gap_bytes)
        if _LIBC.mprotect(end, ctypes.c_size_t(mmap.PAGESIZE), _NO_ACCESS) != 0:
            raise OSError(ctypes.get_errno(), "mprotect failed")

    def released(self) -> np.ndarray[Any, Any]:
        """Returns the values; the buffer must not be used any more.

        Raises:
            RuntimeError: Something was written right before or behind the array.
        """
        if not (self._before == _CANARY).all():
            raise RuntimeError("the code wrote before the start of an array")
        if not (self._gap == _CANARY).all():
            raise RuntimeError("the code wrote behind the end of an array")
        return self.array.copy()
