//===- GeneratedAst.cpp - isl's AST of a schedule -------------------------===//

#include "GeneratedAst.h"
#include "Codegen.h"

#include <isl/aff.h>
#include <isl/ast.h>
#include <isl/ast_build.h>
#include <isl/id.h>
#include <isl/val.h>

namespace autotune {

/// Makes every member count its iterations, under a `stridesMark`: isl's work
/// grows steeply with the integer divisions that multiples need.
static void countIterations(Tree &node, unsigned depth) {
  unsigned inner = depth + node.members.size();
  for (Tree &child : node.children)
    countIterations(child, inner);
  std::string label = stridesMark.str() + std::to_string(depth);
  bool isStrided = false;
  for (isl::union_pw_aff &member : node.members) {
    long stride = memberStride(member, node.domain);
    label += "," + std::to_string(std::max(stride, 1L));
    if (stride <= 1)
      continue;
    isStrided = true;
    member = isl::manage(isl_union_pw_aff_floor(isl_union_pw_aff_scale_down_val(
        member.release(),
        isl_val_int_from_si(node.domain.ctx().get(), stride))));
  }
  if (!isStrided)
    return;
  Tree band = std::move(node);
  node = makeMark(label, std::move(band));
}

static unsigned depthOf(const Tree &node) {
  unsigned depth = 0;
  for (const Tree &child : node.children)
    depth = std::max(depth, depthOf(child));
  return depth + node.members.size();
}

/// Calls iterators by their depth.
static isl_ast_build *nameIterators(isl_ast_build *build, unsigned depth) {
  isl_ctx *ctx = isl_ast_build_get_ctx(build);
  isl_id_list *names = isl_id_list_alloc(ctx, depth);
  for (unsigned i = 0; i < depth; ++i)
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

namespace {
/// What the callback for marks works on.
struct PackCollector {
  const Scop &scop;
  GeneratedAst &ast;
};
} // namespace

/// Parses `pack=array,dim,panel`.
static GeneratedPack parsePack(llvm::StringRef label) {
  GeneratedPack pack{0, 0, 1, {}, {}};
  auto [array, rest] = label.drop_front(mark::pack.size()).split(',');
  auto [panelDim, panel] = rest.split(',');
  array.getAsInteger(10, pack.array);
  panelDim.getAsInteger(10, pack.panelDim);
  panel.getAsInteger(10, pack.panel);
  return pack;
}

static isl_ast_node *collectPack(isl_ast_node *node, isl_ast_build *build,
                                 void *user) {
  auto &collector = *static_cast<PackCollector *>(user);
  std::string label = isl::manage(isl_ast_node_mark_get_id(node)).name();
  if (!llvm::StringRef(label).starts_with(mark::pack))
    return node;
  GeneratedPack pack = parsePack(label);
  isl::union_map place = isl::manage(isl_ast_build_get_schedule(build));
  std::optional<PackRegion> region =
      packRegion(collector.scop, place, pack.array);
  if (!region) {
    collector.ast.refusal = "a packed array has no region of fixed size";
    return node;
  }
  pack.sizes = region->sizes;
  for (unsigned i = 0; i < region->sizes.size(); ++i)
    pack.offset.push_back(isl::manage(isl_ast_build_expr_from_pw_aff(
        build, isl::pw_aff(region->offset.at(i)).release())));
  std::string number = std::to_string(collector.ast.packs.size());
  collector.ast.packs.push_back(std::move(pack));
  return isl_ast_node_set_annotation(
      node,
      isl_id_alloc(isl_ast_build_get_ctx(build), number.c_str(), nullptr));
}

GeneratedAst generateAst(Tree tree, const Scop &scop) {
  addEndMarks(tree);
  countIterations(tree, 0);
  BandOptionMap options = fullTileOptions(tree);
  isl::schedule schedule =
      scheduleFromTree(tree, [&](const Tree &, unsigned number) {
        auto found = options.find(number);
        if (found == options.end())
          return isl::union_set();
        return found->second;
      });
  GeneratedAst ast;
  PackCollector collector{scop, ast};
  isl_ast_build *build = isl_ast_build_alloc(schedule.ctx().get());
  build = nameIterators(build, depthOf(tree));
  build = isl_ast_build_set_after_each_mark(build, collectPack, &collector);
  isl_ast_node *root = isl_ast_build_node_from_schedule(build, schedule.copy());
  isl_ast_build_free(build);
  ast.root = isl::manage(root);
  return ast;
}

const GeneratedPack &packOf(const GeneratedAst &ast,
                            const isl::ast_node &mark) {
  std::string name =
      isl::manage(isl_ast_node_get_annotation(mark.get())).name();
  unsigned number = 0;
  llvm::StringRef(name).getAsInteger(10, number);
  return ast.packs[number];
}

} // namespace autotune
