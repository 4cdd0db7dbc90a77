//===- Relations.cpp - Instances and relations from text ------------------===//

#include "Relations.h"
#include "Recent.h"

#include <isl/id.h>
#include <isl/map.h>
#include <isl/set.h>

#include "llvm/ADT/SmallVector.h"

namespace autotune {

/// More are read anew.
static constexpr unsigned maxRemembered = 2048;

/// isl copies what others hold when it is changed, such as by another name;
/// statements' instances have names.
static isl::map copied(const isl::map &relation) {
  isl_id *name = isl_map_get_tuple_id(relation.get(), isl_dim_in);
  isl_map *copy = isl_map_set_tuple_name(relation.copy(), isl_dim_in, "copy");
  return isl::manage(isl_map_set_tuple_id(copy, isl_dim_in, name));
}

isl::map readRelation(llvm::StringRef text, isl::ctx ctx) {
  thread_local Recent<isl::map> recent{maxRemembered};
  const isl::map *known = recent.find(text);
  return copied(known ? *known : recent.add(text, isl::map(ctx, text.str())));
}

isl::set readInstances(llvm::StringRef text, isl::ctx ctx) {
  thread_local Recent<isl::set> recent{maxRemembered};
  const isl::set *known = recent.find(text);
  const isl::set &instances =
      known ? *known : recent.add(text, isl::set(ctx, text.str()));
  isl_id *name = isl_set_get_tuple_id(instances.get());
  isl_set *copy = isl_set_set_tuple_name(instances.copy(), "copy");
  return isl::manage(isl_set_set_tuple_id(copy, name));
}

bool isEmptyRelation(llvm::StringRef text, isl::ctx ctx) {
  thread_local Recent<bool> recent{maxRemembered};
  const bool *known = recent.find(text);
  return known ? *known : recent.add(text, readRelation(text, ctx).is_empty());
}

isl::union_map readRelations(llvm::StringRef text, isl::ctx ctx) {
  isl::union_map all(ctx, "{ }");
  llvm::StringRef inside = text.trim();
  if (!inside.consume_front("{") || !inside.consume_back("}"))
    return isl::union_map(ctx, text.str());
  llvm::SmallVector<llvm::StringRef> relations;
  inside.split(relations, ';', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef relation : relations)
    if (!relation.trim().empty())
      all = all.unite(isl::union_map(
          readRelation("{ " + relation.trim().str() + " }", ctx)));
  return all;
}

} // namespace autotune
