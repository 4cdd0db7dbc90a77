"""From a user's MLIR module to the affine normal form, split in workloads.

Hides which passes run in which order, how diagnostics become one located line, and how equal
workloads get one hash. Runs in a compile worker: it imports MLIR, and everything it returns or
raises is plain and picklable.
"""

import hashlib
import re

from mlir import ir
from mlir.passmanager import PassManager

import autotune._passes  # noqa: F401  registers the passes
from autotune.errors import FrontEndError
from autotune.workload import Argument, Modes, ModuleParts, Role, Workload

_PREPARE = (
    "inline",
    "symbol-dce",
    "canonicalize",
    "cse",
    "func.func(autotune-prepare-tensors)",
    "autotune-fuse-elementwise",
    "canonicalize",
    "cse",
    "func.func(autotune-prepare-tensors)",
    "convert-tensor-to-linalg",
    "func.func(linalg-generalize-named-ops)",
)
_BUFFERIZE = (
    "eliminate-empty-tensors",
    "one-shot-bufferize{bufferize-function-boundaries=1"
    " function-boundary-type-conversion=identity-layout-map}",
    "canonicalize",
    "func.func(autotune-results-to-arguments,convert-linalg-to-affine-loops)",
)
_RAISE = (
    "func.func(scf-forall-to-for,scf-parallel-for-to-nested-fors)",
    "func.func(autotune-fold-views,autotune-raise-affine,autotune-single-iterations)",
    "canonicalize",
    "cse",
    "func.func(autotune-check-bounds)",
    "func.func(autotune-split-loops)",
)
# MLIR computes the first as exp(x) - 1, which is 0 near 0; the C library does not have the others.
_NEVER_CALLED = ("expm1", "rsqrt", "isinf", "isnormal", "fpowi")
_INLINE_FUNCTIONS = ("exp", "exp2", "log", "log1p", "tanh", "erf", *_NEVER_CALLED)
_DEMOTE = (
    "autotune-widen-booleans",
    "func.func(autotune-demote)",
    "cse",
)


def canonicalize(source: bytes, filename: str, entry: str | None, modes: Modes) -> ModuleParts:
    """Brings a program to the affine normal form and splits it in workloads.

    Args:
        source: An MLIR module, text or bytecode.
        filename: The file's name for messages.
        entry: Symbol of the function to tune; None takes the only public one.
        modes: What may happen to floating-point arithmetic.

    Raises:
        FrontEndError: For everything that the front end cannot take, with the first reason.
    """
    notes: list[str] = []

    def take_note(diagnostic: ir.Diagnostic) -> bool:
        if diagnostic.severity == ir.DiagnosticSeverity.REMARK:
            line, _ = _position(diagnostic.location)
            place = filename if line is None else f"{filename}:{line}"
            notes.append(f"{place}: {_first_line(diagnostic.message)}")
        return True

    with ir.Context() as context, ir.Location.unknown():
        context.attach_diagnostic_handler(take_note)
        try:
            module = ir.Module.parse(source)
            name = _choose_entry(module, filename, entry)
            PassManager.parse(_pipeline(name, modes)).run(module.operation)
        except ir.MLIRError as error:
            raise _located(error, filename, source) from None
        functions = _functions(module)
        return ModuleParts(
            text=str(module),
            entry=name,
            arguments=_describe_arguments(functions[name]),
            workloads=tuple(
                _describe_workload(module, symbol, function)
                for symbol, function in functions.items()
                if "autotune.workload" in function.attributes
            ),
            notes=tuple(dict.fromkeys(notes)),
        )


def _pipeline(entry: str, modes: Modes) -> str:
    arithmetic = []
    if modes.fp != "strict":
        arithmetic.append("func.func(autotune-form-fma)")
    functions = ",".join(_INLINE_FUNCTIONS if modes.math == "inline" else _NEVER_CALLED)
    arithmetic.append(f"func.func(autotune-expand-math{{functions={functions}}})")
    reassociation = ("func.func(autotune-allow-reassociation)",) if modes.fp == "reassoc" else ()
    passes = (
        f"autotune-check-input{{entry={entry}}}",
        *_PREPARE,
        *_BUFFERIZE,
        *_RAISE,
        *arithmetic,
        *_DEMOTE,
        *reassociation,
        "autotune-outline",
        "autotune-collapse-rows",
        "func.func(autotune-uncontract-sums,autotune-localize)",
    )
    return f"builtin.module({','.join(passes)})"


def _functions(module: ir.Module) -> dict[str, ir.Operation]:
    """The functions with a body, by name, in the order of the module."""
    return {
        ir.StringAttr(operation.attributes["sym_name"]).value: operation.operation
        for operation in module.body.operations
        if operation.operation.name == "func.func" and len(operation.regions[0].blocks) > 0
    }


def _is_public(function: ir.Operation) -> bool:
    attributes = function.attributes
    return (
        "sym_visibility" not in attributes
        or ir.StringAttr(attributes["sym_visibility"]).value == "public"
    )


def _choose_entry(module: ir.Module, filename: str, entry: str | None) -> str:
    functions = _functions(module)
    public = [name for name, function in functions.items() if _is_public(function)]
    names = ", ".join(functions)
    if entry is not None and entry not in functions:
        known = f"it has {names}" if names else "it has none"
        raise FrontEndError(filename, 1, 1, f"no function '{entry}' in the module: {known}")
    if entry is not None:
        return entry
    if not public:
        raise FrontEndError(filename, 1, 1, "no public function with a body in the file")
    if len(public) > 1:
        line, column = _position(functions[public[1]].location)
        raise FrontEndError(
            filename,
            line,
            column,
            f"several public functions ({', '.join(public)}): choose one with --entry",
        )
    return public[0]


def _position(location: ir.Location) -> tuple[int | None, int | None]:
    """Line and column of the first file location in `location`."""
    if location.is_a_file():
        line, column = location.start_line, location.start_col
        return (line, column) if line > 0 else (None, None)
    if location.is_a_name():
        return _position(location.child_loc)
    if location.is_a_callsite():
        return _position(location.callee)
    if location.is_a_fused():
        positions = [_position(part) for part in location.locations]
        return next((found for found in positions if found[0] is not None), (None, None))
    return None, None


def _first_line(message: str) -> str:
    lines = message.strip().splitlines()
    return re.sub(r"\s+", " ", lines[0]) if lines else "the program cannot be taken"


def _is_cut_off(source: bytes, line: int | None) -> bool:
    """Whether the error at `line` comes from a text that ends too early."""
    is_last = line is not None and line >= len(source.rstrip().splitlines())
    return is_last and source.count(b"{") > source.count(b"}")


def _located(error: ir.MLIRError, filename: str, source: bytes) -> FrontEndError:
    """The first diagnostic of `error` that says more than that a pass failed."""
    diagnostics = list(error.error_diagnostics)
    if not diagnostics:
        return FrontEndError(filename, None, None, _first_line(str(error)))
    line, column = _position(diagnostics[0].location)
    reason = _first_line(diagnostics[0].message)
    unknown_dialect = re.search(r"Dialect `(\w+)' not found for custom op '([\w.]+)'", reason)
    if unknown_dialect:
        reason = f"unknown operation '{unknown_dialect[2]}': no dialect '{unknown_dialect[1]}'"
    elif "unregistered dialect" in reason:
        reason = "unknown operation: its dialect is not registered"
    elif reason == "op was not bufferized":
        reason = "this operation on tensors has no form on buffers"
    elif _is_cut_off(source, line):
        reason = f"{reason}; the file ends here: is it complete?"
    return FrontEndError(filename, line, column, reason)


def _referenced_globals(function: ir.Operation) -> list[str]:
    """Names of the globals that `function` reads, in the order of their first use."""
    names: dict[str, None] = {}

    def visit(operation: ir.Operation) -> ir.WalkResult:
        if operation.name == "memref.get_global":
            names[ir.FlatSymbolRefAttr(operation.attributes["name"]).value] = None
        return ir.WalkResult.ADVANCE

    function.walk(visit)
    return list(names)


def _standalone_text(module: ir.Module, function: ir.Operation, name: str) -> str:
    """Text of a module that holds `function`, under the symbol `name`, and its globals."""
    symbols = ir.SymbolTable(module.operation)
    alone = ir.Module.create()
    with ir.InsertionPoint(alone.body):
        for referenced in _referenced_globals(function):
            symbols[referenced].operation.clone()
        copy = function.clone()
    copy.attributes["sym_name"] = ir.StringAttr.get(name)
    del copy.attributes["sym_visibility"]
    return str(alone)


def _describe_workload(module: ir.Module, name: str, function: ir.Operation) -> Workload:
    anonymous = _standalone_text(module, function, "workload")
    return Workload(
        name=name,
        text=_standalone_text(module, function, name),
        hash=hashlib.sha256(anonymous.encode()).hexdigest(),
        arguments=_describe_arguments(function),
    )


def _describe_arguments(function: ir.Operation) -> tuple[Argument, ...]:
    values = list(function.regions[0].blocks[0].arguments)
    marks = [ir.DictAttr.get({})] * len(values)
    if "arg_attrs" in function.attributes:
        marks = [ir.DictAttr(each) for each in ir.ArrayAttr(function.attributes["arg_attrs"])]
    return tuple(
        _describe_argument(value.type, mark) for value, mark in zip(values, marks, strict=True)
    )


def _describe_argument(type_: ir.Type, marks: ir.DictAttr) -> Argument:
    if not isinstance(type_, ir.MemRefType):
        return Argument(Role.SCALAR, str(type_), ())
    role = Role.BUFFER
    if "autotune.result" in marks:
        role = Role.RESULT
    elif "autotune.tensor" in marks:
        role = Role.TENSOR
    element = "i1" if "autotune.boolean" in marks else str(type_.element_type)
    return Argument(role, element, tuple(type_.shape))
