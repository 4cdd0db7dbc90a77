"""The process that `benchmarks.compile_time` builds in: it says what took how long."""

import time

import llvmlite.binding as llvm

from autotune.build_stages import StageClock
from autotune.compile_worker import Compiler
from autotune.compiler import BuildRequest
from autotune.worker_process import serve
from benchmarks.compile_time import CalibrationRequest, StagedBuild

_MEMORY_BYTES = 8 << 30
_CALIBRATION_CPU = "x86-64-v3"
_NUM_LOOPS = 12
_NUM_REPEATS = 5


class StagedCompiler:
    """Builds candidates, and compiles code that is always the same for comparison."""

    def __init__(self) -> None:
        self._stages = StageClock(time.process_time)
        self._compiler = Compiler(self._stages)

    def handle(self, request: object) -> object:
        """Returns a StagedBuild, or the seconds of a calibration."""
        match request:
            case BuildRequest():
                return self._build(request)
            case CalibrationRequest():
                return calibration_secs()
        raise TypeError(f"not a request: {request!r}")

    def _build(self, request: BuildRequest) -> StagedBuild:
        start = time.process_time()
        built = self._compiler.build(request)
        total_secs = time.process_time() - start
        object_hash = "" if built.artefact is None else built.artefact.object_hash
        return StagedBuild(total_secs, self._stages.take(), object_hash, built.failure)


def calibration_secs() -> float:
    """Returns the CPU time that LLVM takes for a dozen plain loops, the least of a few repeats."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(_CALIBRATION_CPU, opt=3)
    text = "\n".join(_loop(number) for number in range(_NUM_LOOPS))

    def compile_once() -> float:
        start = time.process_time()
        module = llvm.parse_assembly(text)
        tuning = llvm.create_pipeline_tuning_options(speed_level=3)
        builder = llvm.create_pass_builder(machine, tuning)
        builder.getModulePassManager().run(module, builder)
        machine.emit_object(module)
        return time.process_time() - start

    return min(compile_once() for _ in range(_NUM_REPEATS))


def _loop(number: int) -> str:
    """LLVM IR of y[i] = y[i] * x[i] + x[i + NUMBER]."""
    return f"""
define void @loop{number}(ptr noalias %x, ptr noalias %y, i64 %n) {{
entry:
  br label %body
body:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %j = add i64 %i, {number}
  %at_x = getelementptr double, ptr %x, i64 %i
  %at_z = getelementptr double, ptr %x, i64 %j
  %at_y = getelementptr double, ptr %y, i64 %i
  %a = load double, ptr %at_x
  %b = load double, ptr %at_z
  %c = load double, ptr %at_y
  %d = fmul double %a, %c
  %e = fadd double %d, %b
  store double %e, ptr %at_y
  %next = add i64 %i, 1
  %again = icmp slt i64 %next, %n
  br i1 %again, label %body, label %exit
exit:
  ret void
}}"""


if __name__ == "__main__":
    serve(StagedCompiler().handle, _MEMORY_BYTES)
