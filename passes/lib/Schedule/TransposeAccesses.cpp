//===- TransposeAccesses.cpp - Columns of vectors by rows -----------------===//
//
// A group is gathers, or scatters, of columns of one memref at constant
// distances. What is gathered moves up to the first member, what is scattered
// down to the last; a group is closed before an op that this might cross to
// another effect.
//
//===----------------------------------------------------------------------===//

#include "TransposeAccesses.h"
#include "StridedLanes.h"
#include "Transpose.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace autotune {

namespace {

/// Fewer columns are not worth the shuffles.
constexpr int64_t minColumns = 4;

/// Lanes that transposition can move.
struct Lanes : StridedLanes {
  /// Whether the lanes differ by a constant from the other's.
  bool isLike(const Lanes &other) const {
    return memref == other.memref && first.base == other.first.base &&
           stride == other.stride && type == other.type;
  }
  /// Whether lanes that are alike, but for their constant, share an element.
  bool overlaps(int64_t constant) const {
    int64_t distance = first.constant - constant;
    return distance % stride == 0 &&
           std::abs(distance / stride) < type.getDimSize(0);
  }
};

struct Member {
  Operation *op;
  int64_t constant;
};

struct Group {
  bool isWrite;
  Lanes lanes;
  llvm::SmallVector<Member> members;
  /// Constants of columns that were scattered since gathers began.
  llvm::SmallVector<int64_t> written;
};

class BlockTransposer {
public:
  BlockTransposer(Block &block, Addresses &addresses)
      : block(block), addresses(addresses) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto gather = dyn_cast<vector::GatherOp>(op)) {
        if (std::optional<Lanes> lanes = lanesOf(gather)) {
          addGather(gather, *lanes);
          continue;
        }
      } else if (auto scatter = dyn_cast<vector::ScatterOp>(op)) {
        if (std::optional<Lanes> lanes = lanesOf(scatter)) {
          addScatter(scatter, *lanes);
          continue;
        }
      }
      closeBefore(op);
    }
    closeIf([](const Group &) { return true; });
  }

private:
  template <typename Access> std::optional<Lanes> lanesOf(Access op) {
    std::optional<StridedLanes> lanes = stridedLanes(op, addresses);
    if (!lanes || !lanes->isWhole() ||
        !isTransposable(lanes->type.getDimSize(0)))
      return std::nullopt;
    return Lanes{*lanes};
  }

  void addGather(vector::GatherOp op, const Lanes &lanes) {
    for (const Group &group : groups) {
      if (!group.isWrite || !group.lanes.isLike(lanes))
        continue;
      for (const Member &member : group.members)
        if (member.constant == lanes.first.constant) {
          auto scatter = cast<vector::ScatterOp>(member.op);
          op.replaceAllUsesWith(scatter.getValueToStore());
          op.erase();
          return;
        }
    }
    closeIf([&](const Group &group) {
      if (group.isWrite)
        return mayOverlap(group, lanes);
      return group.lanes.isLike(lanes) && isWritten(group, lanes);
    });
    addTo(op, lanes, /*isWrite=*/false);
  }

  void addScatter(vector::ScatterOp op, const Lanes &lanes) {
    closeIf([&](const Group &group) {
      return group.lanes.memref == lanes.memref &&
             (group.isWrite ? mayOverlap(group, lanes)
                            : !group.lanes.isLike(lanes));
    });
    for (Group &group : groups)
      if (!group.isWrite && group.lanes.memref == lanes.memref)
        group.written.push_back(lanes.first.constant);
    addTo(op, lanes, /*isWrite=*/true);
  }

  /// Whether a member of the group may be at an element of `lanes`.
  static bool mayOverlap(const Group &group, const Lanes &lanes) {
    if (group.lanes.memref != lanes.memref)
      return false;
    if (!group.lanes.isLike(lanes))
      return true;
    return llvm::any_of(group.members, [&](const Member &member) {
      return lanes.overlaps(member.constant);
    });
  }

  /// Whether a later member of a group of gathers, moved to the first, would
  /// miss what was scattered in between.
  static bool isWritten(const Group &group, const Lanes &lanes) {
    return llvm::any_of(group.written, [&](int64_t constant) {
      return lanes.overlaps(constant);
    });
  }

  void addTo(Operation *op, const Lanes &lanes, bool isWrite) {
    for (Group &group : groups)
      if (group.isWrite == isWrite && group.lanes.isLike(lanes)) {
        group.members.push_back({op, lanes.first.constant});
        return;
      }
    groups.push_back({isWrite, lanes, {{op, lanes.first.constant}}, {}});
  }

  void closeBefore(Operation &op) {
    if (isMemoryEffectFree(&op) || isa<affine::AffinePrefetchOp>(op))
      return;
    Value read, written;
    if (auto load = dyn_cast<affine::AffineLoadOp>(op))
      read = load.getMemRef();
    else if (auto load = dyn_cast<affine::AffineVectorLoadOp>(op))
      read = load.getMemRef();
    else if (auto load = dyn_cast<vector::MaskedLoadOp>(op))
      read = load.getBase();
    else if (auto load = dyn_cast<vector::GatherOp>(op))
      read = load.getBase();
    else if (auto store = dyn_cast<affine::AffineStoreOp>(op))
      written = store.getMemRef();
    else if (auto store = dyn_cast<affine::AffineVectorStoreOp>(op))
      written = store.getMemRef();
    closeIf([&](const Group &group) {
      if (read)
        return group.isWrite && group.lanes.memref == read;
      return !written || group.lanes.memref == written;
    });
  }

  void closeIf(llvm::function_ref<bool(const Group &)> isClosed) {
    for (Group &group : groups)
      if (isClosed(group))
        transposeRuns(group);
    llvm::erase_if(groups, isClosed);
  }

  /// Replaces the members of a group that lie side by side.
  void transposeRuns(Group &group) {
    int64_t numLanes = group.lanes.type.getDimSize(0);
    auto &members = group.members;
    llvm::sort(members, [](const Member &a, const Member &b) {
      return a.constant < b.constant;
    });
    for (size_t begin = 0, width; begin < members.size(); begin += width) {
      auto rest = llvm::ArrayRef(members).drop_front(begin);
      width = llvm::bit_floor(std::min<size_t>(lengthOfRun(rest), numLanes));
      int64_t first = rest.front().constant;
      bool isNear = llvm::isInt<32>(first + group.lanes.stride * numLanes);
      if (int64_t(width) < std::min(minColumns, numLanes) || !isNear)
        continue;
      group.isWrite ? transposeStores(group.lanes, rest.take_front(width))
                    : transposeLoads(group.lanes, rest.take_front(width));
    }
  }

  static size_t lengthOfRun(llvm::ArrayRef<Member> members) {
    size_t length = 1;
    while (length < members.size() &&
           members[length].constant ==
               members[0].constant + static_cast<int64_t>(length))
      ++length;
    return length;
  }

  Value addressOfRow(OpBuilder &builder, const Lanes &lanes, int64_t first,
                     int64_t row) {
    Position position{lanes.first.base, first + lanes.stride * row};
    return addresses.addressOf(builder, lanes.memref, position);
  }

  void transposeLoads(const Lanes &lanes, llvm::ArrayRef<Member> run) {
    Operation *first = run.front().op;
    for (const Member &member : run)
      if (member.op->isBeforeInBlock(first))
        first = member.op;
    OpBuilder builder(first);
    Location loc = first->getLoc();
    llvm::SmallVector<Value> squares;
    for (size_t row = 0; row < run.size(); ++row)
      squares.push_back(loadRows(builder, loc, lanes, run, row));
    llvm::SmallVector<Value> columns = transposed(builder, loc, squares);
    for (auto [member, column] : llvm::zip(run, columns)) {
      member.op->getResult(0).replaceAllUsesWith(column);
      member.op->erase();
    }
  }

  /// Row `first` of every square, in one vector.
  Value loadRows(OpBuilder &builder, Location loc, const Lanes &lanes,
                 llvm::ArrayRef<Member> run, int64_t first) {
    int64_t numLanes = lanes.type.getDimSize(0), width = run.size();
    auto type = VectorType::get({width}, lanes.type.getElementType());
    Value rows;
    for (int64_t begin = 0; begin < numLanes; begin += width) {
      Value row = LLVM::LoadOp::create(
          builder, loc, type,
          addressOfRow(builder, lanes, run.front().constant, begin + first),
          elementBytes(cast<MemRefType>(lanes.memref.getType())));
      if (width == numLanes)
        return row;
      if (!rows)
        rows = LLVM::PoisonOp::create(builder, loc, lanes.type);
      rows = vector::InsertStridedSliceOp::create(builder, loc, row, rows,
                                                  begin, /*strides=*/1);
    }
    return rows;
  }

  void transposeStores(const Lanes &lanes, llvm::ArrayRef<Member> run) {
    Operation *last = run.front().op;
    llvm::SmallVector<Value> columns;
    for (const Member &member : run) {
      if (last->isBeforeInBlock(member.op))
        last = member.op;
      columns.push_back(cast<vector::ScatterOp>(member.op).getValueToStore());
    }
    OpBuilder builder(last);
    Location loc = last->getLoc();
    for (auto [row, value] : llvm::enumerate(transposed(builder, loc, columns)))
      storeRows(builder, loc, lanes, run, row, value);
    for (const Member &member : run)
      member.op->erase();
  }

  /// Stores row `first` of every square.
  void storeRows(OpBuilder &builder, Location loc, const Lanes &lanes,
                 llvm::ArrayRef<Member> run, int64_t first, Value rows) {
    int64_t numLanes = lanes.type.getDimSize(0), width = run.size();
    for (int64_t begin = 0; begin < numLanes; begin += width) {
      Value row = rows;
      if (width < numLanes)
        row = vector::ExtractStridedSliceOp::create(builder, loc, rows, begin,
                                                    width, /*strides=*/1);
      LLVM::StoreOp::create(
          builder, loc, row,
          addressOfRow(builder, lanes, run.front().constant, begin + first),
          elementBytes(cast<MemRefType>(lanes.memref.getType())));
    }
  }

  Block &block;
  Addresses &addresses;
  llvm::SmallVector<Group> groups;
};

} // namespace

void transposeAccesses(Block &block, Addresses &addresses) {
  BlockTransposer(block, addresses).run();
}

} // namespace autotune
