//===- MemoryPasses.td - Where values are kept -------------*- tablegen -*-===//
//
// Transformations that change which memory holds a value, and how it gets there.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_MEMORY_PASSES
#define AUTOTUNE_MEMORY_PASSES

def Pack : SchedulePass<"autotune-pack"> {
  let summary = "Copy a tile's operand into a contiguous aligned buffer";
  let description = [{
    Copies what the loops below the band read of the array, for fixed outer
    loops, into a buffer of panels of `panel` elements along `panel-dim`:
    `B[k][j]` becomes `P[j / panel][k][j mod panel]`. Refused where the array is
    written below the band or not read there, or the region takes over 64 MiB.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"array", "array", "unsigned", "0",
           "Number of the array: arguments first, then allocations">,
    Option<"panelDim", "panel-dim", "unsigned", "0", "Dimension split into panels">,
    Option<"panel", "panel", "int64_t", "1", "Elements of a panel along it">];
}

def PackRead : SchedulePass<"autotune-pack-read"> {
  let summary = "Copy what one read of a statement takes of an array it writes";
  let description = [{
    As `autotune-pack` does, for one read only, also of an array that is written
    below the band: in an elimination a tile reads what is computed already, and
    writes elsewhere. Other statements, also those that share the load, read the
    array. Refused where something below the band, in one iteration of the loops
    outside, writes what the read takes, and where the region takes over 64 MiB.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"statement", "statement", "unsigned", "0", "Number of the statement">,
    Option<"access", "access", "unsigned", "0",
           "Which of the statement's accesses, in its order">,
    Option<"panelDim", "panel-dim", "unsigned", "0", "Dimension split into panels">,
    Option<"panel", "panel", "int64_t", "1", "Elements of a panel along it">];
}

def Stream : SchedulePass<"autotune-stream"> {
  let summary = "Store vectors past the caches";
  let description = [{
    The stores of a statement below a vector mark become non-temporal ones: a
    line that is written as a whole is not fetched before, and does not take the
    place of another one in the caches. Partial vectors, and the vectors of a
    caller's buffer that does not begin at a multiple of their size, are stored
    as always. Refused where the statement is no vector, where vectors are not
    16 bytes or a multiple by a power of two, where they are no rows that begin
    at multiples of their size, and where the elements are touched again while
    the loops run that move the store: their lines would have to come back.
  }];
  let options = [
    Option<"statement", "statement", "unsigned", "0", "Number of the statement">];
}

def Prefetch : SchedulePass<"autotune-prefetch"> {
  let summary = "Fetch what a later iteration reads";
  let description = [{
    `for i S(A[i])` becomes `for i { fetch A[i + distance]; S(A[i]) }`: every
    iteration asks for the cache lines of the array that are touched as many
    iterations later, each line once; beyond the end of the loop for lines that
    nobody uses. The loop becomes a band of its own. Refused where the loop is
    unrolled, a vector or parallel, where it does not move what it reads of the
    array, where that has no fixed size or takes more than 16 lines, for packed
    arrays, and where there is no iteration so much later.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"array", "array", "unsigned", "0",
           "Number of the array: arguments first, then allocations">,
    Option<"distance", "distance", "int64_t", "0",
           "Iterations of the loop between fetching and using">];
}

def Privatize : SchedulePass<"autotune-privatize"> {
  let summary = "Accumulate in partial results, so that a reduction has no order";
  let description = [{
    `for j A[e] += x(j)` becomes `P[e][:] = 0; for j P[e][j mod lanes] += x(j);
    A[e] += sum of P[e]`. Only iterations a multiple of `lanes` apart depend on
    each other then, so that the loop can be a vector or run in parallel. The
    partial results are combined in a fixed order. Refused where an operation is
    neither exactly associative nor marked `reassoc`, where something else uses
    the elements in the loop, and once loops are parallel, unrolled, vectors or packed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"array", "array", "unsigned", "0",
           "Number of the array: arguments first, then allocations">,
    Option<"lanes", "lanes", "int64_t", "0", "Partial results of an element">];
  let dependentDialects = ["::mlir::vector::VectorDialect"];
}

def Snapshot : SchedulePass<"autotune-snapshot"> {
  let summary = "Read copies of values that are overwritten later";
  let description = [{
    `for k { for i S(i, A[k]); A[k + 1] = ... }` becomes
    `for k { C[k] = A[k]; for i S(i, C[k]); A[k + 1] = ... }`: what the loops of
    the band read of the array, and do not write while the loops outside stay
    where they are, is copied before them, for every iteration outside to a
    place of its own. What overwrites the array need not wait for the loops any
    more. Refused where there is no such read, where nothing overwrites what is
    read, for large buffers, and once loops are parallel, unrolled, vectors, packed.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"array", "array", "unsigned", "0",
           "Number of the array: arguments first, then allocations">];
}

def Contract : SchedulePass<"autotune-contract"> {
  let summary = "Shrink a temporary to what is in use at once";
  let description = [{
    `for i { T[i] = ...; ... = T[i] }` becomes `for i { T[0] = ...; ... = T[0] }`:
    every dimension of a temporary is folded modulo the number of neighbours that
    hold values still needed. Refused for arrays visible outside the workload, or
    in use at once as a whole, where marked loops would carry a dependence, and
    where isl takes more than a hundredth of its quota to tell.
  }];
  let options = [
    Option<"array", "array", "unsigned", "0",
           "Number of the array: arguments first, then allocations">];
}

def Expand : SchedulePass<"autotune-expand"> {
  let summary = "Give every iteration of a loop a temporary of its own";
  let description = [{
    `for i { t = ...; ... = t }` becomes `for i { T[i] = ...; ... = T[i] }`, so
    that iterations no longer wait for each other to be done with `t`. What
    follows the loop reads what the last iteration has left. Refused for arrays
    that are visible outside the workload or filled outside of the loop, and
    where a value is used in another iteration.
  }];
  let options = [
    Option<"band", "band", "unsigned", "0", "Pre-order number of the band">,
    Option<"member", "member", "unsigned", "0", "Position of the loop in the band">,
    Option<"array", "array", "unsigned", "0",
           "Number of the array: arguments first, then allocations">];
}

#endif // AUTOTUNE_MEMORY_PASSES
