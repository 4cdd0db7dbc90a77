"""The process that runs MLIR: answers the requests of `autotune.compiler`."""

import argparse
import hashlib
import os
import time
from collections import OrderedDict
from itertools import zip_longest

from mlir import ir
from mlir.dialects.llvm import translate_module_to_llvmir

from autotune import front_end, outer_loops
from autotune.build_stages import Stage, StageClock
from autotune.compiler import (
    BuildModuleRequest,
    BuildRequest,
    DescribeRequest,
    ExpandRequest,
    FrontEndRequest,
    ShortenRequest,
)
from autotune.errors import InputError
from autotune.measurement import (
    Artefact,
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    FailureKind,
    Menu,
    ModuleBuild,
)
from autotune.object_code import ObjectCodeError
from autotune.optimising_compiler import (
    SCHEDULED_ATTRIBUTE,
    OptimisedCode,
    OptimisingCompiler,
)
from autotune.pass_pipelines import PassPipelines, RefusedError, reason
from autotune.proxy import ProxyChoice
from autotune.schedule import Schedule
from autotune.worker_process import serve
from autotune.workload import ModuleParts, Target, Workload

# Functions go before OpenMP, else outlined bodies take descriptors for bare pointers; OpenMP
# regions verify only when canonicalised, in one round: what further ones find makes no other code.
# Nothing cleans up in the end: LLVM does, and faster.
LOWERING = (
    "lower-affine",
    "convert-vector-to-scf",
    "convert-scf-to-openmp",
    "canonicalize{max-iterations=1}",
    "expand-strided-metadata",
    "lower-affine",
    "convert-scf-to-cf",
    "convert-vector-to-llvm{enable-x86vector=1}",
    "finalize-memref-to-llvm{use-aligned-alloc=1}",
    "convert-math-to-llvm{approximate-log1p=0}",
    "convert-math-to-libm",
    "convert-func-to-llvm{use-bare-ptr-memref-call-conv=1}",
    "convert-openmp-to-llvm",
    "convert-ub-to-llvm",
    "convert-to-llvm",
    "reconcile-unrealized-casts",
)
# LLVM does not see that subscripts keep what a loop accumulates apart from what it reads.
UNTUNED_LOWERING = "autotune-promote"
# A fraction of what threads have at least; entry and workload functions add up.
STACK_BUFFERS = "autotune-stack-buffers{budget=131072}"
# Before all else: LLVM would take flags that allow it to invert any divisor at their word.
DIVISIONS = "cse,autotune-invert-divisors"
SCHEDULED_LLVM_PASSES = "autotune-limit-unrolling,autotune-alias-scopes"
# On x86 alone there are stores whose order takes a fence to keep.
X86_LLVM_PASSES = "autotune-fence-streams"
_NUM_CACHED_STATES = 512

# Code beyond this takes LLVM seconds (a third of a millisecond a line, on slow machines), and is
# never the fastest: register tiles that fit the registers have a fifth of it.
_MAX_LOOP_OPERATIONS = 3000
_MAX_LLVM_LINES = 4000
_CODE_PER_SOURCE_LINE = 40

_SCHEDULED = "autotune.scheduled"


class Compiler:
    """Answers requests; keeps recent schedules, as most of them get extended.

    Args:
        stages: Told where the time of builds goes.
    """

    def __init__(self, stages: StageClock | None = None) -> None:
        self._stages = stages or StageClock(time.process_time)
        self._context = ir.Context()
        self._passes = PassPipelines()
        self._optimising: dict[tuple[str, str], OptimisingCompiler] = {}
        self._context.enable_multithreading(False)  # A worker has one core.
        self._scheduled: OrderedDict[tuple[str, str], ir.Operation] = OrderedDict()

    def handle(self, request: object) -> object:
        """Returns the answer that the request's class describes."""
        match request:
            case FrontEndRequest():
                return self._front_end(request)
            case DescribeRequest():
                return self._describe(request)
            case ExpandRequest():
                return self._expand(request)
            case BuildRequest():
                return self.build(request)
            case BuildModuleRequest():
                return self._build_module(request)
            case ShortenRequest():
                return self._shorten(request)
        raise TypeError(f"not a request: {request!r}")

    def _front_end(self, request: FrontEndRequest) -> ModuleParts | InputError:
        try:
            return front_end.canonicalize(
                request.source, request.filename, request.entry, request.modes
            )
        except InputError as error:
            return error

    def _describe(self, request: DescribeRequest) -> Description | Failure:
        try:
            module = self._scheduled_form(request.candidate)
            function = _function(module, request.candidate.workload.name)
            self._passes.run(function, "autotune-describe", FailureKind.COMPILE_ERROR)
        except RefusedError as refused:
            return refused.failure
        return Description(_tree_hash(function), _text(function.attributes["autotune.loops"]))

    def _expand(self, request: ExpandRequest) -> Expansion | Failure:
        candidate, target = request.candidate, request.target
        options = f"threads={target.num_threads} vector-bits={target.vector_bits}"
        try:
            module = self._scheduled_form(candidate)
            function = _function(module, candidate.workload.name)
            self._passes.run(
                function, f"autotune-enumerate{{{options}}}", FailureKind.COMPILE_ERROR
            )
        except RefusedError as refused:
            return refused.failure
        menus = tuple(Menu.parse(_text(x)) for x in function.attributes["autotune.menus"])
        loops = _text(function.attributes["autotune.loops"])
        return Expansion(_tree_hash(function), menus, loops)

    def build(self, request: BuildRequest) -> BuildResult:
        """See `BuildRequest`."""
        start, candidate = time.perf_counter(), request.candidate
        try:
            module = self._loops(candidate, request.target)
            llvm_ir = self._translate(module, request.target)
            if candidate.schedule.transformations:
                _refuse_excess(llvm_ir, _allowed(candidate.workload, _MAX_LLVM_LINES))
            code = self._compile(llvm_ir, request.target)
        except RefusedError as refused:
            return BuildResult(candidate, None, refused.failure)
        seconds = time.perf_counter() - start
        artefact = Artefact(code.object_code, code.object_hash, seconds, code.num_spills)
        return BuildResult(candidate, artefact, None)

    def _build_module(self, request: BuildModuleRequest) -> ModuleBuild | Failure:
        try:
            module = self._parse(request.text)
            for name, schedule in request.schedules:
                if schedule.transformations:
                    function = _function(module, name)
                    self._passes.run(function, "autotune-extract", FailureKind.COMPILE_ERROR)
                    self._passes.run(function, str(schedule), FailureKind.ILLEGAL)
                    _generate(self._passes, function, request.target)
            tuned_text = str(module)
            llvm_ir = self._translate(module, request.target)
            code = self._compile(llvm_ir, request.target)
        except RefusedError as refused:
            return refused.failure
        return ModuleBuild(tuned_text, llvm_ir, code.object_code)

    def _shorten(self, request: ShortenRequest) -> ProxyChoice:
        workload = request.workload
        try:
            module = self._parse(workload.text)
            function = _function(module, workload.name)
        except RefusedError as refused:
            return ProxyChoice(None, refused.failure.message)
        share, num_threads = request.share, request.num_threads
        return outer_loops.shorten(module, function, workload, share, num_threads)

    def _loops(self, candidate: Candidate, target: Target) -> ir.Operation:
        """Returns the workload as the loops that the schedule makes of it."""
        workload = candidate.workload
        with self._stages.during(Stage.SCHEDULE):
            if not candidate.schedule.transformations:
                return self._parse(workload.text)
            module = self._scheduled_form(candidate)
        with self._stages.during(Stage.CODEGEN):
            function = _function(module, workload.name)
            _generate(self._passes, function, target, _allowed(workload, _MAX_LOOP_OPERATIONS))
        return module

    def _translate(self, module: ir.Operation, target: Target) -> str:
        """Returns the module as LLVM IR; leaves it lowered."""
        with self._stages.during(Stage.LOWERING):
            _lower(self._passes, module, target)
            _verify(module)
        with self._stages.during(Stage.TRANSLATION):
            text: str = translate_module_to_llvmir(module)
        return text

    def _compile(self, llvm_ir: str, target: Target) -> OptimisedCode:
        key = (target.cpu, target.features)
        if key not in self._optimising:
            self._optimising[key] = OptimisingCompiler(*key)
        try:
            return self._optimising[key].compile(llvm_ir, self._stages)
        except ObjectCodeError as error:
            raise RefusedError(FailureKind.COMPILE_ERROR, str(error)) from None

    def _scheduled_form(self, candidate: Candidate) -> ir.Operation:
        """Returns the workload with the schedule's tree on it; the caller may change it."""
        key = (candidate.workload.hash, str(candidate.schedule))
        if key not in self._scheduled:
            self._scheduled[key] = self._extend(candidate)
            if len(self._scheduled) > _NUM_CACHED_STATES:
                self._scheduled.popitem(last=False)
        self._scheduled.move_to_end(key)
        return self._scheduled[key].clone().operation

    def _extend(self, candidate: Candidate) -> ir.Operation:
        workload, transformations = candidate.workload, candidate.schedule.transformations
        if not transformations:
            module = self._parse(workload.text)
            function = _function(module, workload.name)
            self._passes.run(function, "autotune-extract", FailureKind.COMPILE_ERROR)
            return module
        module = self._scheduled_form(Candidate(workload, Schedule(transformations[:-1])))
        function = _function(module, workload.name)
        # The loops that are generated from the tree are verified.
        text = str(transformations[-1])
        self._passes.run(function, text, FailureKind.ILLEGAL, verifies=False)
        return module

    def _parse(self, text: str) -> ir.Operation:
        try:
            return ir.Module.parse(text, self._context).operation
        except ir.MLIRError as error:
            raise RefusedError(FailureKind.COMPILE_ERROR, reason(error)) from None


def _verify(module: ir.Operation) -> None:
    """Refuses a module that is broken: passes that lower it do not look at one another's work."""
    try:
        module.verify()
    except ir.MLIRError as error:
        raise RefusedError(FailureKind.COMPILE_ERROR, reason(error)) from None


def _generate(
    passes: PassPipelines, function: ir.Operation, target: Target, max_operations: int = 0
) -> None:
    """Replaces the body by the loops of the function's schedule; where they are not too long."""
    masks = str(target.has_mask_registers).lower()
    pipeline = f"autotune-codegen{{max-operations={max_operations} masks={masks}}}"
    passes.run(function, pipeline, FailureKind.COMPILE_ERROR)
    function.attributes[_SCHEDULED] = _attribute(function, "unit")


def _lower(passes: PassPipelines, module: ir.Operation, target: Target) -> None:
    """Lowers the module to LLVM's dialect, in the conventions that this package promises.

    Pointers are bare and `noalias`, allocations start on cache lines, workload functions that the
    entry function calls are internal.
    """
    functions = [x for x in _operations(module) if x.name == "func.func"]
    has_entry = any("autotune.entry" in function.attributes for function in functions)
    for function in functions:
        is_workload = "autotune.workload" in function.attributes
        is_entry = "autotune.entry" in function.attributes
        if is_workload or is_entry:
            _mark_disjoint(function)
        if has_entry and not is_entry and is_workload:
            function.attributes["llvm.linkage"] = _attribute(module, "#llvm.linkage<internal>")
        passes.run(function, DIVISIONS, FailureKind.COMPILE_ERROR, verifies=False)
        if _SCHEDULED in function.attributes:
            if target.num_threads > 1:
                interleave = f"autotune-interleave-threads{{threads={target.num_threads}}}"
                passes.run(function, interleave, FailureKind.COMPILE_ERROR, verifies=False)
            text = _scheduled_lowering(target)
            passes.run(function, text, FailureKind.COMPILE_ERROR, verifies=False)
        elif is_workload:
            passes.run(function, UNTUNED_LOWERING, FailureKind.COMPILE_ERROR, verifies=False)
        passes.run(function, STACK_BUFFERS, FailureKind.COMPILE_ERROR, verifies=False)
    module.walk(_align_allocation)
    passes.run(module, ",".join(LOWERING), FailureKind.COMPILE_ERROR, verifies=False)
    for function in _operations(module):
        if function.name == "llvm.func":
            _prepare_for_llvm(passes, function, target)


def _prepare_for_llvm(passes: PassPipelines, function: ir.Operation, target: Target) -> None:
    """Tells LLVM what it cannot know of a function in its dialect."""
    passthrough = [f'["prefer-vector-width", "{target.vector_bits}"]']
    passthrough += ['["probe-stack", "inline-asm"]']  # A stack that ends is noticed.
    passthrough += ['"noinline"'] if _is_internal(function) else []
    passthrough += [f'"{SCHEDULED_ATTRIBUTE}"'] if _SCHEDULED in function.attributes else []
    function.attributes["passthrough"] = _attribute(function, f"[{', '.join(passthrough)}]")
    pipeline = "autotune-relax-fma"
    if _SCHEDULED in function.attributes:
        pipeline += f",{_llvm_passes(target)}"
    passes.run(function, pipeline, FailureKind.COMPILE_ERROR, verifies=False)
    if _SCHEDULED not in function.attributes:
        function.walk(_split_address)


def _llvm_passes(target: Target) -> str:
    """Returns what scheduled functions go through when they are LLVM's."""
    is_x86 = "+sse" in target.features.split(",")
    return f"{SCHEDULED_LLVM_PASSES},{X86_LLVM_PASSES}" if is_x86 else SCHEDULED_LLVM_PASSES


def _scheduled_lowering(target: Target) -> str:
    """Returns what scheduled functions go through before all others: unrolled code gets small.

    Narrow vectors seldom cross cache lines, and moving their lanes costs more than a second access.
    """
    carry = ["autotune-carry-vectors"] if target.vector_bits >= 512 else []
    early = ["autotune-unroll-short-loops", *carry]
    return ",".join([*early, "autotune-choose-stores", "autotune-lower-accesses", "cse"])


def _allowed(workload: Workload, size: int) -> int:
    """Returns how long code for the workload may get that starts with `size` for a short one."""
    return size + _CODE_PER_SOURCE_LINE * workload.text.count("\n")


def _refuse_excess(text: str, num_lines: int) -> None:
    """Refuses generated code that is longer than allowed."""
    if (length := text.count("\n")) > num_lines:
        raise RefusedError(
            FailureKind.COMPILE_ERROR,
            f"unrolling makes {length} lines, more than the {num_lines} that compile in time",
        )


def _mark_disjoint(function: ir.Operation) -> None:
    """Says that the buffers behind the function's arguments do not overlap."""
    with function.context:
        types = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value).inputs
        own = list(function.attributes["arg_attrs"]) if "arg_attrs" in function.attributes else []
        attributes = []
        for type_, named in zip_longest(types, own, fillvalue=()):
            names = {x.name: x.attr for x in named}
            if isinstance(type_, ir.MemRefType):
                names["llvm.noalias"] = ir.UnitAttr.get()
            attributes.append(ir.DictAttr.get(names))
        function.attributes["arg_attrs"] = ir.ArrayAttr.get(attributes)


def _align_allocation(operation: ir.Operation) -> ir.WalkResult:
    if operation.name == "memref.alloc" and "alignment" not in operation.attributes:
        operation.attributes["alignment"] = _attribute(operation, "64 : i64")
    return ir.WalkResult.ADVANCE


def _split_address(operation: ir.Operation) -> ir.WalkResult:
    """Rewrites `base[row + column]` as `(base[row])[column]`, the addresses that C compilers make.

    LLVM then sees that neighbouring elements of a row are those of the next iteration. The row is
    in bounds, because the sum is, and is marked as one that does not wrap.
    """
    while operation.name == "llvm.getelementptr" and len(operation.operands) == 2:
        total = operation.operands[1].owner
        if isinstance(total, ir.Block) or total.name != "llvm.add" or not _is_unwrapped(total):
            break
        row, column = total.operands
        outer = operation.clone(ir.InsertionPoint(operation)).operation
        outer.operands[1] = row
        operation.operands[0], operation.operands[1] = outer.results[0], column
        operation = outer
    return ir.WalkResult.ADVANCE


def _is_unwrapped(addition: ir.Operation) -> bool:
    """Whether a sum of unsigned numbers is known not to wrap; Python's bindings hide the flag."""
    return "nuw" in addition.get_asm(use_local_scope=True)


def _is_internal(function: ir.Operation) -> bool:
    return "internal" in str(function.attributes["linkage"])


def _operations(module: ir.Operation) -> list[ir.Operation]:
    return [view.operation for view in module.regions[0].blocks[0].operations]


def _function(module: ir.Operation, name: str) -> ir.Operation:
    for operation in _operations(module):
        if operation.name == "func.func" and _text(operation.attributes["sym_name"]) == name:
            return operation
    raise RefusedError(FailureKind.COMPILE_ERROR, f"the module has no function {name}")


def _attribute(operation: ir.Operation, text: str) -> ir.Attribute:
    return ir.Attribute.parse(text, operation.context)


def _tree_hash(function: ir.Operation) -> str:
    """A hash of order and memory: where values are kept shows in the dependences."""
    texts = [_text(function.attributes[f"autotune.{x}"]) for x in ("schedule", "dependences")]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _text(attribute: ir.Attribute) -> str:
    value: str = ir.StringAttr(attribute).value
    return value


def main(compiler: Compiler) -> None:
    """Serves requests on the given cores."""
    parser = argparse.ArgumentParser(prog="python -m autotune.compile_worker")
    parser.add_argument("--cores", required=True, help="comma-separated cores to run on")
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--niceness", type=int, default=0, help="added to that of its parent")
    arguments = parser.parse_args()
    os.nice(arguments.niceness)
    os.sched_setaffinity(0, map(int, arguments.cores.split(",")))
    serve(compiler.handle, arguments.memory_bytes)


if __name__ == "__main__":
    main(Compiler())
