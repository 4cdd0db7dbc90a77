//===- BandMenus.cpp - What can be done with the loops of a band ----------===//

#include "BandMenus.h"
#include "Recent.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"

#include <isl/aff.h>
#include <isl/union_set.h>

using namespace mlir;

namespace autotune {

static Recent<BandMenus> &recent() {
  thread_local Recent<BandMenus> menus{4096};
  return menus;
}

std::string textOf(const Menu &menu) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream);
  json.object([&] {
    json.attribute("name", menu.pass);
    json.attributeObject("fixed", [&] {
      for (auto &[option, values] : menu.fixed)
        json.attribute(option, llvm::json::Array(values));
    });
    json.attributeObject("open", [&] {
      for (auto &[option, choices] : menu.open)
        json.attributeArray(option, [&] {
          for (const Values &values : choices)
            json.value(llvm::json::Array(values));
        });
    });
  });
  return text;
}

static std::string digest(llvm::StringRef text) {
  auto bytes = llvm::SHA256::hash(llvm::arrayRefFromStringRef(text));
  return std::string(bytes.begin(), bytes.end());
}

std::string bandContext(func::FuncOp function, unsigned threads,
                        unsigned vectorBits) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << threads << ',' << vectorBits << ',';
  // What is said of the tree goes without saying.
  std::array ofTree{"autotune.schedule", "autotune.loops", "autotune.menus"};
  for (NamedAttribute attribute : function->getAttrs())
    if (!llvm::is_contained(ofTree, attribute.getName()))
      stream << attribute.getName() << '=' << attribute.getValue() << '\n';
  function.getBody().front().print(stream);
  return digest(text);
}

/// The node without what is below.
static std::string lineOf(const Tree &tree) {
  switch (tree.kind) {
  case Tree::Kind::Leaf:
    return takeText(isl_union_set_to_str(tree.domain.get()));
  case Tree::Kind::Sequence:
    return "sequence";
  case Tree::Kind::Mark:
    return "mark " + tree.label;
  case Tree::Kind::Band:
    break;
  }
  std::string line = "band";
  for (const isl::union_pw_aff &member : tree.members)
    line += " " + takeText(isl_union_pw_aff_to_str(member.get()));
  return line;
}

/// Appends the keys of the bands at and below a node; returns its text.
static std::string collectKeys(const Tree &tree, const std::string &above,
                               std::vector<std::string> &keys) {
  std::string text = lineOf(tree) + "\n", around = above + text;
  size_t position = keys.size();
  if (tree.isBand())
    keys.push_back(above);
  text += "(";
  for (const Tree &child : tree.children)
    text += collectKeys(child, around, keys);
  text += ")";
  if (tree.isBand())
    keys[position] = digest(keys[position] + "below\n" + text);
  return text;
}

std::vector<std::string> bandKeys(const Tree &tree,
                                  const std::string &context) {
  std::vector<std::string> keys;
  // Some transformations come before any mark, wherever it is.
  collectKeys(tree, context + (isMarked(tree) ? "marked\n" : "\n"), keys);
  return keys;
}

const BandMenus *recentBandMenus(llvm::StringRef key) {
  return recent().find(key);
}

void rememberBandMenus(llvm::StringRef key, BandMenus menus) {
  recent().add(key, std::move(menus));
}

} // namespace autotune
