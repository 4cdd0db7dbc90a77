//===- SchedulePasses.td - Schedule-tree transformations ---*- tablegen -*-===//

#ifndef AUTOTUNE_SCHEDULE_PASSES
#define AUTOTUNE_SCHEDULE_PASSES

include "mlir/Pass/PassBase.td"

class SchedulePass<string name> : Pass<name, "::mlir::func::FuncOp">;

include "autotune/MemoryPasses.td"

def Extract : SchedulePass<"autotune-extract"> {
  let summary = "Model a workload's loops as an isl schedule tree";
  let description = [{
    Computes statements, iteration domains, access relations and exact
    dependences of a function in affine normal form. Puts the schedule tree of
    the program as it is, with nested loops merged into permutable bands, on the
    function as `autotune.schedule`, and the dependences as
    `autotune.dependences`. The body stays as it is.
  }];
}

def Localize : SchedulePass<"autotune-localize"> {
  let summary = "Work on copies of scratch arrays that the caller passes";
  let description = [{
    `for i { t[j] = ...; ... = t[j] }`, where `t` is an argument, fills the small
    array afresh in every iteration: only what the last one leaves there can be
    seen. The function gets a buffer of its own, and copies that to the argument
    in the end; `autotune-expand` can then tell the iterations apart.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def UncontractSums : SchedulePass<"autotune-uncontract-sums"> {
  let summary = "Use multiplication and addition where a sum waits for itself";
  let description = [{
    `for k { s = 0; for i { s = fma(a, b, s) } ... }`, where each sum needs from
    its first term on what the one before it ends with, takes the latency of an
    operation a term in any order that is legal. An addition has half that of a
    `math.fma` on some machines and never more, and products do not wait. The
    operations that the source fused itself stay. Runs once, before any
    scheduling, so that the baseline and every candidate round alike, and takes
    `autotune.contracted` from all operations.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def Tile : SchedulePass<"autotune-tile"> {
  let summary = "Strip-mine members of a band and move the tile loops outside";
  let description = [{
    `for i for j S(i, j)` becomes `for ti for tj for i in ti for j in tj S`.
    The tile loops form a band of their own above the point loops. Refused where
    a dependence would be reversed, where a size covers the whole loop, and on
    unrolled or vector loops.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    ListOption<"sizes", "sizes", "int64_t",
               "Tile size of each member, in iterations; 0 leaves it whole">];
}

def Interchange : SchedulePass<"autotune-interchange"> {
  let summary = "Reorder the members of a band";
  let description = [{
    `for i for j S(i, j)` becomes `for j for i S(i, j)`. Refused where a
    dependence would be reversed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    ListOption<"permutation", "permutation", "int64_t",
               "Old position of each new member, outermost first">];
}

def Fuse : SchedulePass<"autotune-fuse"> {
  let summary = "Fuse two neighbours of a sequence";
  let description = [{
    `for i S(i); for i T(i)` becomes `for i { S(i); T(i) }`. Refused where a
    dependence would be reversed, and where a child has no such loops.
  }];
  let options = [
    Option<"sequence", "sequence", "unsigned", "0", "Pre-order number of the sequence">,
    Option<"child", "child", "unsigned", "0", "First of the two children">,
    Option<"depth", "depth", "unsigned", "1", "Number of loops to share">];
}

def Distribute : SchedulePass<"autotune-distribute"> {
  let summary = "Split a loop over a sequence in two";
  let description = [{
    `for i { S(i); T(i) }` becomes `for i S(i); for i T(i)`. Refused where a
    dependence would be reversed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"depth", "depth", "unsigned", "0", "Outer members that stay shared">,
    Option<"cut", "cut", "unsigned", "1", "First child of the second part">];
}

def Reorder : SchedulePass<"autotune-reorder"> {
  let summary = "Move one of the children of a sequence";
  let description = [{
    `{ S(); T(); U() }` becomes `{ T(); U(); S() }` for child 0 moved to place
    2. Refused where a dependence would be reversed.
  }];
  let options = [
    Option<"sequence", "sequence", "unsigned", "0", "Pre-order number of the sequence">,
    Option<"child", "child", "unsigned", "0", "The child that moves">,
    Option<"to", "to", "unsigned", "1", "Its place among all children then">];
}

def Parallelize : SchedulePass<"autotune-parallelize"> {
  let summary = "Run a loop on all threads";
  let description = [{
    Splits the band so that the member is a loop of its own, run by OpenMP.
    Refused where the loop carries a dependence, and around or in a parallel one.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">];
}

def UnrollAndJam : SchedulePass<"autotune-unroll-and-jam"> {
  let summary = "Unroll loops inside the innermost ones";
  let description = [{
    `for i for k S(i, k)` with factor 2 for `i` becomes
    `for i step 2 for k { S(i, k); S(i + 1, k) }`. What stays at one address
    during the innermost loops is kept in registers. Statements that follow one
    another are put in another order where that is needed. Refused where a
    dependence would be reversed, and where what `autotune-pack-read` copies
    inside would be written by the iterations that come below the copy.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    ListOption<"factors", "factors", "int64_t",
               "Unroll factor of each member; 0 or 1 leaves it as it is">];
}

def Vectorize : SchedulePass<"autotune-vectorize"> {
  let summary = "Run a strip of a loop as one vector";
  let description = [{
    Strips `width` iterations off the member, sinks them to the innermost place
    and runs them as one vector; partial strips are masked. Works on inner and
    outer loops. Statements that follow one another are put in another order
    where that is needed. Refused where lanes would depend on each other, for
    operations without a vector form, and where what `autotune-pack-read` copies
    inside would be written by other lanes.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"width", "width", "int64_t", "0", "Lanes of the vector">];
}

def Reverse : SchedulePass<"autotune-reverse"> {
  let summary = "Run a loop backwards";
  let description = [{
    `for i = 0 to n S(i)` becomes `for i = n - 1 down to 0 S(i)`. Refused where
    a dependence would be reversed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">];
}

def Shift : SchedulePass<"autotune-shift"> {
  let summary = "Move the iterations of a loop along its counter";
  let description = [{
    `for i = 0 to n T(i)` becomes `for i = c to n + c T(i - c)`, so that fusing
    with a neighbour runs `T` that much later or, with a negative offset,
    earlier. Refused below a parallel, unrolled or vector loop.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"offset", "offset", "int64_t", "0", "Iterations to move by">];
}

def Skew : SchedulePass<"autotune-skew"> {
  let summary = "Add a multiple of an enclosing loop to a loop";
  let description = [{
    `for t for i S(t, i)` becomes `for t for i = factor * t to n + factor * t
    S(t, i - factor * t)`; loops that become permutable with those around them
    join their band. Refused where a dependence would be reversed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"outer", "outer", "unsigned", "1",
           "Which enclosing loop: 1 is the next one outside">,
    Option<"factor", "factor", "int64_t", "0", "Multiple that is added">];
}

def Wavefront : SchedulePass<"autotune-wavefront"> {
  let summary = "Make a band's outermost loop count diagonals";
  let description = [{
    `for i for j S(i, j)` becomes `for w = i + j for j S(w - j, j)`, counted in
    iterations of both loops; where dependences go forward in both, those of one
    diagonal are independent, so that the second loop may run in parallel.
    Refused where a dependence would be reversed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">];
}

def Reschedule : SchedulePass<"autotune-reschedule"> {
  let summary = "Replace the whole order by one that isl's scheduler finds";
  let description = [{
    isl's scheduler (after Pluto) finds skewed and fused loops with small
    dependence distances, such as time-tileable bands for stencils:
    `for t { for i S(t, i); for i T(t, i) }` becomes a permutable band over
    `(t, t + i)` with both statements inside. Refused once loops are parallel,
    unrolled, vectors or packed, and where the dependences would not hold.
  }];
  let options = [
    Option<"fusion", "fusion", "unsigned", "1",
           "1 fuses where dependences allow, 0 keeps unrelated statements apart">,
    Option<"outerCoincidence", "outer-coincidence", "unsigned", "0",
           "1 looks for an outermost loop without dependences">];
}

def Unroll : SchedulePass<"autotune-unroll"> {
  let summary = "Unroll a loop where it is";
  let description = [{
    `for i S(i)` with factor 2 becomes `for i step 2 { S(i); S(i + 1) }`; with
    as many as there are iterations the loop vanishes. Loops inside are copied
    one after the other. Refused for a factor beyond the loop, for a parallel
    loop as a whole, and on unrolled and vector loops.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"factor", "factor", "int64_t", "0", "Copies of the body">];
}

def Split : SchedulePass<"autotune-split"> {
  let summary = "Split a loop where it enters and leaves the block of a loop outside";
  let description = [{
    `for k for i S(k, i)` becomes, with `b = floor(k / size) * size`,
    `for k { for i < b S(k, i); for i = b to b + size S(k, i);
    for i >= b + size S(k, i) }`. The parts are statements of their own from
    then on, so that each can have an order of its own. Refused where there would
    be one part only, and once loops are parallel, unrolled, vectors or packed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"outer", "outer", "unsigned", "1",
           "Which enclosing loop has the blocks: 1 is the next one outside">,
    Option<"size", "size", "int64_t", "0", "Iterations of a block">];
}

def Separate : SchedulePass<"autotune-separate"> {
  let summary = "Run first what waits for nothing in an iteration";
  let description = [{
    `for tiles { for i S(i) }` becomes `for tiles { for i in F S(i); for i not in
    F S(i) }`, where `F` are the instances that need nothing of other instances
    in the same iteration of the band. They become a statement of their own, the
    last one, whose loops are one band in front of all else below. In a tile of
    dynamic programming, most of a reduction uses only what earlier tiles have
    computed: that part has loops without dependences then. Refused where one of
    both parts is empty or has no simple form, and once loops are parallel,
    unrolled, vectors or packed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"statement", "statement", "unsigned", "0", "Number of the statement">];
}

def Describe : SchedulePass<"autotune-describe"> {
  let summary = "Describe the current schedule";
  let description = [{
    Attaches `autotune.loops`, a JSON description of the tree and the statements.
  }];
}

def Enumerate : SchedulePass<"autotune-enumerate"> {
  let summary = "List the legal transformations of the current schedule";
  let description = [{
    Attaches `autotune.menus`, an array of JSON strings, and `autotune.loops`, a
    JSON description of the tree. Every choice on a menu is accepted by its pass.
  }];
  let options = [
    Option<"threads", "threads", "unsigned", "1", "Threads of the target">,
    Option<"vectorBits", "vector-bits", "unsigned", "512", "Width of a vector register">];
}

def Promote : SchedulePass<"autotune-promote"> {
  let summary = "Keep in registers what a loop loads from and stores to one place";
  let description = [{
    `for k { c = load C[i]; ...; store C[i] }` becomes `c0 = load C[i];
    c1 = for k iter_args(c = c0) { ... yield }; store c1, C[i]`, where nothing
    else in the loop touches the place. `autotune-codegen` does the same to the
    loops that it generates.
  }];
}

def Codegen : SchedulePass<"autotune-codegen"> {
  let summary = "Generate loops from the schedule tree";
  let description = [{
    Replaces the body by affine loops, vectors and copies that run the statement
    instances in the order of the tree, and promotes what stays at one address
    during a loop to registers.
  }];
  let options = [
    Option<"maxOperations", "max-operations", "int64_t", "0",
           "most operations that are taken; 0: any number">,
    Option<"masks", "masks", "bool", "true", "the target has mask registers">];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def UnrollShortLoops : SchedulePass<"autotune-unroll-short-loops"> {
  let summary = "Unroll innermost loops of few vector operations";
  let description = [{
    Loops of a constant number of iterations become straight code, inner ones
    first, as long as that stays short.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect"];
}

def CarryVectors : SchedulePass<"autotune-carry-vectors"> {
  let summary = "Put overlapping vectors together from fewer loads";
  let description = [{
    Where a loop reads a row as vectors that overlap, as stencils do, every
    element is loaded once: other vectors are made of the lanes of two, the last
    of which go on to the next iteration; but not where more is computed.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::vector::VectorDialect"];
}

def ChooseStores : SchedulePass<"autotune-choose-stores"> {
  let summary = "Store past the caches only where buffers are aligned";
  let description = [{
    `for i stream A[i]` becomes `if A is aligned { for i stream A[i] } else {
    for i A[i] = ... }`: the test is of the address at which the buffer begins.
    Buffers that are allocated here are aligned instead.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"];
}

def FenceStreams : Pass<"autotune-fence-streams", "::mlir::LLVM::LLVMFuncOp"> {
  let summary = "Let others see what was stored past the caches";
  let description = [{
    x86 does not order non-temporal stores with later ones. They are fenced where
    a thread may hand memory over: at the end of a parallel region, before one
    begins, before calls that get pointers, and where the function returns.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LimitUnrolling : Pass<"autotune-limit-unrolling", "::mlir::LLVM::LLVMFuncOp"> {
  let summary = "Forbid LLVM to unroll loops with vectors, and nests of loops";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def RelaxFma : Pass<"autotune-relax-fma", "::mlir::LLVM::LLVMFuncOp"> {
  let summary = "Turn reassociable llvm.fma into llvm.fmuladd";
  let description = [{
    LLVM vectorises reductions of `llvm.fmuladd`, which it fuses again where
    the machine can, but none of `llvm.fma`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def StackBuffers : SchedulePass<"autotune-stack-buffers"> {
  let summary = "Put small temporary buffers on the stack";
  let description = [{
    Buffers that a function allocates at the top of its body, the smallest first,
    as long as all together stay within the budget. The C library takes
    microseconds for an aligned block, longer than small programs run. Buffers
    of iterations, such as those of threads, stay on the heap.
  }];
  let options = [
    Option<"budget", "budget", "int64_t", "0", "Bytes for all buffers">];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def AliasScopes : Pass<"autotune-alias-scopes", "::mlir::LLVM::LLVMFuncOp"> {
  let summary = "Tell LLVM which accesses in parallel regions are to disjoint buffers";
  let description = [{
    The bodies of parallel regions become functions that get pointers from
    memory, about which LLVM knows nothing. Loads and stores of arguments that
    are `noalias`, and of buffers allocated here, get alias scopes.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def InterleaveThreads : SchedulePass<"autotune-interleave-threads"> {
  let summary = "Deal the iterations of uneven parallel loops out in turn";
  let description = [{
    Where the number of iterations of a loop inside changes with the counter of
    a parallel loop, as in triangles, thread t of T gets iterations t, t + T,
    t + 2T and so on, instead of as many neighbours as the others.
  }];
  let options = [
    Option<"threads", "threads", "unsigned", "2", "Threads of the target">];
  let dependentDialects = ["::mlir::affine::AffineDialect"];
}

def LowerAccesses : SchedulePass<"autotune-lower-accesses"> {
  let summary = "Turn affine accesses into LLVM's loads and stores";
  let description = [{
    Accesses at a constant distance from each other share an address, computed
    where the innermost loop counter that it depends on is known.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def InvertDivisors : SchedulePass<"autotune-invert-divisors"> {
  let summary = "Divide once where a loop divides by one value";
  let description = [{
    Divisions with `fastmath<reassoc,arcp>` by what an innermost loop does not
    change become multiplications by its reciprocal, which is computed before
    the loop. Divisors whose reciprocal would overflow or lose bits, and what
    they divide, are scaled by a power of two first: zeros, infinities and NaNs
    are as before, and a normal quotient differs from the exact one by at most
    1.5 units in the last place. `arcp` goes from all divisions, since
    LLVM would invert any divisor.
    ```mlir
    affine.for %j = 0 to 64 {
      %s = affine.load %S[%i] : memref<8xf32>
      %q = arith.divf %x, %s fastmath<reassoc,arcp> : f32
    // becomes
    %s = affine.load %S[%i] : memref<8xf32>
    %scale = ...  // 1, or a power of two
    %inverse = arith.divf %one, %scaled : f32
    affine.for %j = 0 to 64 {
      %p = arith.mulf %x, %scale : f32
      %q = arith.mulf %p, %inverse : f32
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

#endif // AUTOTUNE_SCHEDULE_PASSES
