//===- GeneratedAst.cpp - isl's AST of a schedule -------------------------===//

#include "GeneratedAst.h"
#include "Codegen.h"

#include <isl/ast.h>
#include <isl/ast_build.h>

namespace autotune {

/// The members of the bands outside each band, in pre-order.
static void
collectOuterMembers(const Tree &node, std::vector<isl::union_pw_aff> outer,
                    std::vector<std::vector<isl::union_pw_aff>> &all) {
  if (node.isBand()) {
    all.push_back(outer);
    outer.insert(outer.end(), node.members.begin(), node.members.end());
  }
  for (const Tree &child : node.children)
    collectOuterMembers(child, outer, all);
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
  std::vector<std::vector<isl::union_pw_aff>> outer;
  collectOuterMembers(tree, {}, outer);
  addEndMarks(tree);
  isl::schedule schedule =
      scheduleFromTree(tree, [&](const Tree &band, unsigned number) {
        return fullTileOption(band, outer[number]);
      });
  GeneratedAst ast;
  PackCollector collector{scop, ast};
  isl_ast_build *build = isl_ast_build_alloc(schedule.ctx().get());
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
