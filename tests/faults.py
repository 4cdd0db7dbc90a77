"""Object code that misbehaves when it runs: real faults, in LLVM IR.

Every function is called with one pointer to floats, or more arguments that it leaves alone.
"""

import hashlib

from autotune.measurement import Artefact, FailureKind
from autotune.object_code import NativeCompiler
from autotune.workload import Target

_CRASH = """
define void @kernel(ptr %values) {
  store volatile i32 1, ptr null
  ret void
}"""
_HANG = """
define void @kernel(ptr %values) {
  br label %loop
loop:
  %old = load volatile float, ptr %values
  store volatile float %old, ptr %values
  br label %loop
}"""
_ALLOCATE = """
declare ptr @malloc(i64)
define void @kernel(ptr %values) {
  br label %loop
loop:
  %memory = call ptr @malloc(i64 67108864)
  store volatile i8 1, ptr %memory
  br label %loop
}"""
_NOTHING = """
define void @kernel(ptr %values) {
  ret void
}"""
_OTHER_EACH_TIME = """
@calls = internal global float 0.0
define void @kernel(ptr %values) {
  %before = load float, ptr @calls
  %now = fadd float %before, 1.0
  store float %now, ptr @calls
  store float %now, ptr %values
  ret void
}"""

CODE = {
    FailureKind.RUN_ERROR: _CRASH,
    FailureKind.RUN_TIMEOUT: _HANG,
    FailureKind.OUT_OF_MEMORY: _ALLOCATE,
    FailureKind.WRONG_RESULT: _NOTHING,
    FailureKind.NON_DETERMINISTIC: _OTHER_EACH_TIME,
}
"""LLVM IR by the kind of failure that it is."""


def assemble(llvm_ir: str, target: Target) -> Artefact:
    """Returns the object code of LLVM IR."""
    code = NativeCompiler(target.cpu, target.features).compile(llvm_ir)
    return Artefact(code.object_code, hashlib.sha256(code.object_code).hexdigest(), 0.0, 0)
