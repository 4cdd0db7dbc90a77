//===- CarryVectors.cpp - Overlapping vectors from fewer loads ------------===//
//
// A stencil reads what lies beside an element as vectors that overlap, and most
// of them cross a cache line, which costs two accesses. Here a loop loads every
// element of a row once: vectors between two that were loaded are put together
// from the lanes of both, and the last one is carried to the next iteration.
// What the loop has just stored is not loaded at all: a vector that overlaps
// two stores would have to wait for both.
//
// After Eichenberger, Wu, O'Brien: Vectorization for SIMD Architectures with
// Alignment Constraints, PLDI 2004.
//
//===----------------------------------------------------------------------===//

#include "autotune/SchedulePasses.h"

#include "mlir/Dialect/Affine/IR/AffineValueMap.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <map>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_CARRYVECTORS
#include "autotune/SchedulePasses.h.inc"

/// A vector that crosses a cache line takes two accesses, as many as the core
/// makes at a time beside two operations.
static constexpr unsigned accessesPerLoad = 2;

/// Vectors of a row that go on to the next iteration, at most.
static constexpr int64_t maxCarried = 2;

/// Of a loop that runs once where the loop around which it is put runs at all.
static constexpr int64_t farStep = int64_t(1) << 40;

namespace {

using affine::AffineForOp;
using affine::AffineVectorLoadOp;
using affine::AffineVectorStoreOp;

/// Loads of one row that an iteration makes.
struct Row {
  AffineVectorLoadOp first;
  /// By how many elements they begin after `first`, and what takes their place.
  llvm::SmallVector<std::pair<AffineVectorLoadOp, int64_t>> loads;
  int64_t least = 0, most = 0;
  /// Where the iteration's last vector begins.
  int64_t last = 0;
  /// Vectors by where they begin.
  std::map<int64_t, Value> vectors;

  int64_t width() { return first.getVectorType().getDimSize(0); }

  /// Where loads begin, in order.
  llvm::SmallVector<int64_t> offsets() {
    llvm::SmallVector<int64_t> result;
    for (auto [load, offset] : loads)
      result.push_back(offset);
    llvm::sort(result);
    result.erase(llvm::unique(result), result.end());
    return result;
  }
};

/// How far `b` is from `a` in every dimension; nothing where that varies.
std::optional<llvm::SmallVector<int64_t>>
distanceOf(const affine::AffineValueMap &a, const affine::AffineValueMap &b) {
  if (a.getNumResults() != b.getNumResults())
    return std::nullopt;
  affine::AffineValueMap difference;
  affine::AffineValueMap::difference(b, a, &difference);
  llvm::SmallVector<int64_t> result;
  AffineMap map = difference.getAffineMap();
  for (AffineExpr expr : map.getResults()) {
    auto constant = dyn_cast<AffineConstantExpr>(
        simplifyAffineExpr(expr, map.getNumDims(), map.getNumSymbols()));
    if (!constant)
      return std::nullopt;
    result.push_back(constant.getValue());
  }
  return result;
}

template <typename Access> affine::AffineValueMap placeOf(Access access) {
  return affine::AffineValueMap(access.getAffineMap(), access.getMapOperands());
}

/// Rewrites one innermost loop.
class Carrier {
public:
  explicit Carrier(AffineForOp loop)
      : loop(loop), step(loop.getStep().getSExtValue()) {}

  void run() {
    if (loop.getNumResults() > 0 || !collect())
      return;
    llvm::erase_if(rows, [&](Row &row) { return !gains(row); });
    unsigned numLoads = 0;
    for (Row &row : rows)
      numLoads += row.offsets().size();
    if (accessesPerLoad * numLoads > numOperations)
      rewrite();
  }

private:
  /// Finds the rows and the stores; false where an op may do anything.
  bool collect() {
    for (Operation &op : loop.getBody()->without_terminator()) {
      if (auto load = dyn_cast<AffineVectorLoadOp>(op)) {
        if (movesWithLoop(load))
          add(load);
        continue;
      }
      if (isa<affine::AffinePrefetchOp>(op))
        continue;
      if (isa<affine::AffineVectorStoreOp, affine::AffineStoreOp>(op))
        stores.push_back(&op);
      else if (op.getNumRegions() > 0 ||
               !(isMemoryEffectFree(&op) || isa<affine::AffineLoadOp>(op)))
        return false;
      bool isVector =
          llvm::any_of(op.getResultTypes(), llvm::IsaPred<VectorType>);
      numOperations += isVector && op.getNumOperands() > 1;
    }
    return true;
  }

  /// Whether an iteration reads where the one before did, a step further on.
  bool movesWithLoop(AffineVectorLoadOp load) {
    Value counter = loop.getInductionVar();
    llvm::SmallVector<AffineExpr> later;
    for (auto [number, operand] : llvm::enumerate(load.getMapOperands())) {
      if (operand != counter && !loop.isDefinedOutsideOfLoop(operand))
        return false;
      AffineExpr dim = getAffineDimExpr(number, load.getContext());
      later.push_back(operand == counter ? dim + step : dim);
    }
    AffineMap map = load.getAffineMap();
    if (map.getNumSymbols() > 0 || load.getVectorType().getRank() != 1)
      return false;
    affine::AffineValueMap next(
        map.replaceDimsAndSymbols(later, {}, map.getNumDims(), 0),
        load.getMapOperands());
    auto distance = distanceOf(placeOf(load), next);
    return distance && distance->back() == step &&
           llvm::all_of(llvm::drop_end(*distance),
                        [](int64_t each) { return each == 0; });
  }

  void add(AffineVectorLoadOp load) {
    for (Row &row : rows) {
      if (row.first.getMemRef() != load.getMemRef() ||
          row.first.getVectorType() != load.getVectorType())
        continue;
      auto distance = distanceOf(placeOf(row.first), placeOf(load));
      if (!distance || llvm::any_of(llvm::drop_end(*distance),
                                    [](int64_t each) { return each != 0; }))
        continue;
      row.loads.push_back({load, distance->back()});
      row.least = std::min(row.least, distance->back());
      row.most = std::max(row.most, distance->back());
      return;
    }
    rows.push_back({load, {{load, 0}}});
  }

  /// Whether fewer loads do, and stores allow that.
  bool gains(Row &row) {
    if (step % row.width() != 0)
      return false;
    std::optional<llvm::SmallVector<Store>> touching = storesTo(row);
    if (!touching)
      return false;
    return isForwarded(row, *touching) ||
           (overlaps(row) && isReadFirst(row, *touching));
  }

  /// Whether the row's vectors overlap and leave no gap.
  bool overlaps(Row &row) const {
    int64_t width = row.width();
    llvm::SmallVector<int64_t> offsets = row.offsets();
    for (size_t i = 1; i < offsets.size(); ++i)
      if (offsets[i] - offsets[i - 1] > width)
        return false;
    // A vector that this iteration loads must not begin before the row.
    int64_t span = row.most - row.least;
    bool isInside = span % width == 0 || span > step - width;
    row.last = row.most;
    return isInside && int64_t(offsets.size()) > step / width;
  }

  /// Stores by where they begin.
  using Store = std::pair<int64_t, Operation *>;

  /// The stores to the row; nothing where that cannot be told.
  std::optional<llvm::SmallVector<Store>> storesTo(Row &row) const {
    llvm::SmallVector<Store> result;
    for (Operation *op : stores) {
      auto write = cast<affine::AffineWriteOpInterface>(op);
      if (write.getMemRef() != row.first.getMemRef())
        continue;
      auto distance = distanceOf(
          placeOf(row.first),
          affine::AffineValueMap(write.getAffineMap(), write.getMapOperands()));
      if (!distance)
        return std::nullopt;
      // Rows apart stay so: the loop moves along both.
      if (llvm::all_of(llvm::drop_end(*distance),
                       [](int64_t each) { return each == 0; }))
        result.push_back({distance->back(), op});
    }
    llvm::sort(result);
    return result;
  }

  /// Whether the stores come after the loads, and change nothing that later
  /// iterations read.
  bool isReadFirst(Row &row, llvm::ArrayRef<Store> touching) const {
    return llvm::all_of(touching, [&](const Store &store) {
      auto vector = dyn_cast<AffineVectorStoreOp>(store.second);
      int64_t width = vector ? vector.getVectorType().getNumElements() : 1;
      return store.first + width <= row.least + step &&
             llvm::all_of(row.loads, [&](auto &load) {
               return load.first->isBeforeInBlock(store.second);
             });
    });
  }

  /// Whether the stores make up the whole row before it is read: then these are
  /// its vectors.
  bool isForwarded(Row &row, llvm::ArrayRef<Store> touching) const {
    int64_t width = row.width();
    if (int64_t(touching.size()) != step / width)
      return false;
    std::map<int64_t, Value> stored;
    for (auto [number, store] : llvm::enumerate(touching)) {
      auto vector = dyn_cast<AffineVectorStoreOp>(store.second);
      if (!vector || vector.getVectorType() != row.first.getVectorType() ||
          store.first != touching.front().first + int64_t(number) * width ||
          !llvm::all_of(row.loads, [&](auto &load) {
            return store.second->isBeforeInBlock(load.first);
          }))
        return false;
      stored[store.first] = vector.getValueToStore();
    }
    int64_t first = touching.front().first;
    row.last = first + step - width;
    if (row.most > row.last || row.least < first - maxCarried * width)
      return false;
    row.vectors = std::move(stored);
    return true;
  }

  /// A load of the row from `offset` on, where the loop's counter is `counter`.
  static Value load(OpBuilder &builder, AffineForOp loop, Row &row,
                    int64_t offset, Value counter) {
    llvm::SmallVector<AffineExpr> place(row.first.getAffineMap().getResults());
    place.back() = place.back() + offset;
    AffineMap map = row.first.getAffineMap();
    llvm::SmallVector<Value> operands(row.first.getMapOperands());
    Value own = loop.getInductionVar();
    llvm::replace(operands, own, counter);
    return AffineVectorLoadOp::create(
        builder, row.first.getLoc(), row.first.getVectorType(),
        row.first.getMemRef(),
        AffineMap::get(map.getNumDims(), 0, place, map.getContext()), operands);
  }

  /// What begins at `offset`, from the vector at `begin` and the next one.
  static Value between(OpBuilder &builder, Location loc, Value vector,
                       Value next, int64_t distance) {
    int64_t width = cast<VectorType>(vector.getType()).getDimSize(0);
    llvm::SmallVector<int64_t> lanes;
    for (int64_t lane = 0; lane < width; ++lane)
      lanes.push_back(lane + distance);
    return vector::ShuffleOp::create(builder, loc, vector, next, lanes);
  }

  /// Begins of the vectors that an iteration gets from the one before. Loaded
  /// are those that end where the row does, and before that without a gap.
  llvm::SmallVector<int64_t> carriedBy(Row &row) const {
    llvm::SmallVector<int64_t> begins;
    for (int64_t begin = row.last - step; begin > row.least - row.width();
         begin -= row.width())
      begins.push_back(begin);
    return begins;
  }

  /// The carried vectors of the first iteration. Lanes before what the loop
  /// reads there are never used.
  void addInitial(OpBuilder &builder, Row &row, Value counter,
                  llvm::SmallVector<Value> &initial) {
    for (int64_t begin : carriedBy(row)) {
      int64_t missing = std::max<int64_t>(0, row.least - begin);
      Value vector = load(builder, loop, row, begin + missing, counter);
      initial.push_back(missing == 0
                            ? vector
                            : between(builder, row.first.getLoc(), vector,
                                      vector, row.width() - missing));
    }
  }

  void rewrite() {
    OpBuilder builder(loop);
    auto once = AffineForOp::create(
        builder, loop.getLoc(), loop.getLowerBoundOperands(),
        loop.getLowerBoundMap(), loop.getUpperBoundOperands(),
        loop.getUpperBoundMap(), farStep);
    builder.setInsertionPointToStart(once.getBody());
    llvm::SmallVector<Value> initial;
    for (Row &row : rows)
      addInitial(builder, row, once.getInductionVar(), initial);
    auto carrying = AffineForOp::create(
        builder, loop.getLoc(), once.getInductionVar(),
        builder.getDimIdentityMap(), loop.getUpperBoundOperands(),
        loop.getUpperBoundMap(), step, initial);
    Block *body = carrying.getBody();
    if (!body->empty())
      body->back().erase();
    body->getOperations().splice(body->end(), loop.getBody()->getOperations());
    Operation *yield = &body->back();
    llvm::SmallVector<Value> next;
    llvm::ArrayRef<Value> args(carrying.getRegionIterArgs().begin(),
                               carrying.getRegionIterArgs().end());
    builder.setInsertionPoint(yield);
    for (Row &row : rows) {
      size_t num = carriedBy(row).size();
      replaceLoads(row, args.take_front(num), yield, next);
      args = args.drop_front(num);
    }
    affine::AffineYieldOp::create(builder, loop.getLoc(), next);
    yield->erase();
    loop.getInductionVar().replaceAllUsesWith(carrying.getInductionVar());
    loop.erase();
  }

  /// Replaces the row's loads, given what the iteration before hands on, and
  /// adds what the next one gets.
  void replaceLoads(Row &row, llvm::ArrayRef<Value> carried, Operation *yield,
                    llvm::SmallVector<Value> &next) {
    int64_t width = row.width();
    llvm::SmallVector<int64_t> begins = carriedBy(row);
    for (auto [begin, value] : llvm::zip(begins, carried))
      row.vectors[begin] = value;
    auto vectorAt = [&](int64_t begin, Operation *user) {
      Value &vector = row.vectors[begin];
      if (!vector) {
        OpBuilder builder(user);
        vector = load(builder, loop, row, begin, loop.getInductionVar());
      }
      return vector;
    };
    for (auto [old, offset] : row.loads) {
      int64_t distance = (offset - row.last) % width;
      distance += distance < 0 ? width : 0;
      Value vector = vectorAt(offset - distance, old);
      if (distance != 0) {
        Value following = vectorAt(offset - distance + width, old);
        OpBuilder builder(old);
        vector = between(builder, old.getLoc(), vector, following, distance);
      }
      old.getResult().replaceAllUsesWith(vector);
    }
    for (int64_t begin : begins)
      next.push_back(vectorAt(begin + step, yield));
    for (auto [old, offset] : row.loads)
      old.erase();
  }

  AffineForOp loop;
  int64_t step;
  llvm::SmallVector<Row> rows;
  llvm::SmallVector<Operation *> stores;
  unsigned numOperations = 0;
};

struct CarryVectorsPass : impl::CarryVectorsBase<CarryVectorsPass> {
  void runOnOperation() override {
    llvm::SmallVector<AffineForOp> loops;
    getOperation().walk([&](AffineForOp loop) { loops.push_back(loop); });
    for (AffineForOp loop : loops)
      Carrier(loop).run();
  }
};

} // namespace
} // namespace autotune
