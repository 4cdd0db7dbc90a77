//===- Enumerate.cpp - List the legal transformations ---------------------===//

#include "Describe.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <isl/aff.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_ENUMERATE
#include "autotune/SchedulePasses.h.inc"

namespace {

using Values = llvm::SmallVector<int64_t>;
/// An option with, for each of its elements, the values to choose from.
using Choices = std::vector<Values>;

/// Unroll factors and panels are drawn from these.
constexpr int64_t tileSizes[] = {4,  8,   12,  16,  20,  24,  32,  48,   64,
                                 96, 128, 192, 256, 384, 512, 768, 1024, 2048};
constexpr int64_t unrollFactors[] = {2,  3,  4,  5,  6,  7,  8,
                                     12, 14, 16, 24, 32, 48, 64};
constexpr int64_t panelWidths[] = {4, 6, 8, 12, 16, 24, 32, 48, 64};
constexpr unsigned maxPermutedMembers = 4;

/// Loops that one loop may become by tiling, for two levels of cache.
constexpr unsigned maxTileLevels = 3;

/// Whether the loops are none that tiling made. The rest of the vocabulary for
/// loop order comes before tiles.
bool isUntiled(const Tree &band) {
  isl::space statement;
  band.domain.foreach_set([&](isl::set set) { statement = set.space(); });
  return llvm::all_of(band.members, [&](const isl::union_pw_aff &member) {
    MemberFormRef form = formAt(member, statement);
    return form && form->kind == MemberForm::Kind::Affine;
  });
}

unsigned countBands(const Tree &tree) {
  unsigned count = tree.isBand();
  for (const Tree &child : tree.children)
    count += countBands(child);
  return count;
}

/// What the menus need to know of a band.
struct BandFacts {
  unsigned number;
  llvm::SmallVector<int64_t> extents, strides;
  llvm::SmallVector<unsigned> levels;
  bool isPlain, isPermutable;
};

class Enumerator {
public:
  Enumerator(func::FuncOp function, Model &model, unsigned threads,
             unsigned vectorBits)
      : function(function), model(model), threads(threads),
        vectorBits(vectorBits) {}

  llvm::SmallVector<Attribute> run() {
    for (unsigned number = 0;; ++number) {
      std::optional<TreePath> path = findBand(model.tree, number);
      if (!path)
        break;
      addBand(factsOf(*path, number));
    }
    for (unsigned number = 0;; ++number) {
      std::optional<TreePath> path = findSequence(model.tree, number);
      if (!path)
        break;
      addFusions(number, path->node->children);
    }
    addReschedules();
    return std::move(menus);
  }

private:
  BandFacts factsOf(const TreePath &path, unsigned number) {
    bool isFree = isPermutable(path.node->members,
                               ActiveDependences(*model.dependences, path));
    BandFacts facts{number, {}, {}, {}, isPlainBand(path), isFree};
    for (const isl::union_pw_aff &member : path.node->members) {
      std::optional<Range> range = memberRange(member, path.node->domain);
      facts.extents.push_back(range ? range->extent() : 0);
      facts.strides.push_back(memberStride(member, path.node->domain));
      facts.levels.push_back(countTileLevels(path, member));
    }
    return facts;
  }

  void addBand(const BandFacts &band) {
    addVectors(band);
    addInterchanges(band);
    if (!band.isPlain)
      return;
    addTiles(band);
    addUnrolls(band);
    addParallel(band);
    addDistributions(band);
    addPacks(band);
    addReversals(band);
    addSkews(band);
    addWavefront(band);
  }

  /// Whether the transformation is accepted; the model is left as it was.
  bool isLegal(llvm::function_ref<Refusal(Model &)> transform) {
    Tree before = model.tree;
    bool isAccepted = !guarded(model, transform);
    model.tree = std::move(before);
    return isAccepted;
  }

  void addTiles(const BandFacts &band) {
    std::vector<Values> sizes;
    for (auto [extent, stride, levels] :
         llvm::zip(band.extents, band.strides, band.levels)) {
      Values menu;
      for (int64_t size : tileSizes)
        if (levels < maxTileLevels && size < extent && size > stride &&
            stride > 0 && size % stride == 0)
          menu.push_back(size);
      sizes.push_back(menu);
    }
    if (!band.isPermutable)
      return;
    addWithOneChosen("autotune-tile", band.number, "sizes", sizes, 0);
  }

  /// Menus whose product is every choice but the one that leaves all elements
  /// at `neutral`.
  void addWithOneChosen(llvm::StringRef pass, unsigned band,
                        llvm::StringRef option,
                        const std::vector<Values> &values, int64_t neutral) {
    for (unsigned first = 0; first < values.size(); ++first) {
      if (values[first].empty())
        continue;
      Choices choices;
      for (unsigned i = 0; i < values.size(); ++i) {
        Values menu = i < first ? Values() : values[i];
        if (i != first)
          menu.insert(menu.begin(), neutral);
        choices.push_back(menu);
      }
      add(pass, {{"band", {int64_t(band)}}}, {{option, choices}});
    }
  }

  void addUnrolls(const BandFacts &band) {
    Tree &node = *findBand(model.tree, band.number)->node;
    if (containsMark(node, mark::unroll))
      return;
    std::vector<Values> factors(band.extents.size());
    llvm::SmallVector<unsigned> together;
    for (unsigned i = 0; i < band.extents.size(); ++i) {
      if (band.strides[i] != 1 || !isSafelySinkable(band.number, {i}))
        continue;
      // Remainders of strips in tiles multiply the code; other tiles have none.
      bool isTiled = band.levels[i] > 1;
      for (int64_t factor : unrollFactors)
        if (factor <= band.extents[i] &&
            (!isTiled || band.extents[i] % factor == 0))
          factors[i].push_back(factor);
      together.push_back(i);
    }
    if (together.size() < 2 || isSafelySinkable(band.number, together))
      addWithOneChosen("autotune-unroll-and-jam", band.number, "factors",
                       factors, 1);
  }

  bool isSafelySinkable(unsigned band, llvm::ArrayRef<unsigned> positions) {
    return !guarded(model, [&](Model &m) -> Refusal {
      if (isSinkable(m, band, positions))
        return std::nullopt;
      return "a dependence is in the way";
    });
  }

  void addInterchanges(const BandFacts &band) {
    Values permutation(band.extents.size());
    for (unsigned i = 0; i < permutation.size(); ++i)
      permutation[i] = i;
    if (permutation.size() > maxPermutedMembers)
      return addRotations(band, permutation);
    while (std::next_permutation(permutation.begin(), permutation.end()))
      addInterchange(band, permutation);
  }

  /// Each member moved to the outermost and to the innermost place.
  void addRotations(const BandFacts &band, const Values &identity) {
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

  /// Members may be equal, as those of loops of one iteration.
  bool changesOrder(const BandFacts &band, const Values &permutation) {
    const Tree &node = *findBand(model.tree, band.number)->node;
    for (auto [position, member] : llvm::enumerate(node.members))
      if (isl_union_pw_aff_plain_is_equal(
              member.get(), node.members[permutation[position]].get()) !=
          isl_bool_true)
        return true;
    return false;
  }

  void addInterchange(const BandFacts &band, const Values &permutation) {
    if (!changesOrder(band, permutation))
      return;
    if (band.isPermutable || isLegal([&](Model &m) {
          return interchange(m, band.number, permutation);
        }))
      add("autotune-interchange",
          {{"band", {int64_t(band.number)}}, {"permutation", permutation}}, {});
  }

  void addVectors(const BandFacts &band) {
    for (int64_t member = 0; member < int64_t(band.extents.size()); ++member) {
      int64_t width = vectorWidth(band.number);
      auto transform = [&](Model &m) {
        return vectorize(m, band.number, member, width);
      };
      if (width >= 2 && band.extents[member] > 1 && isLegal(transform))
        add("autotune-vectorize",
            {{"band", {int64_t(band.number)}},
             {"member", {member}},
             {"width", {width}}},
            {});
    }
  }

  /// Lanes of a full register for the widest element below the band.
  int64_t vectorWidth(unsigned number) {
    unsigned bits = 0;
    Tree *node = findBand(model.tree, number)->node;
    for (const Statement &statement : model.scop.statements)
      if (!isl::union_set(statement.domain).intersect(node->domain).is_empty())
        for (const Access &access : statement.accesses)
          if (access.array < model.scop.arrays.size())
            bits = std::max(bits, model.scop.elementBits(access.array));
    return bits == 0 ? 0 : vectorBits / bits;
  }

  void addParallel(const BandFacts &band) {
    for (int64_t member = 0;
         threads > 1 && member < int64_t(band.extents.size()); ++member)
      if (band.extents[member] > 1 && isLegal([&](Model &m) {
            return parallelize(m, band.number, member);
          }))
        add("autotune-parallelize",
            {{"band", {int64_t(band.number)}}, {"member", {member}}}, {});
  }

  void addReversals(const BandFacts &band) {
    if (!isUntiled(*findBand(model.tree, band.number)->node))
      return;
    for (int64_t member = 0; member < int64_t(band.extents.size()); ++member)
      if (band.extents[member] > 1 &&
          isLegal([&](Model &m) { return reverse(m, band.number, member); }))
        add("autotune-reverse",
            {{"band", {int64_t(band.number)}}, {"member", {member}}}, {});
  }

  /// Those that let the band join the one around it.
  void addSkews(const BandFacts &band) {
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

  void addSkew(const BandFacts &band, int64_t member, int64_t outer,
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

  /// Where the second loop can run in parallel then, and not before.
  void addWavefront(const BandFacts &band) {
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

  void addDistributions(const BandFacts &band) {
    const Tree &body =
        findBand(model.tree, band.number)->node->children.front();
    bool isSequence = body.kind == Tree::Kind::Sequence;
    int64_t numChildren = isSequence ? body.children.size() : 0;
    for (int64_t depth = 0; depth < int64_t(band.extents.size()); ++depth)
      for (int64_t cut = 1; cut < numChildren; ++cut)
        if (isLegal([&](Model &m) {
              return distribute(m, band.number, depth, cut);
            }))
          add("autotune-distribute",
              {{"band", {int64_t(band.number)}},
               {"depth", {depth}},
               {"cut", {cut}}},
              {});
  }

  void addFusions(int64_t sequence, const std::vector<Tree> &children) {
    int64_t numChildren = children.size();
    std::vector<int64_t> depths;
    for (int64_t child = 0; child + 1 < numChildren; ++child)
      depths.push_back(std::min(children[child].members.size(),
                                children[child + 1].members.size()));
    for (int64_t child = 0; child + 1 < numChildren; ++child)
      for (int64_t depth = 1; depth <= depths[child]; ++depth)
        if (isLegal([&](Model &m) { return fuse(m, sequence, child, depth); }))
          add("autotune-fuse",
              {{"sequence", {sequence}},
               {"child", {child}},
               {"depth", {depth}}},
              {});
        else
          addShifts(sequence, child, depth);
  }

  /// Delays of the second child that let it be fused with the first.
  void addShifts(int64_t sequence, int64_t child, int64_t depth) {
    Tree &second =
        findSequence(model.tree, sequence)->node->children[child + 1];
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

  /// The pre-order number of a band.
  unsigned numberOf(const Tree &band) {
    unsigned number = 0;
    while (findBand(model.tree, number)->node != &band)
      ++number;
    return number;
  }

  /// Only from the program's own order: what was chosen since would be lost.
  void addReschedules() {
    Tree original = model.scop.originalOrder;
    mergeBands(original, ActiveDependences(*model.dependences));
    if (!isSameTree(original, model.tree))
      return;
    std::vector<Tree> found;
    for (int64_t fusion : {1, 0})
      for (int64_t coincidence : {0, 1}) {
        Tree before = model.tree;
        bool isLegal = !guarded(model, [&](Model &m) {
          return reschedule(m, fusion, coincidence);
        });
        Tree after = std::exchange(model.tree, std::move(before));
        auto isSame = [&](const Tree &tree) { return isSameTree(tree, after); };
        if (!isLegal || isSame(original) || llvm::any_of(found, isSame))
          continue;
        found.push_back(after);
        add("autotune-reschedule",
            {{"fusion", {fusion}}, {"outer-coincidence", {coincidence}}}, {});
      }
  }

  /// Whether a copy is legal does not depend on its layout.
  void addPacks(const BandFacts &band) {
    for (int64_t array = 0; array < int64_t(model.scop.arrays.size());
         ++array) {
      auto type = cast<MemRefType>(model.scop.arrays[array].getType());
      if (type.getRank() < 2 ||
          !isLegal([&](Model &m) { return pack(m, band.number, array, 0, 1); }))
        continue;
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        addPanels(band, array, dim, type.getDimSize(dim));
    }
  }

  void addPanels(const BandFacts &band, int64_t array, int64_t dim,
                 int64_t size) {
    Values widths;
    for (int64_t width : panelWidths)
      if (width <= size)
        widths.push_back(width);
    if (!widths.empty())
      add("autotune-pack",
          {{"band", {int64_t(band.number)}},
           {"array", {array}},
           {"panel-dim", {dim}}},
          {{"panel", {widths}}});
  }

  using Fixed = llvm::SmallVector<std::pair<llvm::StringRef, Values>>;
  using Open = llvm::SmallVector<std::pair<llvm::StringRef, Choices>>;

  void add(llvm::StringRef pass, const Fixed &fixed, const Open &open) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::json::OStream json(stream);
    json.object([&] {
      json.attribute("name", pass);
      json.attributeObject("fixed", [&] {
        for (auto &[option, values] : fixed)
          json.attribute(option, llvm::json::Array(values));
      });
      json.attributeObject("open", [&] {
        for (auto &[option, choices] : open)
          json.attributeArray(option, [&] {
            for (const Values &values : choices)
              json.value(llvm::json::Array(values));
          });
      });
    });
    menus.push_back(StringAttr::get(function.getContext(), text));
  }

  func::FuncOp function;
  Model &model;
  unsigned threads, vectorBits;
  llvm::SmallVector<Attribute> menus;
};

class EnumeratePass : public impl::EnumerateBase<EnumeratePass> {
public:
  using EnumerateBase::EnumerateBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto body = [&](isl::ctx ctx) -> LogicalResult {
      FailureOr<Model> model = loadModel(function, ctx);
      if (failed(model))
        return failure();
      llvm::SmallVector<Attribute> menus =
          Enumerator(function, *model, threads, vectorBits).run();
      function->setAttr("autotune.menus", ArrayAttr::get(&getContext(), menus));
      function->setAttr("autotune.loops",
                        StringAttr::get(&getContext(), describeLoops(*model)));
      return success();
    };
    if (failed(guardIsl(function, body)))
      signalPassFailure();
  }
};

} // namespace
} // namespace autotune
