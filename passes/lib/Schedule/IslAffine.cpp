//===- IslAffine.cpp - MLIR affine expressions as isl objects -------------===//

#include "IslAffine.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {

static isl::val constantValue(const isl::aff &like, AffineExpr expr) {
  return isl::val(like.ctx(), cast<AffineConstantExpr>(expr).getValue());
}

isl::aff affFromExpr(AffineExpr expr, llvm::ArrayRef<isl::aff> dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return dims.front()
        .sub(dims.front())
        .add_constant(isl::val(dims.front().ctx(), constant.getValue()));
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  isl::aff lhs = affFromExpr(binary.getLHS(), dims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs.add(affFromExpr(binary.getRHS(), dims));
  case AffineExprKind::Mul:
    return lhs.scale(constantValue(lhs, binary.getRHS()));
  case AffineExprKind::FloorDiv:
    return lhs.scale_down(constantValue(lhs, binary.getRHS())).floor();
  case AffineExprKind::CeilDiv:
    return lhs.scale_down(constantValue(lhs, binary.getRHS())).ceil();
  case AffineExprKind::Mod:
    return lhs.mod(constantValue(lhs, binary.getRHS()));
  default:
    llvm_unreachable("symbols are composed into dimensions");
  }
}

bool isMadeOf(const isl::pw_aff &value, int position) {
  bool involves = false;
  value.foreach_piece([&](isl::set, isl::multi_aff piece) {
    involves |= isl_multi_aff_involves_dims(piece.get(), isl_dim_in, position,
                                            1) == isl_bool_true;
  });
  return involves;
}

} // namespace autotune
