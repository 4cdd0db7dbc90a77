"""Small workloads in affine normal form."""

import hashlib

from autotune.workload import Argument, Role, Workload


def buffer(element: str, *shape: int) -> Argument:
    return Argument(Role.BUFFER, element, shape)


def scalar(element: str) -> Argument:
    return Argument(Role.SCALAR, element, ())


def workload(body: str, *arguments: Argument) -> Workload:
    """Returns a workload `kernel` with the arguments %0, %1, ... and the body."""
    types = []
    for argument in arguments:
        extents = "x".join([*map(str, argument.shape), argument.element])
        types.append(argument.element if argument.role is Role.SCALAR else f"memref<{extents}>")
    parameters = ", ".join(f"%{n}: {each}" for n, each in enumerate(types))
    text = (
        f"func.func @kernel({parameters}) attributes {{autotune.workload}} {{\n{body}\nreturn\n}}"
    )
    return Workload("kernel", text, hashlib.sha256(text.encode()).hexdigest(), arguments)


def matmul(size: int, scale: float | None = None) -> Workload:
    """C += A B, or C += (scale A) B, fp32."""
    matrix = f"memref<{size}x{size}xf32>"
    scaling = ""
    if scale is not None:
        scaling = f"""
            %s = arith.constant {scale} : f32
            %x = arith.mulf %s, %a : f32"""
    body = f"""
      affine.for %i = 0 to {size} {{
        affine.for %j = 0 to {size} {{
          affine.for %k = 0 to {size} {{
            %a = affine.load %0[%i, %k] : {matrix}{scaling}
            %b = affine.load %1[%k, %j] : {matrix}
            %c = affine.load %2[%i, %j] : {matrix}
            %d = math.fma {"%x" if scaling else "%a"}, %b, %c : f32
            affine.store %d, %2[%i, %j] : {matrix}
          }}
        }}
      }}"""
    return workload(body, *[buffer("f32", size, size)] * 3)
