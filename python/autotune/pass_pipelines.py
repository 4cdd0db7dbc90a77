"""Runs MLIR's passes by the text of their pipelines; what they refuse is a failure.

Hides pass managers: making one takes patterns of all dialects together anew, so that recent ones
are kept.
"""

from collections import OrderedDict

from mlir import ir
from mlir.passmanager import PassManager

from autotune.measurement import Failure, FailureKind

_NUM_KEPT = 64


class RefusedError(Exception):
    """A candidate that does not compile, with its failure."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message)


class PassPipelines:
    """Runs passes on operations of one context."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bool], PassManager] = OrderedDict()

    def run(
        self, operation: ir.Operation, pipeline: str, kind: FailureKind, verifies: bool = True
    ) -> None:
        """Runs passes on an operation.

        Args:
            operation: What the passes run on.
            pipeline: The passes, as text.
            kind: Of the failure.
            verifies: After every pass.

        Raises:
            RefusedError: A pass emits an error, or the text is none of a pipeline.
        """
        with operation.context:
            try:
                self._passes(f"{operation.name}({pipeline})", verifies).run(operation)
            except ir.MLIRError as error:
                raise RefusedError(kind, reason(error)) from None
            except ValueError as error:
                raise RefusedError(kind, f"{pipeline}: {_first_line(str(error))}") from None

    def _passes(self, text: str, verifies: bool) -> PassManager:
        key = (text, verifies)
        if key not in self._kept:
            passes = PassManager.parse(text)
            passes.enable_verifier(verifies)
            self._kept[key] = passes
            if len(self._kept) > _NUM_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def reason(error: ir.MLIRError) -> str:
    """Returns the first diagnostic, without its location, which is one in generated text."""
    diagnostics = error.error_diagnostics
    message = diagnostics[0].message if diagnostics else str(error)
    return _first_line(message).removeprefix("illegal: ")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
