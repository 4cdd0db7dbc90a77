"""Heap memory of timed code: when there is no more, the process ends and says so.

Generated code does not look at what the allocator returns, and would crash elsewhere.
"""

import llvmlite.binding as llvm

from autotune.object_code import LoadedCode, NativeCompiler

_STATUS = 70
_MESSAGE = "MemoryError: the code asked for memory beyond the limit\\0A"
_LENGTH = len(_MESSAGE) - 2
_WRAPPERS = f"""
@message = private constant [{_LENGTH} x i8] c"{_MESSAGE}"
declare ptr @malloc(i64)
declare ptr @aligned_alloc(i64, i64)
declare i64 @write(i32, ptr, i64)
declare void @_exit(i32)

define internal ptr @checked(ptr %memory) {{
  %is_missing = icmp eq ptr %memory, null
  br i1 %is_missing, label %end, label %go_on
end:
  call i64 @write(i32 2, ptr @message, i64 {_LENGTH})
  call void @_exit(i32 {_STATUS})
  unreachable
go_on:
  ret ptr %memory
}}

define ptr @autotune_malloc(i64 %size) {{
  %memory = call ptr @malloc(i64 %size)
  %checked = call ptr @checked(ptr %memory)
  ret ptr %checked
}}

define ptr @autotune_aligned_alloc(i64 %alignment, i64 %size) {{
  %memory = call ptr @aligned_alloc(i64 %alignment, i64 %size)
  %checked = call ptr @checked(ptr %memory)
  ret ptr %checked
}}
"""


def check_allocations(native: NativeCompiler) -> LoadedCode:
    """Has code that this process loads from now on allocate through checks.

    The returned code must be kept as long as any such code.
    """
    code = LoadedCode(native, native.compile(_WRAPPERS).object_code)
    for name in ("malloc", "aligned_alloc"):
        llvm.add_symbol(name, code.address(f"autotune_{name}"))
    return code
