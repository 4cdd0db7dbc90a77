"""Where files go that the user gave no place for (XDG base directories)."""

import os
from pathlib import Path


def default_database() -> str:
    """Path of the tuning database."""
    return str(_base("XDG_DATA_HOME", ".local/share") / "tuning.db")


def reproducers_folder() -> Path:
    """Folder for failing candidates."""
    return _base("XDG_CACHE_HOME", ".cache") / "reproducers"


def _base(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default) / "autotune"
