//===- PackEmitter.cpp - Packed copies of array regions -------------------===//

#include "AstEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {

namespace {

/// Emits the loops that fill a packed buffer, a panel at a time.
class CopyEmitter {
public:
  CopyEmitter(OpBuilder &builder, LoopScope &scope, const PackBinding &pack,
              const PackRegion &region, Value source)
      : builder(builder), loc(source.getLoc()), scope(scope), pack(pack),
        region(region), source(source),
        shape(cast<MemRefType>(source.getType()).getShape()) {}

  void emit() {
    OpBuilder::InsertionGuard guard(builder);
    unsigned numLoopsOutside = scope.size();
    int64_t size = region.sizes[pack.panelDim];
    AffineExpr panel = addLoop(
        {constant(0)}, {constant(llvm::divideCeilSigned(size, pack.panel))});
    llvm::SmallVector<AffineExpr> subscripts(shape.size());
    for (unsigned dim = 0; dim < shape.size(); ++dim)
      if (dim != pack.panelDim)
        subscripts[dim] =
            addLoopAlong(dim, constant(0), {constant(region.sizes[dim])});
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
    auto loop = affine::AffineForOp::create(builder, loc, low.operands, low.map,
                                            high.operands, high.map, 1);
    builder.setInsertionPointToStart(loop.getBody());
    DimRange range{scope.minimum(lowers.front()),
                   scope.maximum(uppers.front())};
    if (range.max)
      range.max = *range.max - 1;
    return scope.push(loop.getInductionVar(), range);
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
  const PackRegion &region;
  Value source;
  llvm::ArrayRef<int64_t> shape;
};

} // namespace

/// An isl expression of the loops outside, whose values are `dims`.
static std::optional<AffineExpr> exprOfAff(const isl::aff &aff,
                                           llvm::ArrayRef<AffineExpr> dims,
                                           MLIRContext *context) {
  auto integer = [](isl_val *owned) -> std::optional<int64_t> {
    isl::val value = isl::manage(owned);
    return value.is_int() ? std::optional<int64_t>(value.num_si())
                          : std::nullopt;
  };
  if (isl_aff_dim(aff.get(), isl_dim_div) > 0)
    return std::nullopt;
  std::optional<int64_t> constant =
      integer(isl_aff_get_constant_val(aff.get()));
  if (!constant)
    return std::nullopt;
  AffineExpr result = getAffineConstantExpr(*constant, context);
  for (unsigned i = 0; i < dims.size(); ++i) {
    std::optional<int64_t> factor =
        integer(isl_aff_get_coefficient_val(aff.get(), isl_dim_in, i));
    if (!factor)
      return std::nullopt;
    result = result + dims[i] * *factor;
  }
  return result;
}

Refusal AstEmitter::emitPack(llvm::StringRef label, const isl::ast_node &child,
                             Form form) {
  auto [fields, index] = label.drop_front(mark::pack.size()).split('#');
  llvm::SmallVector<llvm::StringRef> options;
  fields.split(options, ',');
  int64_t array = 0, panelDim = 0, panel = 1, number = 0;
  options[0].getAsInteger(10, array);
  options[1].getAsInteger(10, panelDim);
  options[2].getAsInteger(10, panel);
  index.getAsInteger(10, number);
  const PackRegion &region = packs[number];
  PackBinding pack{unsigned(array), Value(), {}, unsigned(panelDim), panel};
  llvm::SmallVector<int64_t> shape{
      llvm::divideCeilSigned(region.sizes[panelDim], panel)};
  for (unsigned i = 0; i < region.sizes.size(); ++i) {
    std::optional<AffineExpr> first =
        exprOfAff(region.offset.at(i), prefix, builder.getContext());
    if (!first)
      return "the packed region does not begin at an affine place";
    pack.offset.push_back(scope.simplify(*first));
    if (i != panelDim)
      shape.push_back(region.sizes[i]);
  }
  shape.push_back(panel);
  Value source = scop.arrays[array];
  auto type = MemRefType::get(
      shape, cast<MemRefType>(source.getType()).getElementType());
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(allocationBlock);
    pack.buffer = memref::AllocOp::create(builder, loc, type,
                                          builder.getI64IntegerAttr(64));
    buffers.push_back(pack.buffer);
  }
  CopyEmitter(builder, scope, pack, region, source).emit();
  statements.packs.push_back(pack);
  Refusal refusal = emitNode(child, form);
  statements.packs.pop_back();
  return refusal;
}

} // namespace autotune
