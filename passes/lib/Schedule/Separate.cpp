//===- Separate.cpp - What waits for nothing runs first -------------------===//
//
// `for tiles for i S(i)` becomes
// `for tiles { for i with nothing of the tile before it S(i); for i S(i) }`
// where the second loop has the other instances. In a tile of an elimination or
// of dynamic programming most of a reduction uses only what earlier tiles have
// computed: that part is as free as a product of matrices.
//
//===----------------------------------------------------------------------===//

#include "NewStatements.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include "mlir/IR/IRMapping.h"

#include <isl/aff.h>
#include <isl/set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_SEPARATE
#include "autotune/SchedulePasses.h.inc"

/// Convex pieces of either part; more make loops that nobody wants to run.
static constexpr int maxPieces = 3;

namespace {

/// The instances of one statement in two parts.
struct Parts {
  const Statement *statement;
  isl::set first, rest;
  std::string newName; ///< Of the statement that the first part becomes.

  isl::set renamedFirst() const {
    return isl::manage(isl_set_set_tuple_name(first.copy(), newName.c_str()));
  }
};

struct PartsOrNot {
  std::optional<Parts> parts;
  std::string refusal;
};

} // namespace

/// Instance -> what a member may count there, as far as inequalities tell:
/// tiles may start anywhere. `isExact` adds what they leave out.
static isl::map valuesOf(const isl::union_pw_aff &member,
                         const isl::space &statement, bool isExact) {
  MemberFormRef form = formAt(member, statement);
  isl::ctx ctx = statement.ctx();
  if (!form || isExact || form->kind != MemberForm::Kind::Tile) {
    isl::pw_aff value = isl::manage(isl_union_pw_aff_extract_pw_aff(
        member.get(), statement.add_unnamed_tuple(1).release()));
    return isl::manage(isl_map_from_pw_aff(value.release()));
  }
  std::string reach = std::to_string(form->size - 1);
  isl::map tile(ctx, "{ [f] -> [t] : f - " + reach + " <= t <= f }");
  isl::map base = isl::manage(isl_map_from_aff(form->base->value.copy()));
  return base.apply_range(tile);
}

static isl::map valuesOf(llvm::ArrayRef<isl::union_pw_aff> members,
                         const isl::space &statement, bool isExact) {
  isl::map all;
  for (const isl::union_pw_aff &member : members) {
    isl::map values = valuesOf(member, statement, isExact);
    all = all.is_null() ? values
                        : isl::manage(isl_map_flat_range_product(
                              all.release(), values.release()));
  }
  return all;
}

/// Without what says nothing about tiles, where something else is left.
static isl::map aboutTiles(const isl::map &pairs) {
  isl::map result = isl::map::empty(pairs.space());
  pairs.foreach_basic_map([&](isl::basic_map part) {
    isl::map whole(part);
    isl::map rest = isl::manage(isl_map_drop_constraints_not_involving_dims(
        whole.copy(), isl_dim_out, 0, isl_map_dim(whole.get(), isl_dim_out)));
    isl::map universe = isl::map::universe(rest.space());
    result = result.unite(rest.is_equal(universe) ? whole : rest);
  });
  return result;
}

/// Pairs of instances that write the same element.
static isl::map sameElement(const Statement &statement) {
  isl::map same = isl::map::empty(
      isl::map::universe(statement.domain.space().map_from_set()).space());
  for (const Access &access : statement.accesses)
    if (access.isWrite && access.isExact)
      same = same.unite(access.relation.apply_range(access.relation.reverse()));
  return same;
}

/// Adds to what waits the updates that come after it, as in a sum whose order
/// has to stay; where these have no end, all but the first ones.
static isl::map withLaterUpdates(isl::map waiting, const isl::map &updates,
                                 const isl::map &possible) {
  auto after = [&](const isl::map &earlier) {
    return updates.reverse().apply_range(earlier).intersect(possible);
  };
  for (unsigned step = 0; step < 2; ++step) {
    isl::map later = after(waiting);
    if (later.is_subset(waiting))
      return waiting;
    waiting = waiting.unite(aboutTiles(later.gist(possible))).coalesce();
  }
  return waiting.unite(after(possible));
}

/// Without pieces that others contain.
static isl::set withoutCovered(const isl::set &set) {
  std::vector<isl::set> pieces;
  set.foreach_basic_set([&](isl::basic_set piece) {
    isl::set added(piece);
    auto contains = [&](const isl::set &other) {
      return added.is_subset(other);
    };
    if (llvm::any_of(pieces, contains))
      return;
    llvm::erase_if(
        pieces, [&](const isl::set &other) { return other.is_subset(added); });
    pieces.push_back(added);
  });
  isl::set result = isl::set::empty(set.space());
  for (const isl::set &piece : pieces)
    result = result.unite(piece);
  return result;
}

/// What of the statement needs something of other instances in one iteration of
/// the band, but for updates of the same element that need nothing themselves;
/// or more: what is added for the sake of its form is in the tiles' corners.
static isl::set waitingPart(const Model &model, const TreePath &location,
                            const Statement &separated) {
  const isl::set &domain = separated.domain;
  std::vector<isl::union_pw_aff> members = membersAround(location);
  llvm::append_range(members, location.node->members);
  ActiveDependences active = ActiveDependences(*model.dependences, location)
                                 .equalAt(location.node->members);
  isl::space statement = domain.space();
  isl::map possible =
      valuesOf(members, statement, false).intersect_domain(domain);
  isl::map waiting = isl::map::empty(possible.space());
  isl::map same = sameElement(separated);
  isl::map updates = isl::map::empty(same.space());
  for (const OpenDependence &open : active.open()) {
    const Dependences::Dependence &ends =
        model.dependences->parts()[open.number];
    if (ends.commutes || !ends.sink.is_equal(statement))
      continue;
    isl::map pairs = ends.pairs;
    if (ends.source.is_equal(statement)) {
      updates = updates.unite(pairs.intersect(same));
      pairs = pairs.subtract(same);
    }
    isl::map there = pairs.reverse()
                         .apply_range(valuesOf(members, ends.source, false))
                         .intersect(possible);
    there = isl::manage(isl_map_remove_divs(there.release()));
    waiting = waiting.unite(aboutTiles(there.gist(possible)));
  }
  waiting = withLaterUpdates(waiting.coalesce(), updates, possible).coalesce();
  isl::map exact = valuesOf(members, statement, true).intersect_domain(domain);
  return withoutCovered(waiting.intersect(exact).domain().coalesce());
}

static PartsOrNot split(const Model &model, const TreePath &location,
                        unsigned number) {
  if (number >= model.scop.statements.size())
    return {std::nullopt, "there is no statement " + std::to_string(number)};
  const Statement &statement = model.scop.statements[number];
  if (!isl::union_set(statement.domain).is_subset(location.node->domain))
    return {std::nullopt, statement.name + " is not below the band as a whole"};
  isl::set rest = waitingPart(model, location, statement);
  isl::set first = statement.domain.subtract(rest).coalesce();
  if (first.is_empty())
    return {std::nullopt, "each instance of " + statement.name +
                              " waits for others of its iteration"};
  if (rest.is_empty())
    return {std::nullopt, "no instance of " + statement.name + " has to wait"};
  if (isl_set_n_basic_set(first.get()) > maxPieces ||
      isl_set_n_basic_set(rest.get()) > maxPieces)
    return {std::nullopt, "what waits has no simple form"};
  std::string name = "S" + std::to_string(model.scop.statements.size());
  return {Parts{&statement, first, rest, name}, ""};
}

//===--- the tree ---------------------------------------------------------===//

/// The member's values for the new statement.
static isl::union_pw_aff renamedMember(const isl::union_pw_aff &member,
                                       const Parts &parts) {
  isl::pw_aff value = isl::manage(isl_union_pw_aff_extract_pw_aff(
      member.get(), parts.first.space().add_unnamed_tuple(1).release()));
  isl::set domain = parts.renamedFirst();
  value = isl::manage(isl_pw_aff_set_tuple_id(
      value.release(), isl_dim_in, isl_set_get_tuple_id(domain.get())));
  return isl::union_pw_aff(value.intersect_domain(domain));
}

/// The tree without some of the instances.
static Tree without(const Tree &tree, const isl::union_set &gone) {
  Tree result = tree;
  result.domain = tree.domain.subtract(gone).coalesce();
  for (isl::union_pw_aff &member : result.members)
    member = member.intersect_domain(result.domain);
  result.children.clear();
  for (const Tree &child : tree.children)
    if (!child.domain.is_subset(gone))
      result.children.push_back(without(child, gone));
  return result;
}

/// Appends the loops around the statement below a node, for the first part.
static void collectMembers(const Tree &tree, const Parts &parts,
                           std::vector<isl::union_pw_aff> &members) {
  for (const isl::union_pw_aff &member : tree.members)
    members.push_back(renamedMember(member, parts));
  for (const Tree &child : tree.children)
    if (!child.domain.is_disjoint(isl::union_set(parts.first)))
      collectMembers(child, parts, members);
}

/// Puts the first part, as another statement, in front of all else below the
/// band. No order is left among its instances there: they are one band.
static void moveFirst(const TreePath &location, const Parts &parts) {
  isl::union_set old(parts.first), renamed(parts.renamedFirst());
  Tree &below = location.node->children.front();
  std::vector<isl::union_pw_aff> members;
  collectMembers(below, parts, members);
  std::vector<Tree> steps;
  steps.push_back(makeBand(std::move(members), makeLeaf(renamed)));
  steps.push_back(without(below, old));
  below = makeSequence(std::move(steps));
  auto rename = [&](Tree &node) {
    node.domain = node.domain.subtract(old).unite(renamed);
    for (isl::union_pw_aff &member : node.members) {
      isl::union_pw_aff added = renamedMember(member, parts);
      member = member.subtract_domain(old).union_add(added);
    }
  };
  for (Tree *ancestor : location.ancestors)
    rename(*ancestor);
  rename(*location.node);
}

//===--- the body ---------------------------------------------------------===//

/// Appends the statement once more, in loops of its own.
static void cloneStatement(func::FuncOp function, const Parts &parts) {
  OpBuilder builder = builderAtEnd(function);
  IRMapping mapping;
  for (auto [dim, counter] : llvm::enumerate(parts.statement->ivs)) {
    auto loop =
        affine::AffineForOp::create(builder, parts.statement->root->getLoc(),
                                    parts.first.dim_min_val(dim).num_si(),
                                    parts.first.dim_max_val(dim).num_si() + 1);
    mapping.map(counter, loop.getInductionVar());
    builder.setInsertionPointToStart(loop.getBody());
  }
  Operation *root = nullptr;
  for (Operation *op : parts.statement->slice)
    root = builder.clone(*op, mapping);
  limitTo(root, parts.renamedFirst());
  limitTo(parts.statement->root, parts.rest);
}

Refusal checkSeparate(Model &model, unsigned number, unsigned statement) {
  if (isMarked(model.tree))
    return "loops are parallel, unrolled, vectors or packed already";
  std::optional<TreePath> location = findBand(model.tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  auto [parts, refusal] = split(model, *location, statement);
  return parts ? std::nullopt : Refusal(refusal);
}

/// Instances -> what they are called after the split.
static isl::union_map renaming(const Model &model, const Parts &parts) {
  isl::set renamed = parts.renamedFirst();
  isl_map *identity = isl_set_identity(parts.first.copy());
  isl_map *first = isl_map_set_tuple_id(identity, isl_dim_out,
                                        isl_set_get_tuple_id(renamed.get()));
  isl::union_set others =
      model.tree.domain.subtract(isl::union_set(parts.statement->domain))
          .unite(isl::union_set(parts.rest));
  return others.identity().unite(isl::union_map(isl::manage(first)));
}

/// Respects every dependence because of what the first part is. Dependences
/// stay what they are, under new names.
static Refusal separate(func::FuncOp function, Model &model, unsigned number,
                        unsigned statement) {
  if (Refusal refusal = checkSeparate(model, number, statement))
    return refusal;
  TreePath location = *findBand(model.tree, number);
  Parts parts = *split(model, location, statement).parts;
  isl::union_map names = renaming(model, parts);
  auto rename = [&](const isl::union_map &pairs) {
    return pairs.apply_domain(names).apply_range(names).coalesce();
  };
  const DependentPairs &pairs = model.dependences->all();
  model.dependences = std::make_shared<Dependences>(
      DependentPairs{rename(pairs.ordered), rename(pairs.commuting)});
  moveFirst(location, parts);
  cloneStatement(function, parts);
  return std::nullopt;
}

namespace {
struct SeparatePass : impl::SeparateBase<SeparatePass> {
  using SeparateBase::SeparateBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(transformStatements(function, [&](Model &model) {
          return separate(function, model, band, statement);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
