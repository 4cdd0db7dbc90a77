//===- AstParts.cpp - Incomplete vectors without masks --------------------===//
//
// Where a machine has no registers for masks, a store under a mask takes many
// times as long as one of a whole vector, and what reads it soon has to wait.
// The lanes at the ends of a row are vectors of fewer lanes instead.
//
//===----------------------------------------------------------------------===//

#include "AstEmitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#include <isl/ast.h>

using namespace mlir;

namespace autotune {

/// More parts are longer code than they are worth.
static constexpr unsigned maxParts = 2;

/// After so many statements the code is long without further forms of them.
static constexpr unsigned maxInstancesInForms = 64;

/// Lanes of the longest vector that begins at lane `begin`, at a multiple of
/// its own length.
static int64_t longestPart(int64_t begin, int64_t high) {
  int64_t size = 1;
  while (begin % (2 * size) == 0 && begin + 2 * size <= high)
    size *= 2;
  return size;
}

static unsigned countParts(int64_t low, int64_t high) {
  unsigned count = 0;
  for (int64_t begin = low; begin < high; begin += longestPart(begin, high))
    ++count;
  return count;
}

bool AstEmitter::isBetterInParts(const isl::ast_node &body,
                                 llvm::StringRef iterator, int64_t low,
                                 int64_t high) {
  if (hasMasks || countParts(low, high) > maxParts)
    return false;
  if (scope.size() == 0)
    return true;
  unsigned innermost = scope.size() - 1;
  isl::ast_node user = body;
  if (isl_ast_node_get_type(body.get()) == isl_ast_node_mark)
    user = isl::manage(isl_ast_node_mark_get_node(body.get()));
  AffineExpr first = getAffineConstantExpr(0, builder.getContext());
  AffineExpr outer = std::exchange(iterators[iterator], first);
  std::optional<Instance> instance = instanceOf(user);
  iterators[iterator] = outer;
  return instance && statements.isStoredInside(*instance->statement,
                                               instance->ivs, innermost);
}

Refusal AstEmitter::emitWholeOrLanes(const isl::ast_node &body,
                                     llvm::StringRef iterator,
                                     const Bounds &bounds, int64_t width) {
  llvm::SmallVector<AffineExpr> notNegative;
  for (AffineExpr lower : bounds.lowers)
    notNegative.push_back(scope.simplify(-lower));
  for (AffineExpr upper : bounds.uppers)
    notNegative.push_back(scope.simplify(upper - width));
  bool isNeverWhole = llvm::any_of(notNegative, [&](AffineExpr expr) {
    return scope.isNotNegative(-expr - 1);
  });
  if (isNeverWhole || numInstances > maxInstancesInForms)
    return emitLoop(body, iterator, bounds, Form());
  auto choice = scf::IfOp::create(builder, loc, areNotNegative(notNegative),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(choice.thenBlock());
  AffineExpr lane = scope.push(Value(), {0, width - 1, 1});
  lanes = Lanes{scope.size() - 1, width, Value()};
  Refusal refusal = emitScope(body, iterator, lane, Form());
  lanes.reset();
  scope.pop();
  builder.setInsertionPointToStart(choice.elseBlock());
  return refusal ? refusal : emitLoop(body, iterator, bounds, Form());
}

Refusal AstEmitter::emitInParts(const isl::ast_node &body,
                                llvm::StringRef iterator, int64_t low,
                                int64_t high) {
  bool streams = std::exchange(statements.streams, false);
  Refusal refusal;
  for (int64_t begin = low, size = 1; begin < high && !refusal; begin += size) {
    size = longestPart(begin, high);
    AffineExpr first = getAffineConstantExpr(begin, builder.getContext());
    if (size == 1) {
      refusal = emitScope(body, iterator, first, Form());
      continue;
    }
    AffineExpr lane = scope.push(Value(), {0, size - 1, 1});
    lanes = Lanes{scope.size() - 1, size, Value()};
    refusal = emitScope(body, iterator, first + lane, Form());
    lanes.reset();
    scope.pop();
  }
  statements.streams = streams;
  return refusal;
}

} // namespace autotune
