//===- PrefetchEmitter.cpp - Ask for what later iterations use ------------===//

#include "Addresses.h"
#include "AstEmitter.h"
#include "StreamStores.h"

using namespace mlir;

namespace autotune {

/// In all caches: it is used a few iterations later.
static constexpr unsigned mostLocal = 3;

/// The number of an element in the order of memory.
static AffineExpr positionOf(llvm::ArrayRef<int64_t> shape,
                             llvm::ArrayRef<AffineExpr> subscripts) {
  AffineExpr position =
      getAffineConstantExpr(0, subscripts.front().getContext());
  for (auto [size, subscript] : llvm::zip(shape, subscripts))
    position = position * size + subscript;
  return position;
}

std::optional<llvm::SmallVector<AffineExpr>>
AstEmitter::regionLater(const GeneratedPrefetch &fetched, int64_t number) {
  std::string iterator = std::to_string(fetched.depth);
  AffineExpr now = iterators.lookup(iterator);
  iterators[iterator] = now + number;
  llvm::SmallVector<AffineExpr> begin;
  for (const isl::ast_expr &offset : fetched.offset)
    if (std::optional<AffineExpr> first = converter().convert(offset))
      begin.push_back(scope.simplify(*first));
  iterators[iterator] = now;
  // Where nothing is touched, there is no place.
  if (begin.empty() || begin.size() < fetched.offset.size())
    return std::nullopt;
  return begin;
}

/// The elements of a row of `size` that are fetched, with a line each.
static llvm::SmallVector<int64_t>
startsOfLines(int64_t size, int64_t elementsPerLine, bool mayCrossLine) {
  llvm::SmallVector<int64_t> starts;
  for (int64_t start = 0; start < size; start += elementsPerLine)
    starts.push_back(start);
  if (mayCrossLine && starts.back() != size - 1)
    starts.push_back(size - 1);
  return starts;
}

void AstEmitter::emitPrefetch(const GeneratedPrefetch &fetched) {
  Value array = scop.arrays[fetched.array];
  auto type = cast<MemRefType>(array.getType());
  AffineExpr counter = iterators.lookup(std::to_string(fetched.depth));
  if (!counter) // The whole loop is one vector.
    return;
  auto begin = regionLater(fetched, fetched.distance);
  auto next = regionLater(fetched, fetched.distance + 1);
  // Pieces of a loop may have one iteration only, at a place of its own.
  if (!begin || !next || *begin == *next || isa<AffineConstantExpr>(counter) ||
      !isPlainMemref(type))
    return;
  int64_t perLine = cacheLineBytes / elementBytes(type);
  AffineExpr first = positionOf(type.getShape(), *begin);
  auto step = dyn_cast<AffineConstantExpr>(
      scope.simplify(positionOf(type.getShape(), *next) - first));
  int64_t size = fetched.sizes.back();
  // Where rows go on, the rest of a line belongs to the next iteration.
  bool goesOn = step && std::abs(step.getValue()) <= size;
  bool isAligned = scope.multipleOf(scope.simplify(first)) % perLine == 0;
  llvm::SmallVector<int64_t> starts =
      startsOfLines(size, perLine, !goesOn && !isAligned);
  int64_t numRows = 1;
  for (int64_t extent : llvm::ArrayRef(fetched.sizes).drop_back())
    numRows *= extent;
  for (int64_t row = 0; row < numRows; ++row) {
    llvm::SmallVector<AffineExpr> subscripts(*begin);
    int64_t rest = row;
    for (size_t dim = subscripts.size() - 1; dim-- > 0;) {
      subscripts[dim] = subscripts[dim] + rest % fetched.sizes[dim];
      rest /= fetched.sizes[dim];
    }
    for (int64_t start : starts) {
      subscripts.back() = begin->back() + start;
      AffineValues values(scope, subscripts);
      affine::AffinePrefetchOp::create(
          builder, loc, array, values.map, values.operands,
          /*isWrite=*/false, mostLocal, /*isDataCache=*/true);
    }
  }
}

} // namespace autotune
