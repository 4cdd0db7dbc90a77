"""Options of the test suite."""

import os
from collections.abc import Iterator

import pytest

from tests.postgres_server import PostgresServer
from tests.sandbox import Sandbox

# Servers of Ray that tests start are reachable from this machine only, and report to nobody.
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; runs with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A process for MLIR that all tests of the session share."""
    worker = Sandbox()
    yield worker
    worker.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A database server that the tests of the session share."""
    server = PostgresServer()
    yield server
    server.close()
