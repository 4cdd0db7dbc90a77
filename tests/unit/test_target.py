"""The host as a target."""

import os
from dataclasses import fields, replace
from pathlib import Path

from autotune.target import building_cores, detect, sources_hash, timing_cores
from autotune.workload import Target


def test_host_is_described(target: Target) -> None:
    assert target.num_cores == len(os.sched_getaffinity(0))
    assert target.vector_bits in (128, 256, 512)
    assert target.num_vector_registers == (32 if target.vector_bits == 512 else 16)
    assert f"{'+' if target.vector_bits == 512 else '-'}avx512f" in target.features.split(",")
    assert "llvmlite=0.50.0" in target.toolchain


def test_key_depends_on_every_field(target: Target) -> None:
    assert target.key == detect().key
    keys = {target.key}
    for field in fields(target):
        value = getattr(target, field.name)
        keys.add(replace(target, **{field.name: value * 2 if value else 1}).key)
    assert len(keys) == 1 + len(fields(target))


def make_checkout(folder: Path) -> Path:
    """A checkout with one pass; returns its package."""
    package = folder / "python/autotune"
    for file in (
        folder / "passes/CMakeLists.txt",
        folder / "passes/lib/Tile.cpp",
        package / "compile_worker.py",
        package / "front_end.py",
        package / "optimising_compiler.py",
        package / "report.py",
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name)
    return package


def test_checkouts_that_generate_other_code_are_other_targets(tmp_path: Path) -> None:
    package = make_checkout(tmp_path / "here")
    same = sources_hash(package)
    assert len(same) == 12
    assert sources_hash(make_checkout(tmp_path / "there")) == same
    (package / "report.py").write_text("other words")
    (tmp_path / "here/passes/notes.txt").write_text("other words")
    assert sources_hash(package) == same
    hashes = {same}
    for file in (tmp_path / "here/passes/lib/Tile.cpp", package / "optimising_compiler.py"):
        file.write_text("other code")
        hashes.add(sources_hash(package))
    assert len(hashes) == 3
    assert sources_hash(tmp_path / "site-packages/autotune") == ""


def test_cores_are_split_between_timing_and_building() -> None:
    allowed = os.sched_getaffinity(0)
    assert len(timing_cores(1)) == 1
    assert timing_cores(1) | building_cores(1) == allowed
    assert building_cores(len(allowed)) == allowed
    if len(allowed) > 1:
        assert not timing_cores(1) & building_cores(1)


def test_lanes_are_masked_in_registers_of_their_own(target: Target) -> None:
    assert replace(target, features="+avx2,+avx512f,+avx512vl").has_mask_registers
    assert not replace(target, features="+avx2,+avx512f,-avx512vl").has_mask_registers
    assert not replace(target, features="").has_mask_registers
