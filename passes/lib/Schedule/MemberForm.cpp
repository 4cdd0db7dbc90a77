//===- MemberForm.cpp - How band members come from loop counters ----------===//

#include "MemberForm.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/ScopeExit.h"

#include <isl/aff.h>
#include <isl/ctx.h>
#include <isl/id.h>
#include <isl/space.h>
#include <isl/val.h>

#include <optional>
#include <vector>

namespace autotune {

using Kind = MemberForm::Kind;

bool isEqual(const isl::aff &a, const isl::aff &b) {
  return isl_aff_plain_is_equal(a.get(), b.get()) == isl_bool_true ||
         isl_aff_plain_is_zero(a.sub(b).get()) == isl_bool_true;
}

static isl::val integer(const isl::aff &like, long value) {
  return isl::val(like.ctx(), value);
}

static isl::aff tileOf(const isl::aff &base, long size) {
  isl::val factor = integer(base, size);
  return base.scale_down(factor).floor().scale(factor);
}

static isl::aff pointOf(const isl::aff &base, long size) {
  return base.mod(integer(base, size));
}

namespace {
/// factor * floor(argument / size), as it occurs in an expression.
struct Division {
  isl::val factor;
  isl::aff argument;
  long size;

  isl::aff value() const {
    return argument.scale_down(isl::val(argument.ctx(), size))
        .floor()
        .scale(factor);
  }
};
} // namespace

/// The divisions that the value uses directly.
static std::vector<Division> divisionsOf(const isl::aff &value) {
  std::vector<Division> divisions;
  int count = isl_aff_dim(value.get(), isl_dim_div);
  for (int i = 0; i < count; ++i) {
    isl::val factor =
        isl::manage(isl_aff_get_coefficient_val(value.get(), isl_dim_div, i));
    if (factor.is_zero())
      continue;
    isl::aff quotient = isl::manage(isl_aff_get_div(value.get(), i));
    isl::val size = isl::manage(isl_aff_get_denominator_val(quotient.get()));
    divisions.push_back({factor, quotient.scale(size), size.num_si()});
  }
  return divisions;
}

static MemberFormRef make(Kind kind, const isl::aff &value, long size,
                          MemberFormRef base) {
  return std::make_shared<MemberForm>(
      MemberForm{kind, value, size, std::move(base), {}});
}

/// floor((f mod S) / s) * s, which isl writes with the two divisions of f.
static MemberFormRef tileOfPoint(const isl::aff &value,
                                 const std::vector<Division> &divisions) {
  for (const Division &inner : divisions)
    for (const Division &outer : divisions) {
      if (inner.size >= outer.size)
        continue;
      isl::aff point = pointOf(outer.argument, outer.size);
      if (!isEqual(value, tileOf(point, inner.size)))
        continue;
      MemberFormRef base = formOf(outer.argument);
      if (!base)
        return nullptr;
      return tileForm(make(Kind::Point, point, outer.size, base), inner.size);
    }
  return nullptr;
}

MemberFormRef formOf(const isl::aff &value) {
  std::vector<Division> divisions = divisionsOf(value);
  if (divisions.empty())
    return make(Kind::Affine, value, 0, nullptr);
  for (const Division &division : divisions) {
    std::optional<Kind> kind;
    if (isEqual(value, tileOf(division.argument, division.size)))
      kind = Kind::Tile;
    else if (isEqual(value, pointOf(division.argument, division.size)))
      kind = Kind::Point;
    if (!kind)
      continue;
    MemberFormRef base = formOf(division.argument);
    return base ? make(*kind, value, division.size, base) : nullptr;
  }
  return tileOfPoint(value, divisions);
}

/// A form of c0 * floor(f0 / s0) + c1 * floor(f1 / s1) + ... + f, all of the
/// factors positive.
static MemberFormRef sumOf(const isl::aff &value) {
  MemberForm sum{MemberForm::Kind::Sum, value, 0, nullptr, {}};
  isl::aff rest = value;
  for (const Division &division : divisionsOf(value)) {
    MemberFormRef base = formOf(division.argument);
    if (!division.factor.is_pos() || !base)
      return nullptr;
    sum.terms.push_back(tileForm(base, division.size));
    rest = rest.sub(division.value());
  }
  if (!divisionsOf(rest).empty())
    return nullptr;
  sum.terms.push_back(make(Kind::Affine, rest, 0, nullptr));
  return std::make_shared<MemberForm>(std::move(sum));
}

/// The only expression of `member` at the statement, if there is one.
static std::optional<isl::aff> valueAt(const isl::union_pw_aff &member,
                                       const isl::space &statement) {
  isl::pw_aff part = isl::manage(isl_union_pw_aff_extract_pw_aff(
      member.get(), statement.add_unnamed_tuple(1).release()));
  if (isl_pw_aff_n_piece(part.get()) != 1)
    return std::nullopt;
  std::optional<isl::aff> found;
  part.foreach_piece(
      [&](isl::set, isl::multi_aff value) { found = value.at(0); });
  return found;
}

MemberFormRef formAt(const isl::union_pw_aff &member,
                     const isl::space &statement) {
  std::optional<isl::aff> value = valueAt(member, statement);
  return value ? formOf(*value) : nullptr;
}

static MemberFormRef computeFormOrSum(const isl::union_pw_aff &member,
                                      const isl::space &statement) {
  std::optional<isl::aff> value = valueAt(member, statement);
  if (!value)
    return nullptr;
  MemberFormRef form = formOf(*value);
  return form ? form : sumOf(*value);
}

namespace {
/// A form with what it is of, which keeps the addresses that it is found by.
struct KnownForm {
  isl::union_pw_aff member;
  isl::id statement;
  MemberFormRef form;
};
} // namespace

MemberFormRef formOrSumAt(const isl::union_pw_aff &member,
                          const isl::space &statement) {
  constexpr unsigned maxKnown = 4096;
  using Addresses = std::pair<const isl_union_pw_aff *, const isl_id *>;
  thread_local llvm::DenseMap<Addresses, KnownForm> known;
  isl::id name =
      isl::manage(isl_space_get_tuple_id(statement.get(), isl_dim_set));
  // What isl's quota leaves must not depend on what is known already.
  isl_ctx *ctx = member.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  auto found = known.find({member.get(), name.get()});
  if (found != known.end())
    return found->second.form;
  isl_ctx_reset_operations(ctx);
  MemberFormRef form = computeFormOrSum(member, statement);
  if (known.size() >= maxKnown)
    known.clear();
  known.insert({{member.get(), name.get()}, {member, name, form}});
  return form;
}

MemberFormRef tileForm(const MemberFormRef &base, long size) {
  return make(Kind::Tile, tileOf(base->value, size), size, base);
}

bool isSameForm(const MemberFormRef &a, const MemberFormRef &b) {
  return isEqual(a->value, b->value);
}

const isl::aff &rootOf(const MemberFormRef &form) {
  return form->base ? rootOf(form->base) : form->value;
}

} // namespace autotune
