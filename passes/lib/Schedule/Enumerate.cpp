//===- Enumerate.cpp - List the legal transformations ---------------------===//

#include "Enumerate.h"
#include "Describe.h"
#include "autotune/SchedulePasses.h"

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_ENUMERATE
#include "autotune/SchedulePasses.h.inc"

/// Sizes and factors are drawn from these.
static constexpr int64_t tileSizes[] = {4,   8,   12,  16,  20,   24,
                                        32,  48,  64,  96,  128,  192,
                                        256, 384, 512, 768, 1024, 2048};
static constexpr int64_t unrollFactors[] = {2,  3,  4,  5,  6,  7,  8,
                                            12, 14, 16, 24, 32, 48, 64};

/// Loops that one loop may become by tiling, for two levels of cache.
static constexpr unsigned maxTileLevels = 3;

/// Loops of this many iterations may become straight code.
static constexpr int64_t maxWholeUnroll = 8;

bool containsLoops(const Tree &tree) {
  if (tree.isBand())
    return true;
  if (tree.isMark(mark::vectorize) || tree.isMark(mark::unroll))
    return false;
  return llvm::any_of(tree.children, containsLoops);
}

llvm::SmallVector<Attribute> Enumerator::run() {
  std::vector<BandFacts> bands;
  context = bandContext(function, threads, vectorBits);
  for (const std::string &key : bandKeys(model.tree, context))
    bands.push_back(addBand(bands.size(), key));
  // Whether values may be elsewhere depends on what is beside the band, too.
  for (const BandFacts &band : bands)
    if (band.isPlain)
      addExpansions(band);
  for (unsigned number = 0;; ++number) {
    std::optional<TreePath> path = findSequence(model.tree, number);
    if (!path)
      break;
    addFusions(number, path->node->children);
    addReorders(number);
  }
  addReschedules();
  addContractions();
  addStreams();
  llvm::SmallVector<Attribute> texts;
  for (const Menu &menu : menus)
    texts.push_back(StringAttr::get(function.getContext(), textOf(menu)));
  return texts;
}

BandFacts Enumerator::addBand(unsigned number, const std::string &key) {
  if (const BandMenus *known = recentBandMenus(key)) {
    for (Menu menu : known->menus) {
      menu.fixed.front().second = {int64_t(number)};
      menus.push_back(std::move(menu));
    }
    BandFacts facts = known->facts;
    facts.number = number;
    return facts;
  }
  size_t numBefore = menus.size();
  BandFacts facts = factsOf(*findBand(model.tree, number), number);
  addBand(facts);
  rememberBandMenus(key, {facts, {menus.begin() + numBefore, menus.end()}});
  return facts;
}

BandFacts Enumerator::factsOf(const TreePath &path, unsigned number) {
  bool isFree = isPermutable(path.node->members,
                             ActiveDependences(*model.dependences, path));
  BandFacts facts{number, {}, {}, {}, !checkPlainBand(path), isFree};
  for (const isl::union_pw_aff &member : path.node->members) {
    std::optional<Range> range = memberRange(member, path.node->domain);
    facts.extents.push_back(range ? range->extent() : 0);
    facts.strides.push_back(memberStride(member, path.node->domain));
    facts.levels.push_back(countTileLevels(path, member));
  }
  return facts;
}

void Enumerator::addBand(const BandFacts &band) {
  addVectors(band);
  addInterchanges(band);
  addPrefetches(band);
  if (!band.isPlain)
    return;
  addTiles(band);
  addUnrolls(band);
  addParallel(band);
  addDistributions(band);
  addPacks(band);
  addUnrollsInPlace(band);
  addPrivatizations(band);
  addSeparations(band);
  addSnapshots(band);
  addSplits(band);
  addReversals(band);
  addSkews(band);
  addWavefront(band);
}

bool Enumerator::isLegal(llvm::function_ref<Refusal(Model &)> transform) {
  Tree before = model.tree;
  bool isAccepted = !guarded(model, transform);
  model.tree = std::move(before);
  return isAccepted;
}

void Enumerator::addTiles(const BandFacts &band) {
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

void Enumerator::addWithOneChosen(llvm::StringRef pass, unsigned band,
                                  llvm::StringRef option,
                                  const std::vector<Values> &values,
                                  int64_t neutral) {
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

void Enumerator::addUnrolls(const BandFacts &band) {
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
    addWithOneChosen("autotune-unroll-and-jam", band.number, "factors", factors,
                     1);
}

void Enumerator::addUnrollsInPlace(const BandFacts &band) {
  const Tree &node = *findBand(model.tree, band.number)->node;
  bool isInnermost = !containsLoops(node.children.front());
  for (int64_t member = 0; member < int64_t(band.extents.size()); ++member) {
    if (band.strides[member] < 1)
      continue;
    int64_t count = (band.extents[member] - 1) / band.strides[member] + 1;
    bool isLast = member + 1 == int64_t(band.extents.size());
    Values factors;
    if (isInnermost && isLast)
      for (int64_t factor : {2, 4, 8})
        if (factor < count)
          factors.push_back(factor);
    if (count <= maxWholeUnroll)
      factors.push_back(count);
    llvm::erase_if(factors, [&](int64_t factor) {
      return !isLegal(
          [&](Model &m) { return unroll(m, band.number, member, factor); });
    });
    if (!factors.empty())
      add("autotune-unroll",
          {{"band", {int64_t(band.number)}}, {"member", {member}}},
          {{"factor", {factors}}});
  }
}

bool Enumerator::isSafelySinkable(unsigned band,
                                  llvm::ArrayRef<unsigned> positions) {
  return !guarded(model, [&](Model &m) -> Refusal {
    if (isSinkable(m, band, positions))
      return std::nullopt;
    return "a dependence is in the way";
  });
}

void Enumerator::addVectors(const BandFacts &band) {
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

int64_t Enumerator::vectorWidth(unsigned number) {
  unsigned bits = 0;
  Tree *node = findBand(model.tree, number)->node;
  for (const Statement &statement : model.scop.statements)
    if (!isl::union_set(statement.domain).intersect(node->domain).is_empty())
      for (const Access &access : statement.accesses)
        if (access.array < model.scop.arrays.size())
          bits = std::max(bits, model.scop.elementBits(access.array));
  return bits == 0 ? 0 : vectorBits / bits;
}

void Enumerator::addParallel(const BandFacts &band) {
  for (int64_t member = 0; threads > 1 && member < int64_t(band.extents.size());
       ++member)
    if (band.extents[member] > 1 &&
        isLegal([&](Model &m) { return parallelize(m, band.number, member); }))
      add("autotune-parallelize",
          {{"band", {int64_t(band.number)}}, {"member", {member}}}, {});
}

void Enumerator::add(llvm::StringRef pass, const Fixed &fixed,
                     const Open &open) {
  menus.push_back({pass, fixed, open});
}

namespace {
class EnumeratePass : public impl::EnumerateBase<EnumeratePass> {
public:
  using EnumerateBase::EnumerateBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto body = [&](isl::ctx ctx) -> LogicalResult {
      FailureOr<Model> model =
          loadModel(function, ctx, /*remembersViolations=*/true);
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
