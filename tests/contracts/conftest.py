"""Databases of both back ends."""

import pytest

from autotune.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request, tmp_path):
    """Gives the URL of another empty database with every call."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").new_database
    numbers = iter(range(9))
    return lambda: str(tmp_path / f"tuning{next(numbers)}.db")


@pytest.fixture
def url(new_url):
    return new_url()


@pytest.fixture
def database(url):
    with Database(url) as opened:
        yield opened
