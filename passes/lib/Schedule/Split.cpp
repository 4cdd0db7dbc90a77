//===- Split.cpp - A loop's iterations by blocks of one outside -----------===//
//
// Index-set splitting: statements that run on more than one side are cloned.
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
#define GEN_PASS_DEF_SPLIT
#include "autotune/SchedulePasses.h.inc"

namespace {

/// Bounds the growth of the code.
constexpr unsigned maxStatements = 32;

/// Before the block, in it, after it.
constexpr unsigned numSides = 3;

/// What a statement does on one side.
struct Part {
  const Statement *statement;
  isl::set instances; ///< Under the part's own name.
  unsigned side;
  bool isClone;
};

} // namespace

static isl::pw_aff valueAt(const isl::union_pw_aff &member,
                           const Statement &statement) {
  return isl::manage(isl_union_pw_aff_extract_pw_aff(
      member.get(), statement.domain.space().add_unnamed_tuple(1).release()));
}

/// The instances of a statement on each side.
static std::vector<isl::set> sidesOf(const Statement &statement,
                                     const isl::union_pw_aff &member,
                                     const isl::union_pw_aff &outer,
                                     int64_t size) {
  isl::pw_aff value = valueAt(member, statement);
  isl::pw_aff start = valueAt(tileMember(outer, size), statement);
  isl::pw_aff end = start.add_constant(size);
  const isl::set &all = statement.domain;
  return {all.intersect(value.lt_set(start)).coalesce(),
          all.intersect(value.ge_set(start).intersect(value.lt_set(end)))
              .coalesce(),
          all.intersect(value.ge_set(end)).coalesce()};
}

static std::vector<Part> partsOf(const Scop &scop, const Tree &band,
                                 const isl::union_pw_aff &member,
                                 const isl::union_pw_aff &outer, int64_t size) {
  std::vector<Part> parts;
  unsigned numStatements = scop.statements.size();
  for (const Statement &statement : scop.statements) {
    if (isl::union_set(statement.domain).is_disjoint(band.domain))
      continue;
    bool isClone = false;
    for (auto [side, instances] :
         llvm::enumerate(sidesOf(statement, member, outer, size))) {
      if (instances.is_empty())
        continue;
      std::string name =
          isClone ? "S" + std::to_string(numStatements++) : statement.name;
      isl_set *named = isl_set_set_tuple_name(instances.copy(), name.c_str());
      parts.push_back(
          {&statement, isl::manage(named), unsigned(side), isClone});
      isClone = true;
    }
  }
  return parts;
}

//===--- the tree ---------------------------------------------------------===//

namespace {
/// The instances that there are then, and those that they have been.
struct Renaming {
  isl::union_set instances;
  isl::union_pw_multi_aff origins;

  void add(const isl::set &renamed, const Statement &statement) {
    isl_multi_aff *identity =
        statement.domain.space().identity_multi_aff_on_domain().release();
    identity = isl_multi_aff_set_tuple_id(identity, isl_dim_in,
                                          isl_set_get_tuple_id(renamed.get()));
    isl::union_pw_multi_aff origin(isl::manage(identity));
    instances = instances.is_null() ? isl::union_set(renamed)
                                    : instances.unite(isl::union_set(renamed));
    origins = origins.is_null() ? origin : origins.union_add(origin);
  }
};
} // namespace

static Renaming renamingOf(const Scop &scop, const std::vector<Part> &parts) {
  Renaming renaming;
  for (const Part &part : parts)
    renaming.add(part.instances, *part.statement);
  for (const Statement &statement : scop.statements)
    if (llvm::none_of(parts, [&](const Part &part) {
          return part.statement == &statement;
        }))
      renaming.add(statement.domain, statement);
  return renaming;
}

/// Puts every instance where it was under its other name.
static void rename(Tree &tree, const Renaming &renaming) {
  tree.domain =
      tree.domain.preimage(renaming.origins).intersect(renaming.instances);
  for (isl::union_pw_aff &member : tree.members)
    member = member.pullback(renaming.origins).intersect_domain(tree.domain);
  for (Tree &child : tree.children)
    rename(child, renaming);
}

/// Pairs of what is split have other names then; all others stay.
static isl::union_map renamed(const isl::union_map &pairs,
                              const Renaming &renaming,
                              const isl::union_set &split) {
  isl::union_map result(pairs.ctx(), "{ }");
  pairs.foreach_map([&](isl::map each) {
    isl::union_map old(each);
    if (old.domain().is_disjoint(split) && old.range().is_disjoint(split)) {
      result = result.unite(old);
      return;
    }
    isl::union_map both = old.preimage_domain(renaming.origins)
                              .preimage_range(renaming.origins)
                              .intersect_domain(renaming.instances)
                              .intersect_range(renaming.instances);
    both.foreach_map([&](isl::map part) {
      if (!part.is_empty())
        result = result.unite(isl::union_map(part.coalesce()));
    });
  });
  return result;
}

/// The order stays as it is, and with it what depends on what.
static DependentPairs renamed(const DependentPairs &pairs,
                              const Renaming &renaming,
                              const std::vector<Part> &parts) {
  isl::union_set split(pairs.ordered.ctx(), "{ }");
  for (const Part &part : parts)
    split = split.unite(isl::union_set(part.statement->domain));
  return {renamed(pairs.ordered, renaming, split),
          renamed(pairs.commuting, renaming, split)};
}

/// The tree of some of its instances.
static Tree restricted(const Tree &tree, const isl::union_set &instances) {
  std::vector<Tree> children;
  for (const Tree &child : tree.children)
    if (!child.domain.is_disjoint(instances))
      children.push_back(restricted(child, instances));
  if (tree.kind == Tree::Kind::Sequence)
    return makeSequence(std::move(children));
  isl::union_set domain = tree.domain.intersect(instances);
  if (tree.kind == Tree::Kind::Leaf)
    return makeLeaf(domain);
  std::vector<isl::union_pw_aff> members;
  for (const isl::union_pw_aff &member : tree.members)
    members.push_back(member.intersect_domain(domain));
  return makeBand(std::move(members), std::move(children.front()));
}

/// The sides one after the other, in the loops outside of the member.
static void splitBand(TreePath &location, unsigned position,
                      const std::vector<Part> &parts) {
  Tree &band = *location.node;
  auto begin = band.members.begin();
  std::vector<isl::union_pw_aff> outer(begin, begin + position);
  std::vector<isl::union_pw_aff> inner(begin + position, band.members.end());
  Tree loop = makeBand(std::move(inner), std::move(band.children.front()));
  std::vector<Tree> sides;
  for (unsigned side = 0; side < numSides; ++side) {
    isl::union_set instances(loop.domain.ctx(), "{ }");
    for (const Part &part : parts)
      if (part.side == side)
        instances = instances.unite(isl::union_set(part.instances));
    if (!instances.is_empty())
      sides.push_back(restricted(loop, instances));
  }
  band = makeBand(std::move(outer), makeSequence(std::move(sides)));
  flattenSequence(location);
}

//===--- the body ---------------------------------------------------------===//

static void addClone(func::FuncOp function, const Part &part) {
  OpBuilder builder = builderAtEnd(function);
  llvm::SmallVector<Value> counters =
      addLoops(builder, part.statement->root->getLoc(), part.instances);
  IRMapping mapping;
  mapping.map(ValueRange(part.statement->ivs), ValueRange(counters));
  for (Operation *op : part.statement->slice) {
    Operation *clone = builder.clone(*op, mapping);
    if (op == part.statement->root)
      limitTo(clone, part.instances);
  }
}

namespace {
/// What there is to split, and by which loop; or why there is nothing.
struct SplitPlan {
  std::optional<TreePath> location;
  std::vector<Part> parts;
  std::string refusal;
};

} // namespace

static SplitPlan planSplit(Model &model, unsigned number, unsigned position,
                           unsigned outer, int64_t size) {
  auto [location, refusal] = findPlainMember(model, number, position);
  if (!location)
    return {std::nullopt, {}, refusal};
  if (isMarked(model.tree))
    return {std::nullopt,
            {},
            "loops are parallel, unrolled, vectors or packed already"};
  const Tree &band = *location->node;
  std::vector<isl::union_pw_aff> around = membersAround(*location);
  around.insert(around.end(), band.members.begin(),
                band.members.begin() + position);
  if (outer == 0 || outer > around.size())
    return {std::nullopt, {}, "there is no loop that far outside"};
  if (size < 1)
    return {std::nullopt, {}, "a block has at least one iteration"};
  std::vector<Part> parts = partsOf(model.scop, band, band.members[position],
                                    around[around.size() - outer], size);
  if (model.scop.statements.size() +
          llvm::count_if(parts, [](const Part &part) { return part.isClone; }) >
      maxStatements)
    return {std::nullopt,
            {},
            "there would be more than " + std::to_string(maxStatements) +
                " statements"};
  for (const Part &part : parts)
    if (part.side != parts.front().side)
      return {std::move(location), std::move(parts), ""};
  return {std::nullopt, {}, "all iterations are on one side of the block"};
}

Refusal checkSplit(const Model &model, unsigned number, unsigned position,
                   unsigned outer, int64_t size) {
  Model trial(model);
  SplitPlan plan = planSplit(trial, number, position, outer, size);
  return plan.location ? std::nullopt : Refusal(plan.refusal);
}

static Refusal split(func::FuncOp function, Model &model, unsigned number,
                     unsigned position, unsigned outer, int64_t size) {
  SplitPlan plan = planSplit(model, number, position, outer, size);
  if (!plan.location)
    return plan.refusal;
  Renaming renaming = renamingOf(model.scop, plan.parts);
  rename(model.tree, renaming);
  model.dependences = std::make_shared<Dependences>(
      renamed(model.dependences->all(), renaming, plan.parts));
  splitBand(*plan.location, position, plan.parts);
  for (const Part &part : plan.parts)
    if (part.isClone)
      addClone(function, part);
  for (const Part &part : plan.parts)
    if (!part.isClone)
      limitTo(part.statement->root, part.instances);
  if (size > 1)
    function->setAttr(blocksName, UnitAttr::get(function.getContext()));
  return std::nullopt;
}

namespace {
struct SplitPass : impl::SplitBase<SplitPass> {
  using SplitBase::SplitBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(transformStatements(function, [&](Model &model) {
          return split(function, model, band, member, outer, size);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
