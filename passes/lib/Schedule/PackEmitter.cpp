//===- PackEmitter.cpp - Packed copies of array regions -------------------===//

#include "AstEmitter.h"
#include "PackFold.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace autotune {

namespace {

/// Threads get equal shares of a loop of this many iterations, or nearly.
constexpr int64_t minSharedIterations = 8;

/// Emits the loops that fill a packed buffer, a panel at a time; in parallel
/// where threads share the buffer.
class CopyEmitter {
public:
  CopyEmitter(OpBuilder &builder, LoopScope &scope, const PackBinding &pack,
              llvm::ArrayRef<int64_t> sizes, Value source,
              llvm::ArrayRef<Operation *> folded, bool isShared)
      : builder(builder), loc(source.getLoc()), scope(scope), pack(pack),
        sizes(sizes), source(source), folded(folded), isShared(isShared),
        shape(cast<MemRefType>(source.getType()).getShape()) {}

  void emit() {
    OpBuilder::InsertionGuard guard(builder);
    unsigned numLoopsOutside = scope.size();
    int64_t size = sizes[pack.panelDim];
    AffineExpr panel = addLoop(
        {constant(0)}, {constant(llvm::divideCeilSigned(size, pack.panel))});
    llvm::SmallVector<AffineExpr> subscripts(shape.size());
    for (unsigned dim = 0; dim < shape.size(); ++dim)
      if (dim != pack.panelDim)
        subscripts[dim] =
            addLoopAlong(dim, constant(0), {constant(sizes[dim])});
    AffineExpr begin = panel * pack.panel;
    llvm::SmallVector<AffineExpr> uppers{constant(pack.panel)};
    if (size % pack.panel != 0)
      uppers.push_back(constant(size) - begin);
    subscripts[pack.panelDim] = addLoopAlong(pack.panelDim, begin, uppers);
    copy(subscripts);
    while (scope.size() > numLoopsOutside)
      scope.pop();
  }

private:
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
    element = emitFolded(builder, folded, element);
    llvm::SmallVector<AffineExpr> place = pack.position(subscripts);
    for (AffineExpr &expr : place)
      expr = scope.simplify(expr);
    AffineValues to(scope, place);
    affine::AffineStoreOp::create(builder, loc, element, pack.buffer, to.map,
                                  to.operands);
  }

  OpBuilder &builder;
  Location loc;
  LoopScope &scope;
  const PackBinding &pack;
  llvm::ArrayRef<int64_t> sizes;
  Value source;
  llvm::ArrayRef<Operation *> folded;
  bool isShared; ///< Until some loop is parallel.
  llvm::ArrayRef<int64_t> shape;
};

} // namespace

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

Refusal AstEmitter::emitPack(const GeneratedPack &copied,
                             const isl::ast_node &child, Form form) {
  llvm::SmallVector<Operation *> folded = foldedOps(scop, copied.array);
  PackBinding pack{copied.array,    Value(),      {},
                   copied.panelDim, copied.panel, unsigned(folded.size())};
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
  Type element = folded.empty()
                     ? cast<MemRefType>(source.getType()).getElementType()
                     : folded.back()->getResult(0).getType();
  auto type = MemRefType::get(shape, element);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(allocationBlock);
    pack.buffer = memref::AllocOp::create(builder, loc, type,
                                          builder.getI64IntegerAttr(64));
    buffers.push_back(pack.buffer);
  }
  CopyEmitter(builder, scope, pack, copied.sizes, source, folded,
              isForParallelLoop(child))
      .emit();
  statements.packs.push_back(pack);
  Refusal refusal = emitNode(child, form);
  statements.packs.pop_back();
  return refusal;
}

} // namespace autotune
