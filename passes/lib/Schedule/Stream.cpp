//===- Stream.cpp - Stores that go past the caches ------------------------===//
//
// What is written and not used again soon need not be fetched before, nor take
// the place of something else in the caches. Such stores write whole vectors at
// multiples of their size; StreamStores.cpp sees to it that they do.
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"
#include "Coordinates.h"
#include "IslAffine.h"
#include "Recent.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include "llvm/Support/raw_ostream.h"

#include <isl/aff.h>
#include <isl/ctx.h>
#include <isl/union_map.h>
#include <isl/union_set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_STREAM
#include "autotune/SchedulePasses.h.inc"

/// The smallest vector that has such a store.
static constexpr uint64_t minVectorBytes = 16;

static bool findLeaf(Tree &node, llvm::StringRef name, TreePath &location) {
  bool isLeaf = node.kind == Tree::Kind::Leaf;
  if (isLeaf && !node.domain.is_empty() && statementOf(node) == name) {
    location.node = &node;
    return true;
  }
  location.ancestors.push_back(&node);
  for (Tree &child : node.children)
    if (findLeaf(child, name, location))
      return true;
  location.ancestors.pop_back();
  return false;
}

/// The number of the element that the statement stores to, in the order of
/// memory.
static isl::union_pw_aff storedPosition(const Statement &statement,
                                        const isl::union_set &domain) {
  auto store = cast<affine::AffineStoreOp>(statement.root);
  AffineMap map = *accessMap(store, statement);
  AffineExpr position = getAffineConstantExpr(0, map.getContext());
  for (auto [size, subscript] :
       llvm::zip(store.getMemRefType().getShape(), map.getResults()))
    position = position * size + subscript;
  llvm::SmallVector<isl::aff> counters;
  isl_local_space *space =
      isl_local_space_from_space(isl_set_get_space(statement.domain.get()));
  for (unsigned i = 0; i < statement.ivs.size(); ++i)
    counters.push_back(isl::manage(
        isl_aff_var_on_domain(isl_local_space_copy(space), isl_dim_set, i)));
  isl_local_space_free(space);
  isl::pw_aff value(affFromExpr(position, counters));
  return isl::union_pw_aff(value).intersect_domain(domain);
}

/// The member's value at the statement.
static isl::pw_aff valueAt(const isl::union_pw_aff &member,
                           const Statement &statement) {
  isl::space space = statement.domain.space().add_unnamed_tuple(1);
  return isl::manage(
      isl_union_pw_aff_extract_pw_aff(member.get(), space.release()));
}

static bool computeAlignedRows(const Statement &statement,
                               const TreePath &strip, int64_t width) {
  const Tree &band = *strip.node;
  isl::union_pw_aff begin =
      storedPosition(statement, band.domain).sub(band.members.front());
  std::optional<Range> rest =
      memberRange(pointMember(begin, width), band.domain);
  if (!rest || rest->min != 0 || rest->max != 0)
    return false;
  isl::union_map begins =
      isl::manage(isl_union_map_from_union_pw_aff(begin.release()));
  return placesOf(membersAround(strip), band.domain)
      .reverse()
      .apply_range(begins)
      .is_single_valued();
}

/// All that `areAlignedRows` depends on.
static std::string questionOf(const Statement &statement, const TreePath &strip,
                              int64_t width) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << width << ' ' << *accessMap(statement.root, statement) << ' '
      << cast<affine::AffineStoreOp>(statement.root).getMemRefType();
  std::vector<isl::union_pw_aff> members = membersAround(strip);
  members.push_back(strip.node->members.front());
  for (const isl::union_pw_aff &member : members)
    out << ' ' << takeText(isl_pw_aff_to_str(valueAt(member, statement).get()));
  out << takeText(isl_union_set_to_str(strip.node->domain.get()));
  return text;
}

/// Whether all vectors are rows of neighbours that begin at a multiple of their
/// length. `strip` is the path of the band that counts the lanes.
static bool areAlignedRows(const Statement &statement, const TreePath &strip,
                           int64_t width) {
  thread_local Recent<bool> recent{4096};
  std::string question = questionOf(statement, strip, width);
  const bool *known = recent.find(question);
  bool areAligned =
      known ? *known
            : recent.add(question, computeAlignedRows(statement, strip, width));
  // What isl's quota leaves must not depend on what was remembered.
  isl_ctx_reset_operations(strip.node->domain.ctx().get());
  return areAligned;
}

/// Whether the member's value at the statement is made of a counter that the
/// store's subscripts are made of, too.
static bool movesStore(const isl::union_pw_aff &member,
                       const Statement &statement) {
  isl::pw_aff value = valueAt(member, statement);
  AffineMap subscripts = *accessMap(statement.root, statement);
  for (unsigned i = 0; i < statement.ivs.size(); ++i)
    if (subscripts.isFunctionOfDim(i) && isMadeOf(value, i))
      return true;
  return false;
}

/// Of the bands around a node, the outermost one that moves the store; no node
/// where none does, as around a single instance.
static TreePath nestOf(const TreePath &location, const Statement &statement) {
  TreePath nest{nullptr, {}};
  for (Tree *ancestor : location.ancestors) {
    for (const isl::union_pw_aff &member : ancestor->members)
      if (movesStore(member, statement))
        nest.node = ancestor;
    if (nest.node)
      return nest;
    nest.ancestors.push_back(ancestor);
  }
  return nest;
}

/// Who, apart from the store, touches what the statement writes while the loops
/// around `nest` stay where they are.
static Refusal findOtherUse(const Scop &scop, const Statement &statement,
                            const TreePath &nest, unsigned array) {
  isl::union_map outer = placesOf(membersAround(nest), nest.node->domain);
  auto touchedBy = [&](const Access &access) {
    return isl::manage(isl_union_map_range_product(
        outer.copy(), isl::union_map(access.relation).release()));
  };
  auto isStore = [&](const Access &access) {
    return access.op == statement.root && access.isWrite;
  };
  const Access &store = *llvm::find_if(statement.accesses, isStore);
  isl::union_map written = touchedBy(store);
  if (!written.is_injective())
    return statement.name + " writes elements more than once in its loops";
  isl::union_set elements = written.range();
  for (const Statement &other : scop.statements)
    for (const Access &access : other.accesses)
      if (access.array == array && &access != &store &&
          !touchedBy(access).range().intersect(elements).is_empty())
        return other.name + " uses the elements in the same loops";
  return std::nullopt;
}

bool isStreamed(const Tree &tree, unsigned array) {
  return containsMark(tree, (mark::stream + llvm::Twine(array) + ",").str());
}

Refusal stream(Model &model, unsigned number) {
  if (number >= model.scop.statements.size())
    return "there is no statement " + std::to_string(number);
  const Statement &statement = model.scop.statements[number];
  TreePath strip{nullptr, {}};
  findLeaf(model.tree, statement.name, strip);
  // Vectors are of one statement each, right around it.
  if (strip.ancestors.size() < 2 ||
      !strip.ancestors.rbegin()[1]->isMark(mark::vectorize))
    return statement.name + " is no vector";
  strip.node = strip.ancestors.pop_back_val();
  Tree &vector = *strip.ancestors.back();
  if (strip.ancestors.size() > 1 &&
      strip.ancestors.rbegin()[1]->isMark(mark::stream))
    return statement.name + " is streamed already";
  auto store = cast<affine::AffineStoreOp>(statement.root);
  int64_t width = 0;
  llvm::StringRef(vector.label)
      .drop_front(mark::vectorize.size())
      .getAsInteger(10, width);
  uint64_t bytes = width * store.getMemRefType().getElementTypeBitWidth() / 8;
  if (!isPlainMemref(store.getMemRefType()) || bytes < minVectorBytes ||
      !llvm::isPowerOf2_64(bytes))
    return "vectors of " + std::to_string(bytes) + " bytes fill no register";
  if (!areAlignedRows(statement, strip, width))
    return "vectors of " + statement.name +
           " are no rows at multiples of their length";
  unsigned array = llvm::find(model.scop.arrays, store.getMemRef()) -
                   model.scop.arrays.begin();
  TreePath nest = nestOf(strip, statement);
  if (!nest.node)
    return "no loop moves what " + statement.name + " stores";
  if (Refusal refusal = findOtherUse(model.scop, statement, nest, array))
    return refusal;
  std::string label =
      (mark::stream + llvm::Twine(array) + ",").str() + std::to_string(number);
  Tree inner = std::move(vector);
  vector = makeMark(label, std::move(inner));
  return std::nullopt;
}

namespace {
struct StreamPass : impl::StreamBase<StreamPass> {
  using StreamBase::StreamBase;
  void runOnOperation() override {
    if (failed(transformTree(getOperation(), [&](Model &model) {
          return stream(model, statement);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
