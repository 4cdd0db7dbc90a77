//===- GeneratedAst.cpp - isl's AST of a schedule -------------------------===//

#include "GeneratedAst.h"
#include "LoopOptions.h"

#include <isl/aff.h>
#include <isl/ast.h>
#include <isl/ast_build.h>
#include <isl/id.h>
#include <isl/map.h>
#include <isl/val.h>

namespace autotune {

Tree stridedBand(std::vector<isl::union_pw_aff> members,
                 llvm::ArrayRef<long> strides, unsigned depth, Tree child) {
  Tree band = makeBand(std::move(members), std::move(child));
  if (llvm::all_of(strides, [](long stride) { return stride <= 1; }))
    return band;
  std::string label = stridesMark.str() + std::to_string(depth);
  for (long stride : strides)
    label += "," + std::to_string(std::max(stride, 1L));
  return makeMark(label, std::move(band));
}

std::vector<long> stridesOf(const Tree &node, unsigned numMembers) {
  std::vector<long> strides(numMembers, 1);
  if (!node.isMark(stridesMark))
    return strides;
  llvm::StringRef label(node.label);
  unsigned depth = 0;
  label = label.drop_front(stridesMark.size());
  label.consumeInteger(10, depth);
  for (long &stride : strides) {
    label.consume_front(",");
    label.consumeInteger(10, stride);
  }
  return strides;
}

/// Makes every member count its iterations, under a `stridesMark`.
static void countIterations(Tree &node, unsigned depth) {
  for (Tree &child : node.children)
    countIterations(child, depth + node.members.size());
  if (!node.isBand())
    return;
  std::vector<long> strides;
  for (isl::union_pw_aff &member : node.members) {
    long stride = memberStride(member, node.domain);
    strides.push_back(stride);
    if (stride > 1)
      member =
          isl::manage(isl_union_pw_aff_floor(isl_union_pw_aff_scale_down_val(
              member.release(),
              isl_val_int_from_si(node.domain.ctx().get(), stride))));
  }
  node = stridedBand(std::move(node.members), strides, depth,
                     std::move(node.children.front()));
}

static unsigned depthOf(const Tree &node) {
  unsigned depth = 0;
  for (const Tree &child : node.children)
    depth = std::max(depth, depthOf(child));
  return depth + node.members.size();
}

/// Calls the iterators from `first` to `last` by their depth.
static isl_ast_build *nameIterators(isl_ast_build *build, unsigned first,
                                    unsigned last) {
  isl_ctx *ctx = isl_ast_build_get_ctx(build);
  isl_id_list *names = isl_id_list_alloc(ctx, last - first);
  for (unsigned i = first; i < last; ++i)
    names = isl_id_list_add(
        names, isl_id_alloc(ctx, std::to_string(i).c_str(), nullptr));
  return isl_ast_build_set_iterators(build, names);
}

static void addEndMarks(Tree &node) {
  for (Tree &child : node.children)
    addEndMarks(child);
  bool isMarked = node.isMark(mark::parallel) || node.isMark(mark::unroll) ||
                  node.isMark(mark::vectorize);
  if (!isMarked)
    return;
  Tree &body = node.children.front().children.front();
  Tree inner = std::move(body);
  body = makeMark(endMark, std::move(inner));
}

/// Moves what is fetched for later iterations of a loop into its body.
static void sinkPrefetches(Tree &node, unsigned depth) {
  for (Tree &child : node.children)
    sinkPrefetches(child, depth + node.members.size());
  if (!node.isMark(mark::prefetch))
    return;
  Tree loop = std::move(node.children.front());
  Tree body = std::move(loop.children.front());
  std::string label = node.label + "," + std::to_string(depth);
  loop.children.front() = makeMark(label, std::move(body));
  node = std::move(loop);
}

namespace {
/// What the callback for marks works on.
struct MarkCollector {
  const Scop &scop;
  const std::vector<TileCases> &cases;
  GeneratedAst &ast;
  unsigned numFixed = 0; ///< Members around the present tree.
};
} // namespace

/// Instance -> place, where the outermost dimensions are parameters, called by
/// their depth.
static isl::union_map fixOutermost(const isl::map &placement,
                                   unsigned numFixed) {
  std::string name = placement.range_tuple_id().name();
  isl_map *fixed = isl_map_move_dims(placement.copy(), isl_dim_param, 0,
                                     isl_dim_out, 0, numFixed);
  for (unsigned i = 0; i < numFixed; ++i)
    fixed =
        isl_map_set_dim_id(fixed, isl_dim_param, i,
                           isl_id_alloc(placement.ctx().get(),
                                        std::to_string(i).c_str(), nullptr));
  return isl::map(
      isl::manage(isl_map_set_tuple_name(fixed, isl_dim_out, name.c_str())));
}

/// Parses the first three numbers of a mark.
template <typename First, typename Second, typename Third>
static void parse(llvm::StringRef numbers, First &first, Second &second,
                  Third &third) {
  auto [begin, rest] = numbers.split(',');
  auto [middle, end] = rest.split(',');
  begin.getAsInteger(10, first);
  middle.getAsInteger(10, second);
  end.split(',').first.getAsInteger(10, third);
}

static isl_ast_node *numbered(isl_ast_node *node, size_t number) {
  return isl_ast_node_set_annotation(
      node, isl_id_alloc(isl_ast_node_get_ctx(node),
                         std::to_string(number).c_str(), nullptr));
}

/// Adds what is touched of `result`'s array here; false where that has no fixed
/// size.
template <typename Result>
static bool addRegion(isl_ast_build *build, const MarkCollector &collector,
                      Result &result, const Access *only = nullptr) {
  isl::union_map place = isl::manage(isl_ast_build_get_schedule(build));
  isl::union_map instances(place.ctx(), "{ }");
  for (const auto &[_, coordinates] : collector.ast.coordinates) {
    // Statements elsewhere may be in fewer loops.
    if (isl_map_dim(coordinates.placement.get(), isl_dim_out) <
        static_cast<isl_size>(collector.numFixed))
      continue;
    instances = instances.unite(
        fixOutermost(coordinates.placement, collector.numFixed));
  }
  std::optional<PackRegion> region = packRegion(
      collector.scop, instances.apply_range(place), result.array, only);
  if (!region)
    return false;
  result.sizes = region->sizes;
  for (unsigned i = 0; i < region->sizes.size(); ++i)
    result.offset.push_back(isl::manage(isl_ast_build_expr_from_pw_aff(
        build, isl::pw_aff(region->offset.at(i)).release())));
  return true;
}

static isl_ast_node *collectPack(isl_ast_node *node, isl_ast_build *build,
                                 llvm::StringRef label,
                                 MarkCollector &collector) {
  GeneratedPack pack{0, 0, 1, packedRead(collector.scop, label), {}, {}};
  parse(label.drop_front(mark::pack.size()), pack.array, pack.panelDim,
        pack.panel);
  if (!addRegion(build, collector, pack, pack.only)) {
    collector.ast.refusal = "a packed array has no region of fixed size";
    return node;
  }
  collector.ast.packs.push_back(std::move(pack));
  return numbered(node, collector.ast.packs.size() - 1);
}

static isl_ast_node *collectPrefetch(isl_ast_node *node, isl_ast_build *build,
                                     llvm::StringRef label,
                                     MarkCollector &collector) {
  GeneratedPrefetch fetched{0, 0, 1, {}, {}};
  parse(label.drop_front(mark::prefetch.size()), fetched.array,
        fetched.distance, fetched.depth);
  addRegion(build, collector, fetched);
  collector.ast.prefetches.push_back(std::move(fetched));
  return numbered(node, collector.ast.prefetches.size() - 1);
}

static isl_ast_node *collectTiles(isl_ast_node *node, isl_ast_build *build,
                                  llvm::StringRef label,
                                  MarkCollector &collector) {
  GeneratedTiles tiles;
  label.drop_front(tilesMark.size()).getAsInteger(10, tiles.number);
  // The space of the build lacks members whose value is fixed.
  isl::union_map schedule = isl::manage(isl_ast_build_get_schedule(build));
  isl_map *outer = nullptr;
  schedule.foreach_map([&](isl::map places) {
    tiles.statements.insert(places.domain_tuple_id().name());
    unsigned numOuter = collector.cases[tiles.number].numOuter;
    isl_map *each = isl_map_reset_tuple_id(
        isl_map_project_out(places.copy(), isl_dim_in, numOuter,
                            isl_map_dim(places.get(), isl_dim_in) - numOuter),
        isl_dim_in);
    outer = outer ? isl_map_union(outer, each) : each;
  });
  // What holds for one statement alone does not hold where it is absent.
  std::optional<isl::multi_aff> around = singleExpression(isl::manage(
      isl_map_reverse(isl_map_from_basic_map(isl_map_affine_hull(outer)))));
  for (unsigned i = 0; around && i < around->size(); ++i)
    tiles.outer.push_back(isl::manage(isl_ast_build_expr_from_pw_aff(
        build, isl::pw_aff(around->at(i)).release())));
  collector.ast.tiles.push_back(std::move(tiles));
  return numbered(node, collector.ast.tiles.size() - 1);
}

static isl_ast_node *collectMark(isl_ast_node *node, isl_ast_build *build,
                                 void *user) {
  auto &collector = *static_cast<MarkCollector *>(user);
  std::string label = isl::manage(isl_ast_node_mark_get_id(node)).name();
  if (llvm::StringRef(label).starts_with(mark::pack))
    return collectPack(node, build, label, collector);
  if (llvm::StringRef(label).starts_with(mark::prefetch))
    return collectPrefetch(node, build, label, collector);
  if (llvm::StringRef(label).starts_with(tilesMark))
    return collectTiles(node, build, label, collector);
  return node;
}

/// Generates the AST of a tree with `numFixed` members around it, whose values
/// are in `context`.
static isl::ast_node buildAst(const Tree &tree, unsigned numFixed,
                              const isl::set &context, MarkCollector &collector,
                              const std::set<std::string> &whole = {}) {
  Tree places = overPlaces(tree, collector.ast.coordinates, numFixed);
  collector.numFixed = numFixed;
  isl_ast_build *build = isl_ast_build_from_context(context.copy());
  build = nameIterators(build, numFixed, numFixed + depthOf(tree));
  build = isl_ast_build_set_after_each_mark(build, collectMark, &collector);
  isl_ast_node *root = isl_ast_build_node_from_schedule(
      build, withLoopOptions(scheduleFromTree(places), whole).release());
  isl_ast_build_free(build);
  return isl::manage(root);
}

/// Nothing but the set itself is taken for granted: the loops around may also
/// visit points where nothing runs.
static isl::ast_expr conditionOf(const isl::set &values) {
  isl_ast_build *build = isl_ast_build_alloc(values.ctx().get());
  isl_ast_expr *condition = isl_ast_build_expr_from_set(build, values.copy());
  isl_ast_build_free(build);
  return isl::manage(condition);
}

static const Tree *findMark(const Tree &node, llvm::StringRef label) {
  if (node.kind == Tree::Kind::Mark && node.label == label)
    return &node;
  for (const Tree &child : node.children)
    if (const Tree *found = findMark(child, label))
      return found;
  return nullptr;
}

static std::string labelOf(unsigned cases) {
  return (tilesMark + llvm::Twine(cases)).str();
}

/// Whether the copy has every instance of its statements that is in tiles of
/// this number.
static bool isWhole(const GeneratedTiles &copy, const GeneratedAst &ast,
                    const std::vector<TileCases> &allCases) {
  auto shares = [&](const GeneratedTiles &other) {
    return &other != &copy && other.number == copy.number &&
           llvm::any_of(copy.statements, [&](const std::string &name) {
             return other.statements.count(name);
           });
  };
  return copy.outer.size() == allCases[copy.number].numOuter &&
         llvm::none_of(ast.tiles, shares);
}

/// The marks of tiles that are visited in pieces.
static std::set<std::string>
dividedTiles(const GeneratedAst &ast, const std::vector<TileCases> &allCases) {
  std::set<std::string> result;
  for (const GeneratedTiles &copy : ast.tiles)
    if (!isWhole(copy, ast, allCases))
      result.insert(labelOf(copy.number));
  return result;
}

static bool hasAny(const Tree &node, const std::set<std::string> &statements) {
  if (node.kind == Tree::Kind::Leaf)
    return !node.domain.is_empty() && statements.count(statementOf(node));
  return llvm::any_of(node.children, [&](const Tree &child) {
    return hasAny(child, statements);
  });
}

/// The tree without other statements.
static Tree only(const Tree &tree, const std::set<std::string> &statements) {
  if (tree.kind == Tree::Kind::Leaf)
    return tree;
  Tree result = tree;
  result.children.clear();
  for (const Tree &child : tree.children)
    if (hasAny(child, statements))
      result.children.push_back(only(child, statements));
  if (tree.kind == Tree::Kind::Sequence && result.children.size() == 1)
    return Tree(std::move(result.children.front()));
  return result;
}

GeneratedAst generateAst(Tree tree, const Scop &scop) {
  addEndMarks(tree);
  sinkPrefetches(tree, 0);
  countIterations(tree, 0);
  GeneratedAst ast;
  std::optional<CoordinatesMap> coordinates = coordinatesOf(tree);
  if (!coordinates) {
    ast.refusal = "a loop counter has more than one expression";
    return ast;
  }
  ast.coordinates = std::move(*coordinates);
  std::vector<TileCases> allCases = markTiles(tree, ast.coordinates);
  MarkCollector collector{scop, allCases, ast};
  isl::set anywhere(tree.domain.ctx(), "{ : }");
  ast.root = buildAst(tree, 0, anywhere, collector);
  if (std::set<std::string> divided = dividedTiles(ast, allCases);
      !divided.empty()) {
    ast.packs.clear();
    ast.prefetches.clear();
    ast.tiles.clear();
    ast.root = buildAst(tree, 0, anywhere, collector, divided);
  }
  for (size_t i = 0; i < ast.tiles.size(); ++i) {
    const TileCases &cases = allCases[ast.tiles[i].number];
    // A case is a whole tile.
    if (!isWhole(ast.tiles[i], ast, allCases))
      continue;
    Tree tiles =
        only(findMark(tree, labelOf(ast.tiles[i].number))->children.front(),
             ast.tiles[i].statements);
    ast.tiles[i].isExhaustive = cases.isExhaustive;
    for (const isl::set &each : cases.cases) {
      isl::set tiled = each.intersect(cases.outer);
      isl::set values = fixOutermost(tiled, cases.numOuter).params();
      ast.tiles[i].cases.push_back(
          {conditionOf(values),
           buildAst(tiles, cases.numOuter, values, collector)});
    }
  }
  return ast;
}

static unsigned numberOf(const isl::ast_node &mark) {
  std::string name =
      isl::manage(isl_ast_node_get_annotation(mark.get())).name();
  unsigned number = 0;
  llvm::StringRef(name).getAsInteger(10, number);
  return number;
}

const GeneratedPack &packOf(const GeneratedAst &ast,
                            const isl::ast_node &mark) {
  return ast.packs[numberOf(mark)];
}

const GeneratedPrefetch &prefetchOf(const GeneratedAst &ast,
                                    const isl::ast_node &mark) {
  return ast.prefetches[numberOf(mark)];
}

const GeneratedTiles &tilesOf(const GeneratedAst &ast,
                              const isl::ast_node &mark) {
  return ast.tiles[numberOf(mark)];
}

} // namespace autotune
