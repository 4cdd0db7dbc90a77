"""Each program that the front end cannot take gives one located line that names the reason."""

import random

import pytest

from autotune.errors import FrontEndError
from tests.sandbox import Sandbox

LOOP = """
func.func @f(%a: memref<8xf32>) {{
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  {body}
  return
}}"""

# name -> (program, line, part of the reason)
REFUSED = {
    "truncated": (
        "func.func @f(%a: memref<8xf32>) {\n  %c0 = arith.const",
        2,
        "the file ends here",
    ),
    "unknown dialect": (
        "func.func @f() {\n  foo.bar\n  return\n}",
        2,
        "unknown operation 'foo.bar'",
    ),
    "unknown op": (
        "func.func @f() {\n  %0 = arith.addd %1, %2 : f32\n  return\n}",
        2,
        "'arith.addd' is unknown",
    ),
    "unregistered op": ('func.func @f() {\n  "foo.bar"() : () -> ()\n  return\n}', 2, "unknown"),
    "empty": ("", 1, "no public function"),
    "comment only": ("// nothing", 1, "no public function"),
    "private": ("func.func private @f() { return }", 1, "no public function"),
    "declaration": ("func.func private @f()", 1, "no public function"),
    "ambiguous": (
        "func.func @f() { return }\nfunc.func @g() { return }",
        2,
        "several public functions (f, g): choose one with --entry",
    ),
    "dynamic": ("func.func @f(%a: memref<?xf32>) { return }", 1, "dynamic shape"),
    "unranked": ("func.func @f(%a: memref<*xf32>) { return }", 1, "dynamic rank"),
    "index argument": ("func.func @f(%n: index) { return }", 1, "dynamic size"),
    "complex": ("func.func @f(%a: memref<8xcomplex<f32>>) { return }", 1, "complex<f32>"),
    "f8": ("func.func @f(%a: tensor<8xf8E5M2>) { return }", 1, "f8E5M2"),
    "index buffer": ("func.func @f(%a: memref<8xindex>) { return }", 1, "index"),
    "unsigned": ("func.func @f(%a: memref<8xui8>) { return }", 1, "ui8"),
    "strides": ("func.func @f(%a: memref<4xf32, strided<[2]>>) { return }", 1, "layout"),
    "zero step": (
        LOOP.format(body="scf.for %i = %c0 to %c8 step %c0 {\n  }"),
        5,
        "infinite loop: scf.for with step 0",
    ),
    "endless while": (
        LOOP.format(
            body="%t = arith.constant true\n  scf.while : () -> () { scf.condition(%t) }"
            " do { scf.yield }"
        ),
        6,
        "infinite loop: scf.while",
    ),
    "endless branch": (
        "func.func @f() {\n  cf.br ^a\n^a:\n  cf.br ^a\n}",
        2,
        "unstructured control flow",
    ),
    "recursion": (
        "func.func @f() {\n  call @g() : () -> ()\n  return\n}\n"
        "func.func private @g() {\n  call @f() : () -> ()\n  return\n}",
        1,
        "recursion",
    ),
    "constant out of bounds": (
        LOOP.format(body="%v = memref.load %a[%c8] : memref<8xf32>").replace(
            "  return", "  memref.store %v, %a[%c0] : memref<8xf32>\n  return"
        ),
        5,
        "out of bounds",
    ),
    "negative index": (
        "func.func @f(%a: memref<8xf32>) {\n  affine.for %i = 0 to 8 {\n"
        "    %v = affine.load %a[%i - 1] : memref<8xf32>\n"
        "    affine.store %v, %a[%i] : memref<8xf32>\n  }\n  return\n}",
        3,
        "out of bounds",
    ),
    "triangle out of bounds": (
        "func.func @f(%a: memref<8xf32>) {\n  affine.for %i = 0 to 8 {\n"
        "    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {\n"
        "      %v = affine.load %a[%j + 2] : memref<8xf32>\n"
        "      affine.store %v, %a[%i] : memref<8xf32>\n    }\n  }\n  return\n}",
        4,
        "out of bounds",
    ),
    "dynamic buffer": (
        "func.func @f(%a: memref<1xi32>) {\n  %c0 = arith.constant 0 : index\n"
        "  %v = memref.load %a[%c0] : memref<1xi32>\n  %n = arith.index_cast %v : i32 to index\n"
        "  %t = memref.alloc(%n) : memref<?xi32>\n  affine.for %i = 0 to %n {\n"
        "    affine.store %v, %t[%i] : memref<?xi32>\n    %w = affine.load %t[%i] : memref<?xi32>\n"
        "    affine.store %w, %a[0] : memref<1xi32>\n  }\n  return\n}",
        5,
        "dynamic shape",
    ),
    "vectors": (
        LOOP.format(body="%v = vector.load %a[%c0] : memref<8xf32>, vector<8xf32>"),
        5,
        "dialect vector is not supported",
    ),
    "choice of buffers": (
        "func.func @f(%a: memref<8xf32>, %b: memref<8xf32>, %c: i1) {\n"
        "  %t = arith.select %c, %a, %b : memref<8xf32>\n  affine.for %i = 0 to 8 {\n"
        "    %v = affine.load %t[%i] : memref<8xf32>\n"
        "    affine.store %v, %a[%i] : memref<8xf32>\n  }\n  return\n}",
        2,
        "chooses between buffers",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_programs(sandbox: Sandbox, name: str) -> None:
    text, line, reason = REFUSED[name]
    with pytest.raises(FrontEndError) as refusal:
        sandbox.front_end(text.encode(), "bad.mlir")
    assert refusal.value.line == line, refusal.value
    assert reason in str(refusal.value)
    assert str(refusal.value).startswith(f"bad.mlir:{line}:")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("prefix", [b"", b"ML\xefR", b"func.func @f("])
@pytest.mark.parametrize("seed", range(5))
def test_binary_junk(sandbox: Sandbox, prefix: bytes, seed: int) -> None:
    junk = prefix + random.Random(seed).randbytes(2000)
    with pytest.raises(FrontEndError) as refusal:
        sandbox.front_end(junk, "junk.mlir")
    assert "\n" not in str(refusal.value)


def test_cut_off_bytecode(sandbox: Sandbox) -> None:
    bytecode = sandbox.to_bytecode("func.func @f(%a: memref<8xf32>) { return }")
    for length in range(5, len(bytecode), 7):
        with pytest.raises(FrontEndError):
            sandbox.front_end(bytecode[:length], "cut.mlirbc")


def test_an_entry_that_is_not_there(sandbox: Sandbox) -> None:
    with pytest.raises(FrontEndError, match="no function 'h' in the module: it has f, g"):
        sandbox.front_end(b"func.func @f() { return }\nfunc.func @g() { return }", "m.mlir", "h")


def test_the_entry_can_be_chosen(sandbox: Sandbox) -> None:
    source = b"func.func @f() { return }\nfunc.func @g(%a: memref<4xf32>) { return }"
    parts = sandbox.front_end(source, "m.mlir", "g")
    assert parts.entry == "g"
    assert len(parts.arguments) == 1


# Programs that come close to an error, and are fine.
ACCEPTED = {
    "guarded access": (
        "func.func @f(%a: memref<8xf32>) {\n  affine.for %i = 0 to 8 {\n"
        "    affine.if affine_set<(d0) : (d0 - 1 >= 0)>(%i) {\n"
        "      %v = affine.load %a[%i - 1] : memref<8xf32>\n"
        "      affine.store %v, %a[%i] : memref<8xf32>\n    }\n  }\n  return\n}"
    ),
    "access in an else branch": (
        "func.func @f(%a: memref<8xf32>) {\n  affine.for %i = 0 to 8 {\n"
        "    affine.if affine_set<(d0) : (d0 == 0)>(%i) {\n    } else {\n"
        "      %v = affine.load %a[%i - 1] : memref<8xf32>\n"
        "      affine.store %v, %a[%i] : memref<8xf32>\n    }\n  }\n  return\n}"
    ),
    "loop that never runs": (
        "func.func @f(%a: memref<8xf32>) {\n  affine.for %i = 8 to 8 {\n"
        "    %v = affine.load %a[%i] : memref<8xf32>\n"
        "    affine.store %v, %a[0] : memref<8xf32>\n  }\n  return\n}"
    ),
    "step over the end": (
        "func.func @f(%a: memref<8xf32>) {\n  affine.for %i = 0 to 8 step 3 {\n"
        "    %v = affine.load %a[%i + 1] : memref<8xf32>\n"
        "    affine.store %v, %a[%i] : memref<8xf32>\n  }\n  return\n}"
    ),
    "access in a condition on data": (
        "func.func @f(%a: memref<8xf32>, %c: i1) {\n  affine.for %i = 0 to 8 {\n"
        "    scf.if %c {\n      %v = affine.load %a[%i + 1] : memref<8xf32>\n"
        "      affine.store %v, %a[%i] : memref<8xf32>\n    }\n  }\n  return\n}"
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_programs_that_stay_in_bounds(sandbox: Sandbox, name: str) -> None:
    assert sandbox.front_end(ACCEPTED[name].encode(), "good.mlir").workloads
