"""The errors that this package raises for misuse and bad input."""


class AutotuneError(Exception):
    """Base of every error that `autotune` raises on purpose; its text is one clear line."""


class InputError(AutotuneError):
    """A program that cannot be taken; the text names file, line and reason."""


class DatabaseError(AutotuneError):
    """The database cannot be used, or what is imported is no export; the text says why."""


class RecordingError(AutotuneError):
    """The database stopped taking measurements; what was committed before is kept."""


class FrontEndError(InputError):
    """A place in a program that the front end cannot take.

    Attributes:
        file: The file's name as the user gave it.
        line: Counted from 1; None where the place has no line, as in bytecode.
        column: Counted from 1; None where the place has no column.
        reason: One line.
    """

    def __init__(self, file: str, line: int | None, column: int | None, reason: str) -> None:
        super().__init__(file, line, column, reason)
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason

    def __str__(self) -> str:
        place = [self.file, *(str(part) for part in (self.line, self.column) if part is not None)]
        return f"{':'.join(place)}: {self.reason}"
