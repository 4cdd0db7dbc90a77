//===- OrderMenus.cpp - Menus of what changes the order of loops ----------===//

#include "Enumerate.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {

static constexpr unsigned maxPermutedMembers = 4;

/// Whether the loops are none that tiling made. The rest of the vocabulary for
/// loop order comes before tiles.
static bool isUntiled(const Tree &band) {
  isl::space statement;
  band.domain.foreach_set([&](isl::set set) { statement = set.space(); });
  return llvm::all_of(band.members, [&](const isl::union_pw_aff &member) {
    MemberFormRef form = formAt(member, statement);
    return form && form->kind == MemberForm::Kind::Affine;
  });
}

static unsigned countBands(const Tree &tree) {
  unsigned count = tree.isBand();
  for (const Tree &child : tree.children)
    count += countBands(child);
  return count;
}

void Enumerator::addReversals(const BandFacts &band) {
  if (!isUntiled(*findBand(model.tree, band.number)->node))
    return;
  for (int64_t member = 0; member < int64_t(band.extents.size()); ++member)
    if (band.extents[member] > 1 &&
        isLegal([&](Model &m) { return reverse(m, band.number, member); }))
      add("autotune-reverse",
          {{"band", {int64_t(band.number)}}, {"member", {member}}}, {});
}

void Enumerator::addSkews(const BandFacts &band) {
  std::optional<TreePath> path = findBand(model.tree, band.number);
  if (path->ancestors.empty() || !path->ancestors.back()->isBand() ||
      isMarked(model.tree) || !isUntiled(*path->node))
    return;
  int64_t numAround = path->ancestors.back()->members.size();
  for (int64_t member = 0; member < int64_t(band.extents.size()); ++member)
    for (int64_t outer = member + 1; outer <= member + numAround; ++outer)
      for (int64_t factor : {1, 2})
        addSkew(band, member, outer, factor);
}

void Enumerator::addSkew(const BandFacts &band, int64_t member, int64_t outer,
                         int64_t factor) {
  unsigned numBands = countBands(model.tree);
  auto transform = [&](Model &m) -> Refusal {
    if (Refusal refusal = skew(m, band.number, member, outer, factor))
      return refusal;
    if (countBands(m.tree) == numBands)
      return "no loop joins another band";
    return std::nullopt;
  };
  if (isLegal(transform))
    add("autotune-skew",
        {{"band", {int64_t(band.number)}},
         {"member", {member}},
         {"outer", {outer}},
         {"factor", {factor}}},
        {});
}

void Enumerator::addWavefront(const BandFacts &band) {
  if (threads < 2 || band.extents.size() < 2 || !band.isPermutable)
    return;
  auto isParallel = [&](Model &m) { return parallelize(m, band.number, 1); };
  bool isUseful = !isLegal(isParallel) && isLegal([&](Model &m) {
    Refusal refusal = wavefront(m, band.number);
    return refusal ? refusal : isParallel(m);
  });
  if (isUseful)
    add("autotune-wavefront", {{"band", {int64_t(band.number)}}}, {});
}

void Enumerator::addDistributions(const BandFacts &band) {
  const Tree &body = findBand(model.tree, band.number)->node->children.front();
  bool isSequence = body.kind == Tree::Kind::Sequence;
  int64_t numChildren = isSequence ? body.children.size() : 0;
  int64_t numMembers = band.extents.size();
  // What some shared loops leave out of order, fewer do, too.
  Values least(numChildren, numMembers);
  for (int64_t cut = 1; cut < numChildren; ++cut)
    while (least[cut] > 0 && isLegal([&](Model &m) {
             return distribute(m, band.number, least[cut] - 1, cut);
           }))
      --least[cut];
  for (int64_t depth = 0; depth < numMembers; ++depth)
    for (int64_t cut = 1; cut < numChildren; ++cut)
      if (depth >= least[cut])
        add("autotune-distribute",
            {{"band", {int64_t(band.number)}},
             {"depth", {depth}},
             {"cut", {cut}}},
            {});
}

void Enumerator::addFusions(int64_t sequence,
                            const std::vector<Tree> &children) {
  int64_t numChildren = children.size();
  std::vector<int64_t> depths;
  for (int64_t child = 0; child + 1 < numChildren; ++child)
    depths.push_back(std::min(children[child].members.size(),
                              children[child + 1].members.size()));
  for (int64_t child = 0; child + 1 < numChildren; ++child)
    for (int64_t depth = 1; depth <= depths[child]; ++depth)
      if (isLegal([&](Model &m) { return fuse(m, sequence, child, depth); }))
        add("autotune-fuse",
            {{"sequence", {sequence}}, {"child", {child}}, {"depth", {depth}}},
            {});
      else
        addShifts(sequence, child, depth);
}

void Enumerator::addReorders(int64_t sequence) {
  TreePath path = *findSequence(model.tree, sequence);
  int64_t last = path.node->children.size() - 1;
  bool isInLoop = llvm::any_of(
      path.ancestors, [](const Tree *ancestor) { return ancestor->isBand(); });
  if (!isInLoop || isMarked(model.tree))
    return;
  for (int64_t child = 0; child < last; ++child) {
    Values places;
    for (int64_t to = child + 1; to <= last;
         to += std::max<int64_t>(1, last - to))
      if (isLegal([&](Model &m) { return reorder(m, sequence, child, to); }))
        places.push_back(to);
    if (!places.empty())
      add("autotune-reorder", {{"sequence", {sequence}}, {"child", {child}}},
          {{"to", {places}}});
  }
}

void Enumerator::addShifts(int64_t sequence, int64_t child, int64_t depth) {
  Tree &second = findSequence(model.tree, sequence)->node->children[child + 1];
  if (!isUntiled(second))
    return;
  unsigned band = numberOf(second);
  for (int64_t offset : {1, 2}) {
    auto transform = [&](Model &m) -> Refusal {
      if (Refusal refusal = shift(m, band, depth - 1, offset))
        return refusal;
      return fuse(m, sequence, child, depth);
    };
    if (!isLegal(transform))
      continue;
    add("autotune-shift",
        {{"band", {int64_t(band)}},
         {"member", {depth - 1}},
         {"offset", {offset}}},
        {});
    return;
  }
}

unsigned Enumerator::numberOf(const Tree &band) {
  unsigned number = 0;
  while (findBand(model.tree, number)->node != &band)
    ++number;
  return number;
}

void Enumerator::addReschedules() {
  Tree original = model.scop.originalOrder;
  mergeBands(original, ActiveDependences(*model.dependences));
  if (!isSameTree(original, model.tree))
    return;
  std::vector<Tree> found;
  for (int64_t fusion : {1, 0})
    for (int64_t coincidence : {0, 1}) {
      Tree before = model.tree;
      bool isLegal = !guarded(
          model, [&](Model &m) { return reschedule(m, fusion, coincidence); });
      Tree after = std::exchange(model.tree, std::move(before));
      auto isSame = [&](const Tree &tree) { return isSameTree(tree, after); };
      if (!isLegal || isSame(original) || llvm::any_of(found, isSame))
        continue;
      found.push_back(after);
      add("autotune-reschedule",
          {{"fusion", {fusion}}, {"outer-coincidence", {coincidence}}}, {});
    }
}

void Enumerator::addInterchanges(const BandFacts &band) {
  Values permutation(band.extents.size());
  for (unsigned i = 0; i < permutation.size(); ++i)
    permutation[i] = i;
  if (permutation.size() > maxPermutedMembers)
    return addRotations(band, permutation);
  while (std::next_permutation(permutation.begin(), permutation.end()))
    addInterchange(band, permutation);
}

void Enumerator::addRotations(const BandFacts &band, const Values &identity) {
  for (unsigned i = 0; i < identity.size(); ++i) {
    Values outermost(identity), innermost(identity);
    std::rotate(outermost.begin(), outermost.begin() + i,
                outermost.begin() + i + 1);
    std::rotate(innermost.begin() + i, innermost.begin() + i + 1,
                innermost.end());
    if (outermost != identity)
      addInterchange(band, outermost);
    if (innermost != identity)
      addInterchange(band, innermost);
  }
}

bool Enumerator::changesOrder(const BandFacts &band,
                              const Values &permutation) {
  const Tree &node = *findBand(model.tree, band.number)->node;
  for (auto [position, member] : llvm::enumerate(node.members))
    if (isl_union_pw_aff_plain_is_equal(
            member.get(), node.members[permutation[position]].get()) !=
        isl_bool_true)
      return true;
  return false;
}

void Enumerator::addInterchange(const BandFacts &band,
                                const Values &permutation) {
  if (!changesOrder(band, permutation))
    return;
  if (band.isPermutable || isLegal([&](Model &m) {
        return interchange(m, band.number, permutation);
      }))
    add("autotune-interchange",
        {{"band", {int64_t(band.number)}}, {"permutation", permutation}}, {});
}

} // namespace autotune
