"""The errors that this package raises for misuse and bad input."""


class AutotuneError(Exception):
    """Base of every error that `autotune` raises on purpose; its text is one clear line."""


class InputError(AutotuneError):
    """A program that cannot be taken; the text names file, line and reason."""
