//===- PackEmitter.cpp - Packed copies of array regions -------------------===//

#include "AstEmitter.h"
#include "PackFold.h"
#include "Transpose.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IntegerSet.h"

using namespace mlir;

namespace autotune {

namespace {

/// Threads get equal shares of a loop of this many iterations, or nearly.
constexpr int64_t minSharedIterations = 8;

/// The widest registers: of the machine, where no vector is below.
constexpr int64_t registerBits = 512;

/// Of a row, which panels that are filled together take: four lines.
constexpr int64_t bitsTogether = 2048;

/// Smaller squares gain nothing.
constexpr int64_t minBlockWidth = 4;

/// Whether the loop that the copy is made for runs on all threads; other copies
/// may come between.
static bool isForParallelLoop(isl::ast_node node) {
  while (isl_ast_node_get_type(node.get()) == isl_ast_node_mark) {
    std::string label =
        isl::manage(isl_ast_node_mark_get_id(node.get())).name();
    if (!llvm::StringRef(label).starts_with(mark::pack))
      return label == mark::parallel;
    node = isl::manage(isl_ast_node_mark_get_node(node.get()));
  }
  return false;
}

/// Lanes of the widest vector below a node; 0 where there is none.
static int64_t widestVector(const isl::ast_node &node) {
  int64_t widest = 0;
  auto look = [](isl_ast_node *inner, void *found) {
    if (isl_ast_node_get_type(inner) == isl_ast_node_mark) {
      std::string name = isl::manage(isl_ast_node_mark_get_id(inner)).name();
      llvm::StringRef label = name;
      int64_t width = 0;
      if (label.consume_front(mark::vectorize) &&
          !label.getAsInteger(10, width))
        *static_cast<int64_t *>(found) =
            std::max(*static_cast<int64_t *>(found), width);
    }
    return isl_bool_true;
  };
  isl_ast_node_foreach_descendant_top_down(node.get(), look, &widest);
  return widest;
}

/// Emits the loops that fill a packed buffer, a panel at a time; in parallel
/// where threads share the buffer.
class CopyEmitter {
public:
  CopyEmitter(OpBuilder &builder, LoopScope &scope, const PackBinding &pack,
              llvm::ArrayRef<int64_t> sizes, Value source,
              const isl::ast_node &body)
      : builder(builder), loc(source.getLoc()), scope(scope), pack(pack),
        sizes(sizes), source(source), isShared(isForParallelLoop(body)),
        numLanes(widestVector(body)),
        shape(cast<MemRefType>(source.getType()).getShape()) {}

  void emit() {
    OpBuilder::InsertionGuard guard(builder);
    unsigned numLoopsOutside = scope.size();
    if (int64_t width = blockWidth())
      copyBlocks(width);
    else
      copyPanels();
    while (scope.size() > numLoopsOutside)
      scope.pop();
  }

private:
  /// Lanes of the vectors that the copy transposes, where panels run across the
  /// rows of the array; otherwise 0. No more than the copy's users have: a
  /// block of wider vectors does not fit into registers of theirs.
  int64_t blockWidth() const {
    auto isElementwise = [](Operation *op) {
      return op->hasTrait<OpTrait::Vectorizable>();
    };
    auto hasVectorForm = [&](const PackBinding::Copy &copy) {
      return llvm::all_of(copy.ops, isElementwise);
    };
    if (pack.panelDim + 1 == shape.size() ||
        !llvm::all_of(pack.copies, hasVectorForm))
      return 0;
    int64_t width = registerBits / cast<MemRefType>(source.getType())
                                       .getElementType()
                                       .getIntOrFloatBitWidth();
    while (width > 1 &&
           (pack.panel % width != 0 || (numLanes > 0 && width > numLanes)))
      width /= 2;
    return width >= minBlockWidth && isTransposable(width) &&
                   sizes.back() >= width
               ? width
               : 0;
  }

  /// Panels that are filled together: narrow ones of contiguous elements take
  /// but a part of each line, which would leave the cache before the next one
  /// reads on.
  int64_t panelsTogether() const {
    if (pack.panelDim + 1 != shape.size())
      return 1;
    Type element = cast<MemRefType>(source.getType()).getElementType();
    int64_t panelBits = pack.panel * element.getIntOrFloatBitWidth();
    return std::max<int64_t>(1, bitsTogether / panelBits);
  }

  int64_t numPanels() const {
    return llvm::divideCeilSigned(sizes[pack.panelDim], pack.panel);
  }

  void copyPanels() {
    int64_t together = std::min(panelsTogether(), numPanels());
    int64_t numComplete = sizes[pack.panelDim] / pack.panel;
    int64_t numGroups = numComplete / together;
    if (numGroups > 0)
      copyGroups(0, numGroups, together);
    if (int64_t done = numGroups * together; done < numPanels())
      copyGroups(done, 1, numPanels() - done);
  }

  /// Fills panels from `first` on, `together` at a time.
  void copyGroups(int64_t first, int64_t numGroups, int64_t together) {
    OpBuilder::InsertionGuard guard(builder);
    unsigned numLoopsOutside = scope.size();
    auto panelAmong = [&](int64_t count) {
      return count == 1 ? constant(0)
                        : addLoop({constant(0)}, {constant(count)});
    };
    AffineExpr group = panelAmong(numGroups) * together + first;
    llvm::SmallVector<AffineExpr> subscripts(shape.size());
    for (unsigned dim = 0; dim < shape.size(); ++dim)
      if (dim != pack.panelDim)
        subscripts[dim] =
            addLoopAlong(dim, constant(0), {constant(sizes[dim])});
    AffineExpr begin = (group + panelAmong(together)) * pack.panel;
    subscripts[pack.panelDim] = addLoopAlong(
        pack.panelDim, begin, upTo(begin, pack.panel, pack.panelDim));
    copy(subscripts);
    while (scope.size() > numLoopsOutside)
      scope.pop();
  }

  void copyBlocks(int64_t width) {
    unsigned last = shape.size() - 1;
    AffineExpr panel = addLoop({constant(0)}, {constant(numPanels())});
    llvm::SmallVector<AffineExpr> subscripts(shape.size());
    for (unsigned dim = 0; dim < last; ++dim)
      if (dim != pack.panelDim)
        subscripts[dim] =
            addLoopAlong(dim, constant(0), {constant(sizes[dim])});
    AffineExpr column = addLoop(
        {constant(0)}, {constant(llvm::divideCeilSigned(sizes[last], width))});
    AffineExpr row = addLoop({constant(0)}, {constant(pack.panel / width)});
    copyBlock(subscripts, panel * pack.panel + row * width, column * width,
              width);
  }

  /// Copies a square from element (row, column) of the region on.
  void copyBlock(llvm::SmallVector<AffineExpr> subscripts, AffineExpr row,
                 AffineExpr column, int64_t width) {
    unsigned last = shape.size() - 1;
    auto inside = [&](unsigned dim, AffineExpr begin) {
      return scope.simplify(pack.offset[dim] + begin);
    };
    AffineExpr top = inside(pack.panelDim, row), left = inside(last, column);
    llvm::SmallVector<AffineExpr> conditions;
    auto require = [&](AffineExpr notNegative) {
      notNegative = scope.simplify(notNegative);
      std::optional<int64_t> least = scope.minimum(notNegative);
      if (!least || *least < 0)
        conditions.push_back(notNegative);
    };
    require(constant(sizes[last] - width) - column);
    require(left);
    require(constant(shape[last] - width) - left);
    require(top);
    require(constant(shape[pack.panelDim] - width) - top);
    auto transpose = [&] {
      subscripts[pack.panelDim] = top;
      subscripts[last] = left;
      copyTransposed(subscripts, width);
    };
    if (conditions.empty())
      return transpose();
    AffineValues values(scope, conditions);
    IntegerSet isComplete =
        IntegerSet::get(values.map.getNumDims(), values.map.getNumSymbols(),
                        values.map.getResults(),
                        llvm::SmallVector<bool>(conditions.size(), false));
    auto choice = affine::AffineIfOp::create(builder, loc, isComplete,
                                             values.operands, true);
    builder.setInsertionPointToStart(choice.getThenBlock());
    transpose();
    builder.setInsertionPointToStart(choice.getElseBlock());
    subscripts[last] = addLoopAlong(last, column, upTo(column, width, last));
    subscripts[pack.panelDim] =
        addLoopAlong(pack.panelDim, row, upTo(row, width, pack.panelDim));
    copy(subscripts);
  }

  void copyTransposed(llvm::SmallVector<AffineExpr> subscripts, int64_t width) {
    auto type = VectorType::get(
        width, cast<MemRefType>(source.getType()).getElementType());
    AffineExpr top = subscripts[pack.panelDim], left = subscripts.back();
    llvm::SmallVector<Value> rows;
    for (int64_t lane = 0; lane < width; ++lane) {
      subscripts[pack.panelDim] = top + lane;
      AffineValues from(scope, subscripts);
      rows.push_back(affine::AffineVectorLoadOp::create(
          builder, loc, type, source, from.map, from.operands));
    }
    subscripts[pack.panelDim] = top;
    for (auto [lane, column] :
         llvm::enumerate(transposed(builder, loc, rows))) {
      subscripts.back() = left + int64_t(lane);
      AffineValues to(scope, placeOf(subscripts));
      for (const PackBinding::Copy &copy : pack.copies)
        affine::AffineVectorStoreOp::create(
            builder, loc, emitFolded(builder, copy.ops, column), copy.buffer,
            to.map, to.operands);
    }
  }

  /// Upper bounds of `count` elements from `begin` that stay in the region.
  llvm::SmallVector<AffineExpr> upTo(AffineExpr begin, int64_t count,
                                     unsigned dim) {
    AffineExpr left = scope.simplify(constant(sizes[dim]) - begin);
    std::optional<int64_t> least = scope.minimum(left);
    std::optional<int64_t> most = scope.maximum(left);
    if (least && *least >= count)
      return {constant(count)};
    if (most && *most <= count)
      return {left};
    return {constant(count), left};
  }

  llvm::SmallVector<AffineExpr>
  placeOf(llvm::ArrayRef<AffineExpr> subscripts) const {
    llvm::SmallVector<AffineExpr> place = pack.position(subscripts);
    for (AffineExpr &expr : place)
      expr = scope.simplify(expr);
    return place;
  }

  AffineExpr constant(int64_t value) {
    return getAffineConstantExpr(value, builder.getContext());
  }

  AffineExpr addLoop(llvm::ArrayRef<AffineExpr> lowers,
                     llvm::ArrayRef<AffineExpr> uppers) {
    AffineValues low(scope, lowers), high(scope, uppers);
    std::optional<int64_t> count = scope.maximum(uppers.front());
    bool isParallel = isShared && count && *count >= minSharedIterations;
    Value iv;
    if (isParallel) {
      iv = addParallelLoop(low, high);
      isShared = false;
    } else {
      auto loop = affine::AffineForOp::create(
          builder, loc, low.operands, low.map, high.operands, high.map, 1);
      builder.setInsertionPointToStart(loop.getBody());
      iv = loop.getInductionVar();
    }
    DimRange range{scope.minimum(lowers.front()),
                   scope.maximum(uppers.front())};
    if (range.max)
      range.max = *range.max - 1;
    return scope.push(iv, range);
  }

  Value addParallelLoop(const AffineValues &low, const AffineValues &high) {
    auto loop = affine::AffineParallelOp::create(
        builder, loc, TypeRange(), llvm::ArrayRef<arith::AtomicRMWKind>(),
        llvm::ArrayRef<AffineMap>(low.map), low.operands,
        llvm::ArrayRef<AffineMap>(high.map), high.operands,
        llvm::ArrayRef<int64_t>(1));
    builder.setInsertionPointToStart(loop.getBody());
    return loop.getIVs().front();
  }

  /// A loop from element `begin` of the region that stays inside the array;
  /// returns the subscript.
  AffineExpr addLoopAlong(unsigned dim, AffineExpr begin,
                          llvm::SmallVector<AffineExpr> uppers) {
    AffineExpr first = scope.simplify(pack.offset[dim] + begin);
    llvm::SmallVector<AffineExpr> lowers{constant(0)};
    std::optional<int64_t> least = scope.minimum(first);
    if (!least || *least < 0)
      lowers.push_back(-first);
    std::optional<int64_t> most = scope.maximum(first);
    std::optional<int64_t> count = scope.maximum(uppers.front());
    if (!most || !count || *most + *count > shape[dim])
      uppers.push_back(scope.simplify(constant(shape[dim]) - first));
    return first + addLoop(lowers, uppers);
  }

  void copy(llvm::ArrayRef<AffineExpr> subscripts) {
    AffineValues from(scope, subscripts);
    Value element = affine::AffineLoadOp::create(builder, loc, source, from.map,
                                                 from.operands);
    AffineValues to(scope, placeOf(subscripts));
    for (const PackBinding::Copy &copied : pack.copies)
      affine::AffineStoreOp::create(builder, loc,
                                    emitFolded(builder, copied.ops, element),
                                    copied.buffer, to.map, to.operands);
  }

  OpBuilder &builder;
  Location loc;
  LoopScope &scope;
  const PackBinding &pack;
  llvm::ArrayRef<int64_t> sizes;
  Value source;
  bool isShared; ///< Until some loop is parallel.
  int64_t numLanes;
  llvm::ArrayRef<int64_t> shape;
};

} // namespace

Refusal AstEmitter::emitPack(const GeneratedPack &copied,
                             const isl::ast_node &child, Form form) {
  PackBinding pack{copied.array, copied.only,     {},
                   {},           copied.panelDim, copied.panel};
  llvm::SmallVector<int64_t> shape{
      llvm::divideCeilSigned(copied.sizes[pack.panelDim], pack.panel)};
  for (unsigned i = 0; i < copied.sizes.size(); ++i) {
    std::optional<AffineExpr> first = converter().convert(copied.offset[i]);
    if (!first)
      return "the packed region does not begin at an affine place";
    pack.offset.push_back(scope.simplify(*first));
    if (i != pack.panelDim)
      shape.push_back(copied.sizes[i]);
  }
  shape.push_back(pack.panel);
  Value source = scop.arrays[pack.array];
  llvm::SmallVector<FoldedOps> forms;
  if (copied.only)
    forms.push_back(opsOnElement(copied.only->op));
  else
    forms = copiedForms(scop, pack.array);
  for (FoldedOps &ops : forms) {
    Type element = ops.empty()
                       ? cast<MemRefType>(source.getType()).getElementType()
                       : ops.back()->getResult(0).getType();
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(allocationBlock);
    Value buffer =
        memref::AllocOp::create(builder, loc, MemRefType::get(shape, element),
                                builder.getI64IntegerAttr(64));
    buffers.push_back(buffer);
    pack.copies.push_back({buffer, std::move(ops)});
  }
  CopyEmitter(builder, scope, pack, copied.sizes, source, child).emit();
  statements.packs.push_back(pack);
  Refusal refusal = emitNode(child, form);
  statements.packs.pop_back();
  return refusal;
}

} // namespace autotune
