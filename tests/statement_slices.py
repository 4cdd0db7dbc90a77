"""Moves the pure operations and loads of each statement right before the statement.

That is what a schedule may do to a program in affine normal form: a statement runs with its slice
as one unit. A program that computes the same afterwards keeps no value across a write.
"""

from mlir import ir

KEPT = ("affine.for", "affine.if", "affine.yield", "func.return", "memref.alloc", "memref.dealloc")
STORES = ("affine.store", "memref.store")


def sink_slices(text: str) -> str:
    with ir.Context(), ir.Location.unknown():
        module = ir.Module.parse(text)
        for function in module.body.operations:
            if "autotune.workload" in function.attributes:
                statements = statements_in(function.regions[0].blocks[0])
                for statement in statements:
                    sink(statement, {})
                assert module.operation.verify()
        return str(module)


def statements_in(block: ir.Block) -> list[ir.Operation]:
    """Stores and opaque operations, those inside opaque operations left out."""
    found: list[ir.Operation] = []
    for view in block.operations:
        operation = view.operation
        if operation.name in STORES or (operation.name not in KEPT and len(operation.regions) > 0):
            found.append(operation)
        elif operation.name in ("affine.for", "affine.if"):
            for region in operation.regions:
                for inner in region.blocks:
                    found.extend(statements_in(inner))
    return found


def sink(statement: ir.Operation, copies: dict[ir.Value, ir.Value]) -> None:
    with ir.InsertionPoint(statement):
        replace_operands(statement, copies)
        for region in statement.regions:
            for block in region.blocks:
                for view in block.operations:
                    replace_captured(view.operation, statement, copies)


def replace_captured(
    operation: ir.Operation, statement: ir.Operation, copies: dict[ir.Value, ir.Value]
) -> None:
    for number, operand in enumerate(operation.operands):
        if not is_inside(operand, statement):
            operation.operands[number] = copy_of(operand, copies)
    for region in operation.regions:
        for block in region.blocks:
            for view in block.operations:
                replace_captured(view.operation, statement, copies)


def is_inside(value: ir.Value, statement: ir.Operation) -> bool:
    owner = value.owner
    operation = owner.owner if isinstance(owner, ir.Block) else owner
    while operation is not None and operation.operation.name != "func.func":
        if operation.operation == statement:
            return True
        operation = operation.operation.parent
    return False


def replace_operands(operation: ir.Operation, copies: dict[ir.Value, ir.Value]) -> None:
    for number, operand in enumerate(operation.operands):
        operation.operands[number] = copy_of(operand, copies)


def copy_of(value: ir.Value, copies: dict[ir.Value, ir.Value]) -> ir.Value:
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.operation.name in KEPT:
        return value
    if value not in copies:
        operands = [copy_of(operand, copies) for operand in owner.operation.operands]
        copy = owner.operation.clone()
        for number, operand in enumerate(operands):
            copy.operands[number] = operand
        copies[value] = copy.results[0]
    return copies[value]
