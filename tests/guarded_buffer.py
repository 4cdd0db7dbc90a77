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
    """

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        num_pages = -(-array.nbytes // mmap.PAGESIZE) + 1
        pages = mmap.mmap(-1, (num_pages + 1) * mmap.PAGESIZE)
        start = num_pages * mmap.PAGESIZE - array.nbytes
        self._before = np.frombuffer(pages, np.uint8, start)
        self._before[:] = _CANARY
        self.array = np.frombuffer(pages, array.dtype, array.size, start).reshape(array.shape)
        self.array[...] = array
        end = ctypes.c_void_p(self.array.ctypes.data + array.nbytes)
        if _LIBC.mprotect(end, ctypes.c_size_t(mmap.PAGESIZE), _NO_ACCESS) != 0:
            raise OSError(ctypes.get_errno(), "mprotect failed")

    def released(self) -> np.ndarray[Any, Any]:
        """Returns the values; the buffer must not be used any more.

        Raises:
            RuntimeError: Something was written before the start of the array.
        """
        if not (self._before == _CANARY).all():
            raise RuntimeError("the code wrote before the start of an array")
        return self.array.copy()
