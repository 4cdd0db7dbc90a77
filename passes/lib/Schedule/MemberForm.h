//===- MemberForm.h - How band members come from loop counters --*- C++ -*-===//
//
// Members are made from affine functions by tiling: floor(f / s) * s and
// f mod s, nested. Seeing that again in an expression lets the legality oracle
// reason about f, which is cheap, and leave the floors alone. Diagonals count
// sums of tiles.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_MEMBERFORM_H
#define AUTOTUNE_SCHEDULE_MEMBERFORM_H

#include <isl/cpp.h>

#include <memory>
#include <vector>

namespace autotune {

/// A member's value at one statement.
struct MemberForm {
  enum class Kind {
    Affine, ///< `value`, without floors.
    Tile,   ///< floor(base / size) * size.
    Point,  ///< base mod size.
    Sum,    ///< Of positive multiples of `terms`.
  };
  Kind kind;
  isl::aff value;
  long size = 0;
  std::shared_ptr<const MemberForm> base;
  std::vector<std::shared_ptr<const MemberForm>> terms;
};
/// Null where the value has none of these forms.
using MemberFormRef = std::shared_ptr<const MemberForm>;

/// None of the sums.
MemberFormRef formOf(const isl::aff &value);

/// The form of `member` at the statement; null where that is none of the above,
/// or a sum, or not one expression over the whole domain.
MemberFormRef formAt(const isl::union_pw_aff &member,
                     const isl::space &statement);

/// The same, where that may be a sum.
MemberFormRef formOrSumAt(const isl::union_pw_aff &member,
                          const isl::space &statement);

MemberFormRef tileForm(const MemberFormRef &base, long size);

bool isSameForm(const MemberFormRef &a, const MemberFormRef &b);

/// Whether both are the same expression, whatever divisions they know of.
bool isEqual(const isl::aff &a, const isl::aff &b);

/// The affine function that everything is made of; a sum is its own.
const isl::aff &rootOf(const MemberFormRef &form);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_MEMBERFORM_H
