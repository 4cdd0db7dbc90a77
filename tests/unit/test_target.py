"""The host as a target."""

import os
from dataclasses import fields, replace

from autotune.target import building_cores, detect, timing_cores
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


def test_cores_are_split_between_timing_and_building() -> None:
    allowed = os.sched_getaffinity(0)
    assert len(timing_cores(1)) == 1
    assert timing_cores(1) | building_cores(1) == allowed
    assert building_cores(len(allowed)) == allowed
    if len(allowed) > 1:
        assert not timing_cores(1) & building_cores(1)
