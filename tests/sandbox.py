"""MLIR for tests, in a process of its own: transforms modules, and compiles and runs functions.

Hides the worker process. It loads the MLIR packages, which abort on failed assertions, so a crash
or a hang comes back as an exception with the request's module, and the next request gets a new
process.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autotune.errors import FrontEndError
from autotune.workload import Modes, ModuleParts

TIMEOUT_SECS = 300.0


class WorkerError(Exception):
    """The worker crashed or hung while it worked on a request."""


@dataclass(frozen=True)
class Transformed:
    """A module after a pipeline.

    Attributes:
        text: The module, or None when the pipeline failed.
        diagnostics: Errors, one `LOCATION: MESSAGE` a line; empty where it succeeded.
        attributes: String attributes of the first function, without the prefix `autotune.`;
            arrays of strings come as lists.
    """

    text: str | None
    diagnostics: str
    attributes: dict[str, Any]


class Sandbox:
    """A worker process, started at the first request and again after a crash."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def transform(self, text: str, pipeline: str) -> Transformed:
        """Runs an anchored pipeline over a module."""
        return Transformed(*self._request("transform", text, pipeline))

    def run_upstream(
        self, text: str, entry: str, arrays: Sequence[np.ndarray[Any, Any]]
    ) -> list[np.ndarray[Any, Any]]:
        """Lowers with upstream passes only, calls `entry` and returns its arrays after the call."""
        return list(self._request("run_upstream", text, entry, list(arrays)))

    def front_end(
        self,
        source: bytes,
        filename: str,
        entry: str | None = None,
        fp: str = "contract",
        math: str = "inline",
    ) -> ModuleParts:
        """Runs the front end; raises its FrontEndError."""
        answer = self._request("take_in", source, filename, entry, Modes(fp, math))
        if isinstance(answer, FrontEndError):
            raise answer
        assert isinstance(answer, ModuleParts)
        return answer

    def to_bytecode(self, text: str) -> bytes:
        """Writes a module as MLIR bytecode."""
        return bytes(self._request("to_bytecode", text))

    def sink_slices(self, text: str) -> str:
        """Moves what each statement of the workloads computes right before the statement."""
        return str(self._request("sink_slices", text))

    def run_object(
        self,
        object_code: bytes,
        entry: str,
        arrays: Sequence[np.ndarray[Any, Any]],
        gap_bytes: int = 0,
    ) -> list[np.ndarray[Any, Any]]:
        """Calls `entry` of an ELF object with bare pointers; returns its arrays after the call.

        They end `gap_bytes` before the end of a page.
        """
        return list(self._request("run_object", object_code, entry, list(arrays), gap_bytes))

    def close(self) -> None:
        """Ends the worker."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _request(self, kind: str, code: str | bytes, *arguments: Any) -> Any:
        process = self._process = self._process or subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        request = f"{kind} {arguments[:1]} of\n{code if isinstance(code, str) else 'object code'}"
        watchdog = threading.Timer(TIMEOUT_SECS, process.kill)
        watchdog.start()
        try:
            pickle.dump((kind, code, *arguments), process.stdin)
            process.stdin.flush()
            succeeded, answer = pickle.load(process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            self.close()
            raise WorkerError(f"exit status {process.returncode}: {request}") from error
        finally:
            watchdog.cancel()
        assert succeeded, f"{answer}: {request}"
        return answer
