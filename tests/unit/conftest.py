"""Compile workers and a target for tests that compile."""

from collections.abc import Iterator

import pytest

from autotune.compiler import CompilerPool
from autotune.target import detect
from autotune.workload import Target


@pytest.fixture(scope="session")
def target() -> Target:
    return detect()


@pytest.fixture(scope="session")
def pool(target: Target) -> Iterator[CompilerPool]:
    with CompilerPool(target, num_workers=1, timeout_secs=60) as compilers:
        yield compilers
