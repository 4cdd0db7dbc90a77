"""The root of the errors that this package raises for misuse and bad input."""


class AutotuneError(Exception):
    """Base of every error that `autotune` raises on purpose; its text is one clear line."""
