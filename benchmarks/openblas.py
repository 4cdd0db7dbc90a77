"""NumPy's OpenBLAS as a rival: with the kernels that it chooses, and with others."""

from autotune.target import detect

NUMPY, NUMPY_SKYLAKEX = "numpy", "numpy-skylakex"


def openblas_environments() -> dict[str, dict[str, str]]:
    """Returns what the environment of each rival holds; the better one counts.

    Those for SkylakeX, which are the faster ones on some newer CPUs, need 512-bit vectors.
    """
    environments: dict[str, dict[str, str]] = {NUMPY: {}}
    if detect().vector_bits == 512:
        environments[NUMPY_SKYLAKEX] = {"OPENBLAS_CORETYPE": "SkylakeX"}
    return environments
