//===- DataFlow.cpp - Which instances touch the same elements -------------===//

#include "Reductions.h"

#include <isl/map.h>

namespace autotune {

/// The latest accesses of `sources` before each of `sinks`; those that `kills`
/// overwrites in between do not count.
static isl::union_map latestSources(const isl::schedule &order,
                                    const isl::union_map &sinks,
                                    const isl::union_map &sources,
                                    const isl::union_map &kills) {
  isl::union_access_info access(sinks);
  access = access.set_may_source(sources).set_kill(kills).set_schedule(order);
  return access.compute_flow().may_dependence();
}

namespace {

/// Statements that update elements of one array by one operation, in any order.
struct UpdateClass {
  unsigned array;
  mlir::vector::CombiningKind kind;
  llvm::SmallVector<mlir::Operation *> loads, stores;
};

} // namespace

/// The access by an op, which a change of memory may have moved already.
static const Access &accessBy(mlir::Operation *op, const Statement &statement) {
  return *llvm::find_if(statement.accesses,
                        [&](const Access &access) { return access.op == op; });
}

static std::vector<UpdateClass> findUpdates(const Scop &scop) {
  std::vector<UpdateClass> classes;
  for (const Statement &statement : scop.statements) {
    std::optional<Reduction> reduction = findReduction(statement).reduction;
    if (!reduction)
      continue;
    const Access &store = accessBy(reduction->store, statement);
    if (!store.relation.is_equal(accessBy(reduction->load, statement).relation))
      continue;
    unsigned array = store.array;
    auto isSame = [&](const UpdateClass &other) {
      return other.array == array && other.kind == reduction->kind;
    };
    auto found = llvm::find_if(classes, isSame);
    if (found == classes.end())
      found = classes.insert(found, {array, reduction->kind, {}, {}});
    found->loads.push_back(reduction->load);
    found->stores.push_back(reduction->store);
  }
  return classes;
}

static isl::union_map accessesOf(const Scop &scop,
                                 llvm::ArrayRef<mlir::Operation *> ops) {
  return scop.accesses(
      [&](const Access &access) { return llvm::is_contained(ops, access.op); });
}

/// Whether a source has one sink at most.
static bool isTranslation(const isl::basic_map &hull) {
  return isl_basic_map_is_single_valued(hull.get()) == isl_bool_true;
}

/// The pairs of a statement and another with what is convex together joined,
/// but of those at one distance only what has the same; null where that leaves
/// out nothing.
static isl::map joinedByDistance(const isl::map &pairs) {
  isl::map others = isl::manage(isl_map_empty(pairs.get_space().release()));
  std::vector<std::pair<isl::basic_map, isl::map>> groups;
  pairs.foreach_basic_map([&](isl::basic_map part) {
    isl::basic_map hull = part.affine_hull();
    auto found = llvm::find_if(
        groups, [&](const auto &group) { return group.first.is_equal(hull); });
    if (found != groups.end())
      found->second = found->second.unite(isl::map(part));
    else if (isTranslation(hull))
      groups.emplace_back(hull, isl::map(part));
    else
      others = others.unite(isl::map(part));
  });
  if (groups.size() < 2)
    return isl::map();
  isl::map result = others.coalesce();
  for (const auto &[hull, parts] : groups)
    result = result.unite(parts.coalesce());
  return result;
}

/// Joins what is convex together. The neighbours of a stencil's point stay
/// apart: a polyhedron around them takes the scheduler minutes, and one after
/// the other milliseconds.
static isl::union_map coalesced(const isl::union_map &pairs) {
  isl::union_map result(pairs.ctx(), "{ }");
  bool isApart = false;
  pairs.foreach_map([&](isl::map map) {
    isl::map joined = joinedByDistance(map);
    isApart |= !joined.is_null();
    result = result.unite(joined.is_null() ? map.coalesce() : joined);
  });
  return isApart ? result : pairs.coalesce();
}

DependentPairs computeDependences(const Scop &scop, const Tree &tree,
                                  std::optional<unsigned> array) {
  isl::schedule order = scheduleFromTree(tree);
  std::vector<UpdateClass> classes = findUpdates(scop);
  llvm::erase_if(classes, [&](const UpdateClass &updates) {
    return array && updates.array != *array;
  });
  auto accesses = [&](auto isMeant) {
    return scop.accesses([&](const Access &access) {
      return (!array || access.array == *array) && isMeant(access);
    });
  };
  auto isUpdate = [&](const Access &access) {
    return llvm::any_of(classes, [&](const UpdateClass &updates) {
      return llvm::is_contained(updates.loads, access.op) ||
             llvm::is_contained(updates.stores, access.op);
    });
  };
  auto surelyWritten = [&] {
    return accesses([&](const Access &access) {
      return access.isWrite && access.isExact && !isUpdate(access);
    });
  };
  isl::union_map kills = surelyWritten();
  isl::union_map commuting(kills.ctx(), "{ }");
  // Where no two updates meet they are accesses like any other.
  llvm::erase_if(classes, [&](const UpdateClass &updates) {
    isl::union_map all = accessesOf(scop, updates.stores);
    isl::union_map pairs = latestSources(order, all, all, kills);
    commuting = commuting.unite(pairs);
    return pairs.is_empty();
  });
  kills = surelyWritten();
  isl::union_map reads = accesses([&](const Access &access) {
    return !access.isWrite && !isUpdate(access);
  });
  isl::union_map writes = accesses([&](const Access &access) {
    return access.isWrite && !isUpdate(access);
  });
  isl::union_map allWrites =
      accesses([](const Access &access) { return access.isWrite; });
  isl::union_map flow = latestSources(order, reads, allWrites, kills);
  isl::union_map output = latestSources(order, writes, allWrites, kills);
  isl::union_map anti = latestSources(order, writes, reads, kills);
  isl::union_map ordered = flow.unite(output).unite(anti);
  for (const UpdateClass &updates : classes) {
    isl::union_map others = accesses([&](const Access &access) {
      return !llvm::is_contained(updates.loads, access.op) &&
             !llvm::is_contained(updates.stores, access.op);
    });
    isl::union_map sinks = accessesOf(scop, updates.stores);
    ordered = ordered.unite(latestSources(order, sinks, others, kills));
  }
  return {coalesced(ordered), coalesced(commuting)};
}

isl::union_map computeFlow(const Scop &scop, const Tree &order,
                           unsigned array) {
  auto only = [&](auto isMeant) {
    return scop.accesses([&](const Access &access) {
      return access.array == array && isMeant(access);
    });
  };
  return latestSources(
      scheduleFromTree(order),
      only([](const Access &access) { return !access.isWrite; }),
      only([](const Access &access) { return access.isWrite; }),
      only([](const Access &access) {
        return access.isWrite && access.isExact;
      }));
}

} // namespace autotune
