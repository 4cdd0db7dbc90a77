//===- ScheduleTree.cpp - Schedule trees ----------------------------------===//

#include "ScheduleTree.h"
#include "Recent.h"

#include "llvm/ADT/ScopeExit.h"

#include <isl/aff.h>
#include <isl/ctx.h>
#include <isl/ilp.h>
#include <isl/schedule.h>
#include <isl/schedule_node.h>
#include <isl/union_map.h>
#include <isl/val.h>

namespace autotune {

Tree makeLeaf(isl::union_set domain) {
  Tree leaf;
  leaf.domain = std::move(domain);
  return leaf;
}

Tree makeBand(std::vector<isl::union_pw_aff> members, Tree child) {
  if (members.empty())
    return child;
  Tree band;
  band.kind = Tree::Kind::Band;
  band.domain = child.domain;
  band.members = std::move(members);
  band.children.push_back(std::move(child));
  return band;
}

Tree makeMark(llvm::StringRef label, Tree child) {
  Tree node;
  node.kind = Tree::Kind::Mark;
  node.domain = child.domain;
  node.label = label.str();
  node.children.push_back(std::move(child));
  return node;
}

Tree makeSequence(std::vector<Tree> children) {
  Tree sequence;
  sequence.kind = Tree::Kind::Sequence;
  for (Tree &child : children) {
    sequence.domain = sequence.domain.is_null()
                          ? child.domain
                          : sequence.domain.unite(child.domain);
    if (child.kind == Tree::Kind::Sequence)
      for (Tree &grandchild : child.children)
        sequence.children.push_back(std::move(grandchild));
    else
      sequence.children.push_back(std::move(child));
  }
  if (sequence.children.size() == 1) {
    Tree only = std::move(sequence.children.front());
    return only;
  }
  return sequence;
}

static std::vector<isl::union_pw_aff>
bandMembers(const isl::schedule_node &node) {
  isl::multi_union_pw_aff partial =
      node.as<isl::schedule_node_band>().partial_schedule();
  std::vector<isl::union_pw_aff> members;
  for (unsigned i = 0; i < partial.size(); ++i)
    members.push_back(partial.at(i));
  return members;
}

static Tree treeFromNode(const isl::schedule_node &node) {
  if (node.isa<isl::schedule_node_band>()) {
    std::vector<isl::union_pw_aff> members = bandMembers(node);
    Tree child = treeFromNode(node.child(0));
    for (isl::union_pw_aff &member : members)
      member = member.intersect_domain(child.domain);
    return makeBand(std::move(members), std::move(child));
  }
  if (node.isa<isl::schedule_node_mark>())
    return makeMark(
        isl::manage(isl_schedule_node_mark_get_id(node.get())).name(),
        treeFromNode(node.child(0)));
  if (node.isa<isl::schedule_node_sequence>()) {
    std::vector<Tree> children;
    for (unsigned i = 0; i < node.n_children(); ++i)
      children.push_back(treeFromNode(node.child(i).child(0)));
    return makeSequence(std::move(children));
  }
  return makeLeaf(isl::manage(isl_schedule_node_get_domain(node.get())));
}

Tree treeFromSchedule(const isl::schedule &schedule) {
  return treeFromNode(schedule.root().child(0));
}

isl::multi_union_pw_aff
bandSchedule(llvm::ArrayRef<isl::union_pw_aff> members) {
  isl::multi_union_pw_aff partial(members.front());
  for (const isl::union_pw_aff &member : members.drop_front())
    partial = partial.flat_range_product(isl::multi_union_pw_aff(member));
  return partial;
}

namespace {

/// Builds an isl schedule top-down at its leaves.
class ScheduleWriter {
public:
  /// `node` is a leaf; returns it with `tree` in its place, at the same
  /// position.
  isl::schedule_node write(isl::schedule_node node, const Tree &tree) {
    switch (tree.kind) {
    case Tree::Kind::Leaf:
      return node;
    case Tree::Kind::Mark:
      node = isl::manage(isl_schedule_node_insert_mark(
          node.release(),
          isl_id_alloc(tree.domain.ctx().get(), tree.label.c_str(), nullptr)));
      return write(node.child(0), tree.children.front()).parent();
    case Tree::Kind::Band:
      return writeBand(node, tree);
    case Tree::Kind::Sequence:
      return writeSequence(node, tree);
    }
    return node;
  }

private:
  isl::schedule_node writeBand(isl::schedule_node node, const Tree &tree) {
    node = node.insert_partial_schedule(bandSchedule(tree.members));
    return write(node.child(0), tree.children.front()).parent();
  }

  isl::schedule_node writeSequence(isl::schedule_node node, const Tree &tree) {
    isl::union_set_list filters(tree.domain.ctx(), tree.children.size());
    for (const Tree &child : tree.children)
      filters = filters.add(child.domain);
    node = node.insert_sequence(filters);
    for (unsigned i = 0; i < tree.children.size(); ++i)
      node = write(node.child(i).child(0), tree.children[i]).parent().parent();
    return node;
  }
};

} // namespace

isl::schedule scheduleFromTree(const Tree &tree) {
  isl::schedule_node leaf =
      isl::schedule::from_domain(tree.domain).root().child(0);
  return ScheduleWriter().write(leaf, tree).schedule();
}

static bool findNode(Tree &node, Tree::Kind kind, unsigned &number,
                     TreePath &location) {
  if (node.kind == kind && number-- == 0) {
    location.node = &node;
    return true;
  }
  location.ancestors.push_back(&node);
  for (Tree &child : node.children)
    if (findNode(child, kind, number, location))
      return true;
  location.ancestors.pop_back();
  return false;
}

static std::optional<TreePath> find(Tree &root, Tree::Kind kind,
                                    unsigned number) {
  TreePath location{nullptr, {}};
  if (findNode(root, kind, number, location))
    return location;
  return std::nullopt;
}

std::optional<TreePath> findBand(Tree &root, unsigned number) {
  return find(root, Tree::Kind::Band, number);
}

std::optional<TreePath> findSequence(Tree &root, unsigned number) {
  return find(root, Tree::Kind::Sequence, number);
}

void flattenSequence(TreePath &location) {
  if (location.ancestors.empty() ||
      location.ancestors.back()->kind != Tree::Kind::Sequence)
    return;
  Tree &parent = *location.ancestors.back();
  std::vector<Tree> children = std::move(parent.children);
  parent = makeSequence(std::move(children));
}

static std::optional<long> integer(isl_val *owned) {
  isl::val value = isl::manage(owned);
  if (!value.is_int())
    return std::nullopt;
  return value.num_si();
}

static std::optional<Range> rangeOf(const isl::union_pw_aff &values) {
  std::optional<long> min = integer(isl_union_pw_aff_min_val(values.copy()));
  std::optional<long> max = integer(isl_union_pw_aff_max_val(values.copy()));
  if (!min || !max)
    return std::nullopt;
  return Range{*min, *max};
}

static long strideOf(const isl::union_pw_aff &values) {
  isl::union_map places =
      isl::manage(isl_union_map_from_union_pw_aff(values.copy()));
  isl::set range = places.range().as_set();
  isl::val stride = isl::manage(isl_set_get_stride(range.get(), 0));
  return stride.num_si();
}

/// What was computed for the same values before, or is now.
template <auto compute> static auto recalled(const isl::union_pw_aff &values) {
  using Fact = decltype(compute(values));
  thread_local Recent<Fact> recent{4096};
  std::string text = takeText(isl_union_pw_aff_to_str(values.get()));
  // What isl's quota leaves must not depend on what is known already.
  isl_ctx *ctx = values.ctx().get();
  auto refill = llvm::scope_exit([&] { isl_ctx_reset_operations(ctx); });
  if (const Fact *known = recent.find(text))
    return *known;
  isl_ctx_reset_operations(ctx);
  return recent.add(text, compute(values));
}

std::optional<Range> memberRange(const isl::union_pw_aff &member,
                                 const isl::union_set &domain) {
  return recalled<rangeOf>(member.intersect_domain(domain));
}

long memberStride(const isl::union_pw_aff &member,
                  const isl::union_set &domain) {
  return recalled<strideOf>(member.intersect_domain(domain));
}

isl::union_pw_aff tileMember(const isl::union_pw_aff &member, long size) {
  isl_ctx *ctx = member.ctx().get();
  isl_union_pw_aff *tile =
      isl_union_pw_aff_floor(isl_union_pw_aff_scale_down_val(
          member.copy(), isl_val_int_from_si(ctx, size)));
  return isl::manage(
      isl_union_pw_aff_scale_val(tile, isl_val_int_from_si(ctx, size)));
}

isl::union_pw_aff pointMember(const isl::union_pw_aff &member, long size) {
  return isl::manage(isl_union_pw_aff_mod_val(
      member.copy(), isl_val_int_from_si(member.ctx().get(), size)));
}

void sinkToLeaves(Tree &tree, llvm::ArrayRef<isl::union_pw_aff> members,
                  llvm::StringRef label, bool belowVector) {
  bool isVector = tree.isMark(mark::vectorize) || tree.isMark(mark::stream);
  bool isInnermost =
      tree.kind == Tree::Kind::Leaf || (isVector && !belowVector);
  if (!isInnermost) {
    for (Tree &child : tree.children)
      sinkToLeaves(child, members, label, belowVector);
    return;
  }
  std::vector<isl::union_pw_aff> restricted;
  for (const isl::union_pw_aff &member : members)
    restricted.push_back(member.intersect_domain(tree.domain));
  tree = makeBand(std::move(restricted), std::move(tree));
  if (!label.empty())
    tree = makeMark(label, std::move(tree));
}

bool isSameTree(const Tree &a, const Tree &b) {
  return isl_schedule_plain_is_equal(scheduleFromTree(a).get(),
                                     scheduleFromTree(b).get()) ==
         isl_bool_true;
}

bool containsMark(const Tree &tree, llvm::StringRef prefix) {
  if (tree.isMark(prefix))
    return true;
  for (const Tree &child : tree.children)
    if (containsMark(child, prefix))
      return true;
  return false;
}

bool isMarked(const Tree &tree) { return containsMark(tree, ""); }

} // namespace autotune
