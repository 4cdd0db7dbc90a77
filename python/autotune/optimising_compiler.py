"""From LLVM IR to the object code of candidates.

Hides the LLVM that MLIR is linked to, which makes the same code as llvmlite's in two thirds of the
time. Import `mlir.ir` first: only compile workers can.
"""

import hashlib
import re
from dataclasses import dataclass

import autotune._passes as native
from autotune.build_stages import Stage, StageClock
from autotune.object_code import ObjectCodeError

_LABEL = re.compile(r"^(\.L\w+):", re.MULTILINE)
_BRANCH = re.compile(
    r"^[ \t]+(?:j\w+|b\.?\w*|cb\w+|tb\w+)[ \t]+(?:\S+,[ \t]*)*(\.L\w+)", re.MULTILINE
)
_ARITHMETIC = re.compile(r"\t(?:(v?fn?m\w+)|v?(?:add|sub|mul|div)[ps][sd]|v?p(?:add|mul)\w+)\t")
# Buffers on the stack are accessed with an index.
_STACK_ACCESS = re.compile(r"\(%r[sb]p\)")
# Schedulers compare hundreds of stores in a block pair by pair, if one lets them.
_SMALL_REGIONS = "-dag-maps-huge-region=300"
SCHEDULED_ATTRIBUTE = "autotune-scheduled"
# LLVM's pass that makes pointers that advance of addresses in loops weighs combinations: it takes
# up to nine tenths of the time of emission where loops are unrolled. Addresses of scheduled
# functions are shaped before, and are as fast without it; untuned ones lose up to a tenth. It has
# to run in the emission of a whole module: as a pass by itself it fails on some nests of loops.
_STRENGTH_REDUCTION = "-disable-lsr={}"
_PIPELINE = "default<O3>"
# What has its vectors from a schedule is as fast without these, which take a quarter of the time:
# counters have the form that addresses need, conditions follow from no others, and what gains from
# unrolling is unrolled. Loops without vectors may be beside them: adi takes 1.6 times as long
# without the elimination of loads of what the iteration before stored.
_OMITTED_FOR_VECTORS = (
    "CorrelatedValuePropagationPass",
    "IndVarSimplifyPass",
    "JumpThreadingPass",
    "LoopUnrollPass",
)


@dataclass(frozen=True)
class OptimisedCode:
    """What LLVM made of a module.

    Attributes:
        object_code: A relocatable ELF object.
        object_hash: Hexadecimal sha256 of it.
        num_spills: Stack accesses in the innermost loop with the most arithmetic.
    """

    object_code: bytes
    object_hash: str
    num_spills: int


class OptimisingCompiler:
    """Compiles LLVM IR for one target, at O3, to position independent code.

    Args:
        cpu: LLVM's name of the CPU.
        features: LLVM's feature string.
    """

    def __init__(self, cpu: str, features: str) -> None:
        self._machine = native.Machine(cpu, features)

    def compile(self, llvm_ir: str, stages: StageClock) -> OptimisedCode:
        """Returns the code of a module in LLVM's text form.

        Args:
            llvm_ir: The module.
            stages: Told where the time goes.

        Raises:
            ObjectCodeError: LLVM does not accept the module.
        """
        with stages.during(Stage.TRANSLATION):
            module = self._parse(llvm_ir)
        with stages.during(Stage.OPTIMISATION):
            has_own_vectors = _is_scheduled(module) and module.has_vectors()
            omitted = _OMITTED_FOR_VECTORS if has_own_vectors else ()
            module.optimise(self._machine, _PIPELINE, omitted)
        with stages.during(Stage.EMISSION):
            is_disabled = str(_is_scheduled(module)).lower()
            native.set_llvm_options([_SMALL_REGIONS, _STRENGTH_REDUCTION.format(is_disabled)])
            assembly = module.assembly(self._machine)
            # A second emission would take ten times as long.
            object_code = self._machine.assemble(assembly)
            object_hash = hashlib.sha256(object_code).hexdigest()
            return OptimisedCode(object_code, object_hash, count_spills(assembly.decode()))

    def _parse(self, llvm_ir: str) -> native.Module:
        try:
            return native.Module(self._machine, llvm_ir)
        except ValueError as error:
            reason = next((line for line in str(error).splitlines() if line.strip()), "")
            raise ObjectCodeError(f"LLVM refuses the module: {reason.strip()}") from None


def _is_scheduled(module: native.Module) -> bool:
    """Whether what has loops in the module is scheduled functions, and something is."""
    answer: bool = module.has_only(SCHEDULED_ATTRIBUTE)
    return answer


def count_spills(assembly: str) -> int:
    """Counts the stack accesses in the innermost loop with the most arithmetic.

    A loop is a backward branch without another one inside; a fused multiply-add counts twice.
    """
    labels = {label[1]: label.start() for label in _LABEL.finditer(assembly)}
    best, last_branch = (0, 0), -1
    for branch in _BRANCH.finditer(assembly):
        at = branch.start()
        start = labels.get(branch[1], at)
        if start >= at:
            continue
        if start > last_branch:
            body = assembly[start:at]
            work = sum(2 if fused else 1 for fused in _ARITHMETIC.findall(body))
            best = max(best, (work, len(_STACK_ACCESS.findall(body))), key=lambda found: found[0])
        last_branch = at
    return best[1]
