"""Runs a pass pipeline over an MLIR file: the project's `mlir-opt`, for tests and for debugging.

Usage: `python -m autotune.opt FILE --pass-pipeline='builtin.module(func.func(...))'`. Prints the
resulting module on standard output and diagnostics on standard error; a diagnostic of severity
error makes the exit status 1. Hides how the passes of `autotune._passes` get registered.
"""

import argparse
import importlib
import re
import sys
from pathlib import Path

from mlir import ir
from mlir.passmanager import PassManager

SPLIT_MARKER = "// -----"


def print_diagnostic(diagnostic: ir.Diagnostic, name: str) -> None:
    """Prints `FILE:LINE:COLUMN: severity: message` and its notes to standard error."""
    place = re.sub(r'^loc\("(.*)":(\d+):(\d+)\)$', r"\1:\2:\3", str(diagnostic.location))
    place = re.sub(r"^-(?=:)", lambda _: name, place)
    severity = str(diagnostic.severity).rsplit(".", 1)[-1].lower()
    print(f"{place}: {severity}: {diagnostic.message}", file=sys.stderr)
    for note in diagnostic.notes:
        print_diagnostic(note, name)


def run_pipeline(text: str, name: str, pipeline: str) -> str | None:
    """Returns the module in `text` after `pipeline`, or None after printing why not.

    Args:
        text: An MLIR module.
        name: The file name for locations.
        pipeline: An anchored pipeline, such as `builtin.module(canonicalize)`; may be empty.
    """

    def handle(diagnostic: ir.Diagnostic) -> bool:
        print_diagnostic(diagnostic, name)
        return True

    with ir.Context() as context:
        # The handler prints everything, so the exceptions only repeat what was said.
        context.emit_error_diagnostics = True
        context.attach_diagnostic_handler(handle)
        try:
            manager = PassManager.parse(pipeline) if pipeline else PassManager()
        except ValueError as error:
            print(f"{name}: error: {error}", file=sys.stderr)
            return None
        try:
            module = ir.Module.parse(text)
            manager.run(module.operation)
        except ir.MLIRError:
            return None
        return str(module)


def split_input(text: str) -> list[str]:
    """Splits at lines that begin with the marker, keeping every part's line numbers."""
    parts: list[list[str]] = [[]]
    for number, line in enumerate(text.splitlines()):
        if line.startswith(SPLIT_MARKER):
            parts.append([""] * (number + 1))
        else:
            parts[-1].append(line)
    return ["\n".join(part) for part in parts]


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="autotune-opt", description=__doc__)
    parser.add_argument("file", help="an MLIR file, or - for standard input")
    parser.add_argument("--pass-pipeline", default="", help="an anchored pass pipeline")
    parser.add_argument(
        "--split-input-file",
        action="store_true",
        help=f"run the parts between lines '{SPLIT_MARKER}' one by one",
    )
    options = parser.parse_args(arguments)
    importlib.import_module("autotune._passes")
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8")
    parts = split_input(text) if options.split_input_file else [text]
    status = 0
    for number, part in enumerate(parts):
        result = run_pipeline(part, options.file, options.pass_pipeline)
        if result is None:
            status = 1
            continue
        if number > 0:
            print(SPLIT_MARKER)
        print(result, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
