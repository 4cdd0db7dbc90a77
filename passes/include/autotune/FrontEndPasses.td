//===- FrontEndPasses.td - From user IR to affine workloads -*- tablegen -*-==//

#ifndef AUTOTUNE_FRONT_END_PASSES
#define AUTOTUNE_FRONT_END_PASSES

include "mlir/Pass/PassBase.td"

def SplitLoops : Pass<"autotune-split-loops", "::mlir::func::FuncOp"> {
  let summary = "Split loops whose iterations all read what one of them writes";
  let description = [{
    `for j A[j] = f(A[j], A[k])` becomes three loops: up to `k`, `k`, and beyond.
    Where the iteration `k` may lie inside an innermost loop, it is all that
    keeps the others from running at once.
  }];
}

def FormFma : Pass<"autotune-form-fma", "::mlir::func::FuncOp"> {
  let summary = "Contract multiply-add pairs into math.fma";
  let description = [{
    Rewrites `arith.addf(arith.mulf(a, b), c)`, where the product has no other
    use, into `math.fma(a, b, c)`; a subtraction negates a factor or the
    addend. Runs once, before any scheduling, so that
    the baseline and every candidate round alike. `autotune-uncontract-sums`
    finds them by the attribute `autotune.contracted`.
  }];
  let dependentDialects = ["::mlir::math::MathDialect"];
}

def ExpandMath : Pass<"autotune-expand-math", "::mlir::func::FuncOp"> {
  let summary = "Replace elementary functions by arithmetic";
  let description = [{
    `math.exp`, `exp2`, `expm1`, `log`, `log1p`, `tanh` and `erf` of scalars
    become range reductions and polynomials of `arith` operations and
    `math.fma`, which vectors can run; `rsqrt` becomes 1 / sqrt(x), `isinf` and
    `isnormal` comparisons, and `fpowi` a `powf` in f64. The others stay calls
    of the C library, or machine instructions. Runs once, before any scheduling and after
    `autotune-form-fma`, so that the baseline and every candidate round alike
    in every mode. Types of less than 32 bits are computed in f32.

    The largest errors are in units in the last place; zeros, infinities and NaN
    are those of IEEE 754, and subnormal numbers are numbers:

    |       | exp | exp2 | expm1 | log | log1p | tanh | erf | rsqrt |
    |-------|-----|------|-------|-----|-------|------|-----|-------|
    | f32   | 1.1 | 1.0  | 1.7   | 0.9 | 0.9   | 2.5  | 1.1 | 1.5   |
    | f64   | 1.1 | 1.3  | 2.3   | 0.9 | 0.9   | 2.5  | 1.3 | 1.5   |
  }];
  let options = [ListOption<
      "functions", "functions", "std::string",
      "Names of operations of the math dialect; those without a formula stay">];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def CheckInput : Pass<"autotune-check-input", "::mlir::ModuleOp"> {
  let summary = "Refuse what the front end cannot take, with a located reason";
  let description = [{
    Looks at the function `entry` and at everything it calls, and reports an
    error at the first operation of a kind that has no affine normal form:
    unstructured control flow, recursion, dynamic shapes in the signature,
    element types without machine arithmetic, loops that never end, operations
    of other dialects. Erases `cf.assert`, and makes every other function
    private, so that what the entry does not need can be removed.
  }];
  let options = [Option<"entry", "entry", "std::string", /*default=*/"\"\"",
                        "Symbol of the function to tune">];
}

def PrepareTensors : Pass<"autotune-prepare-tensors", "::mlir::func::FuncOp"> {
  let summary = "Bring linalg on tensors to the form that bufferises well";
  let description = [{
    * Elementwise named operations become `linalg.generic`, so that they fuse;
      contractions and convolutions stay named.
    * Aggregates such as `linalg.softmax` are decomposed.
    * Loops of the affine dialect that carry tensors become `scf.for`.
    * `linalg.pack` and `linalg.unpack` become padding, reshapes, transposition.
    * A `linalg.fill` with several uses is cloned for each use, so that none
      needs a copy.
    * Tensor arguments are marked as `autotune.tensor` and as not writable: a
      caller's inputs are never overwritten.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect"];
}

def FuseElementwise : Pass<"autotune-fuse-elementwise", "::mlir::ModuleOp"> {
  let summary = "Fuse elementwise linalg.generic operations on tensors";
  let description = [{
    Fuses a producer with a single use into its consumer, unless the consumer
    would compute expensive operations of the producer, or an operation in
    more loops than the producer has, again and again. Reshapes in between are
    folded into the loops.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::affine::AffineDialect"];
}

def ResultsToArguments
    : Pass<"autotune-results-to-arguments", "::mlir::func::FuncOp"> {
  let summary = "Turn results into trailing out-parameters";
  let description = [{
    Each result becomes a trailing argument marked `autotune.result`: a memref
    of the result's shape, or a memref of rank 0 for a scalar. A buffer that
    is allocated in the function and returned is replaced by the argument, so
    that results are computed in place; anything else is copied.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def FoldViews : Pass<"autotune-fold-views", "::mlir::func::FuncOp"> {
  let summary = "Fold views of buffers into the accesses";
  let description = [{
    Rewrites loads and stores through `memref.subview`, `expand_shape`,
    `collapse_shape`, `cast`, `transpose`, `reshape` and static
    `reinterpret_cast` into accesses of the underlying buffer, with the index
    arithmetic as `affine.apply`; `memref.copy` becomes a loop nest first.
    Fails where a view has another use, calls excepted.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::memref::MemRefDialect"];
}

def RaiseAffine : Pass<"autotune-raise-affine", "::mlir::func::FuncOp"> {
  let summary = "Raise scf loops, conditions and accesses to affine";
  let description = [{
    `scf.for` whose bounds are affine and whose step is a positive constant
    becomes `affine.for`; `scf.if` on a conjunction of affine comparisons
    becomes `affine.if`, one whose branches are free of side effects becomes
    `arith.select`; `affine.parallel` becomes a nest of `affine.for`; loads and
    stores whose indices are affine become `affine.load` and `affine.store`.
    Division and remainder count as affine where the dividend is never
    negative. Everything else stays as it is.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect"];
}

def CheckBounds : Pass<"autotune-check-bounds", "::mlir::func::FuncOp"> {
  let summary = "Refuse accesses that are provably out of bounds";
  let description = [{
    Fails for an affine access when some iteration of its loops, all of whose
    bounds and conditions are affine, has an index outside the buffer. Never
    refuses a program that stays in bounds.
  }];
}

def WidenBooleans : Pass<"autotune-widen-booleans", "::mlir::ModuleOp"> {
  let summary = "Store i1 as i8";
  let description = [{
    Buffers, arguments and globals of `i1` become `i8`, holding 0 or 1. Such an
    argument is marked `autotune.boolean`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def Demote : Pass<"autotune-demote", "::mlir::func::FuncOp"> {
  let summary = "Spill SSA values that cross statements to buffers";
  let description = [{
    Establishes the affine normal form inside the function: loop-carried
    values and results of `affine.if` live in temporary buffers; a load may be
    moved to each statement that uses it without seeing another value; results
    of opaque operations are stored by the opaque operation itself; buffers
    are allocated at the top of the function.

    Buffers that are written and never read are removed.

    A temporary has one element for each iteration of the enclosing loops when
    that is at most `max-elements`, else a single element.
  }];
  let options = [Option<"maxElements", "max-elements", "int64_t",
                        /*default=*/"1 << 20",
                        "Largest number of elements of an expanded temporary">];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def AllowReassociation
    : Pass<"autotune-allow-reassociation", "::mlir::func::FuncOp"> {
  let summary = "Mark reductions as reassociable, divisors as invertible";
  let description = [{
    Where a store updates its element by a chain of one kind of floating-point
    operation (sums with `arith.addf`, `arith.subf` and `math.fma`, products,
    maxima, minima), the chain gets `fastmath<reassoc>`: the values that one
    element combines may come in any order, and in partial results. Maxima and
    minima also get `nsz`: which of two zeros wins would depend on the order.
    Divisions get `fastmath<reassoc,arcp>`: where a loop divides by one value,
    its reciprocal may be computed once.
    ```mlir
    %old = affine.load %C[%i] : memref<8xf32>
    %new = math.fma %a, %b, %old : f32
    affine.store %new, %C[%i] : memref<8xf32>
    // becomes
    %new = math.fma %a, %b, %old fastmath<reassoc> : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def Outline : Pass<"autotune-outline", "::mlir::ModuleOp"> {
  let summary = "Split the entry function into workload functions";
  let description = [{
    Consecutive loop nests of the function marked `autotune.entry` that share
    buffers, up to `max-statements` stores, move to a function marked
    `autotune.workload` that the entry calls. Nests that are not affine in
    their bounds, or call functions, stay in the entry, and so do statements
    that share no buffer with a loop.
  }];
  let options = [Option<"maxStatements", "max-statements", "unsigned",
                        /*default=*/"12", "Most statements in a workload">];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::memref::MemRefDialect"];
}

def SingleIterations
    : Pass<"autotune-single-iterations", "::mlir::func::FuncOp"> {
  let summary = "Put the only iteration of a loop in its place";
  let description = [{
    Loops with constant bounds and one iteration, such as those over the batch
    of one image or over a filter of one element, go; the value of their counter
    becomes part of subscripts, bounds and conditions.
    ```mlir
    affine.for %n = 0 to 1 {
      affine.for %i = 0 to 8 {
        %x = affine.load %A[%n, %i + %n] : memref<1x8xf32>
    // becomes
    affine.for %i = 0 to 8 {
      %x = affine.load %A[0, %i] : memref<1x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect"];
}

def CollapseRows : Pass<"autotune-collapse-rows", "::mlir::ModuleOp"> {
  let summary = "Make one loop of two that walk all rows of arrays";
  let description = [{
    In workloads: where two loops, one directly in the other, walk the last two
    dimensions of every array that they index, from end to end, and nothing
    else walks these arrays, loops and dimensions become one. Convolutions by
    one element and chains of elementwise operations have such loops. Rows that
    fill whole vectors of 512 bits stay as they are. Callers pass the arrays by
    `memref.collapse_shape`.
    ```mlir
    affine.for %h = 0 to 14 {
      affine.for %w = 0 to 14 {
        %x = affine.load %A[%c, %h, %w] : memref<8x14x14xf32>
    // becomes
    affine.for %hw = 0 to 196 {
      %x = affine.load %A[%c, %hw] : memref<8x196xf32>
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::memref::MemRefDialect"];
}

#endif // AUTOTUNE_FRONT_END_PASSES
