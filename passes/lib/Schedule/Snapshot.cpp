//===- Snapshot.cpp - Copies of values that are overwritten later ---------===//
//
// `for k { for i use(A[k]); ... A[k] = ... }` becomes
// `for k { C[k] = A[k]; for i use(C[k]); ... A[k] = ... }`.
// What overwrites the array need not wait for the uses any more.
//
//===----------------------------------------------------------------------===//

#include "NewStatements.h"
#include "Recent.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_SNAPSHOT
#include "autotune/SchedulePasses.h.inc"

namespace {

/// What is copied, and which loads go to the copy.
struct SnapshotPlan {
  std::optional<TreePath> location;
  /// By the loops around the band, and the element; without a name.
  ElementInstances copies;
  MemoryChange change;
  std::string refusal;
};

struct Read {
  const Statement *statement;
  const Access *access;
  isl::union_set touched; ///< [outer] -> element pairs below the band.
};

} // namespace

static std::vector<const Access *> writesTo(const Scop &scop, unsigned array) {
  std::vector<const Access *> writes;
  for (const Statement &statement : scop.statements)
    for (const Access &access : statement.accesses)
      if (access.array == array && access.isWrite)
        writes.push_back(&access);
  return writes;
}

/// Whether the load belongs to this statement alone, in its loops.
static bool isOwn(const Scop &scop, const Statement &owner,
                  const Access &access) {
  if (access.op->getBlock() != owner.root->getBlock())
    return false;
  for (const Statement &statement : scop.statements)
    if (&statement != &owner && llvm::is_contained(statement.slice, access.op))
      return false;
  return true;
}

/// The statements' own loads below the band of what nothing below the band
/// writes while the loops around it stay where they are.
static std::vector<Read> stableReads(const Scop &scop, unsigned array,
                                     const Tree &band,
                                     llvm::ArrayRef<isl::union_pw_aff> outer) {
  std::vector<Read> reads;
  for (const Statement &statement : scop.statements) {
    auto isCandidate = [&](const Access &access) {
      return access.array == array && !access.isWrite && access.isExact &&
             isa<affine::AffineLoadOp>(access.op) &&
             isOwn(scop, statement, access);
    };
    if (llvm::any_of(statement.accesses, isCandidate) &&
        isl::union_set(statement.domain).is_subset(band.domain))
      for (const Access &access : statement.accesses)
        if (isCandidate(access))
          reads.push_back(
              {&statement, &access, touchedBelow(access, band, outer)});
  }
  isl::union_set written(band.domain.ctx(), "{ }");
  if (!reads.empty())
    for (const Access *write : writesTo(scop, array))
      written = written.unite(touchedBelow(*write, band, outer));
  llvm::erase_if(reads, [&](const Read &read) {
    return !read.touched.is_disjoint(written);
  });
  return reads;
}

static bool isOverwritten(const Scop &scop, unsigned array,
                          llvm::ArrayRef<Read> reads) {
  for (const Access *write : writesTo(scop, array))
    for (const Read &read : reads)
      if (!write->relation.range().is_disjoint(read.access->relation.range()))
        return true;
  return false;
}

/// Loop counters of the reader -> place in the copy; none where a loop around
/// has no simple form.
static std::optional<AffineMap>
placeInCopy(const Read &read, llvm::ArrayRef<isl::union_pw_aff> outer,
            const ElementInstances &copies, llvm::ArrayRef<int64_t> lowest) {
  llvm::SmallVector<AffineExpr> place;
  for (const isl::union_pw_aff &member : outer) {
    place.push_back(memberExpr(member, *read.statement));
    if (!place.back())
      return std::nullopt;
  }
  AffineMap map = *accessMap(read.access->op, *read.statement);
  for (auto [own, subscript] : llvm::zip(map.getResults(), copies.subscripts))
    if (cast<AffineDimExpr>(subscript).getPosition() >= outer.size())
      place.push_back(own);
  for (auto [value, min] : llvm::zip(place, lowest))
    value = value - min;
  return AffineMap::get(map.getNumDims(), 0, place, map.getContext());
}

static SnapshotPlan refused(llvm::StringRef reason) {
  return {std::nullopt, {}, {}, reason.str()};
}

static SnapshotPlan planSnapshot(Model &model, unsigned number,
                                 unsigned array) {
  auto [location, refusal] = findPlainMember(model, number, 0);
  if (!location)
    return refused(refusal);
  const Scop &scop = model.scop;
  if (array >= scop.arrays.size())
    return refused("there is no array " + std::to_string(array));
  if (isMarked(model.tree))
    return refused("loops are parallel, unrolled, vectors or packed already");
  const Tree &band = *location->node;
  std::vector<isl::union_pw_aff> outer = membersAround(*location);
  if (outer.empty())
    return refused("there is no loop around the band");
  std::vector<Read> reads = stableReads(scop, array, band, outer);
  if (reads.empty())
    return refused("the loops read nothing of the array that they do not "
                   "write");
  if (!isOverwritten(scop, array, reads))
    return refused("what the loops read of the array is never overwritten");
  isl::union_set elements(band.domain.ctx(), "{ }");
  for (const Read &read : reads)
    elements = elements.unite(read.touched);
  SnapshotPlan plan{
      std::move(location),
      elementInstances(elements, outer.size(), scop.arrays[array].getContext()),
      {},
      ""};
  const isl::set &domain = plan.copies.domain;
  llvm::SmallVector<int64_t> lowest;
  plan.change.array = array;
  for (unsigned dim = 0, n = isl_set_dim(domain.get(), isl_dim_set); dim < n;
       ++dim) {
    lowest.push_back(domain.dim_min_val(dim).num_si());
    plan.change.shape.push_back(domain.dim_max_val(dim).num_si() -
                                lowest.back() + 1);
  }
  if (int64_t bytes = bufferBytes(scop, array, plan.change.shape);
      bytes > maxBufferBytes)
    return refused("the buffer would take " + std::to_string(bytes) + " bytes");
  for (const Read &read : reads) {
    std::optional<AffineMap> place =
        placeInCopy(read, outer, plan.copies, lowest);
    if (!place)
      return refused("a loop's counter has no simple form in " +
                     read.statement->name);
    plan.change.redirections.push_back(
        {read.statement, read.access->op, *place});
  }
  return plan;
}

/// All that the plan depends on, but for the function: nothing below the band.
static std::string questionOf(Model &model, unsigned number, unsigned array) {
  std::optional<TreePath> location = findBand(model.tree, number);
  std::string text = std::to_string(array) + " ";
  for (const isl::union_pw_aff &member : membersAround(*location))
    text += takeText(isl_union_pw_aff_to_str(member.get())) + " ";
  return text + takeText(isl_union_set_to_str(location->node->domain.get()));
}

bool mayTakeSnapshot(const Model &model, unsigned number, unsigned array,
                     llvm::StringRef context) {
  if (writesTo(model.scop, array).empty() || isMarked(model.tree))
    return false;
  thread_local Recent<bool> recent{4096};
  Model trial(model);
  std::string question = context.str() + questionOf(trial, number, array);
  if (const bool *known = recent.find(question))
    return *known;
  bool isLegal = !guarded(trial, [&](Model &m) -> Refusal {
    SnapshotPlan plan = planSnapshot(m, number, array);
    return plan.location ? std::nullopt : Refusal(plan.refusal);
  });
  return recent.add(question, isLegal);
}

/// Appends the statement that copies an element.
static void addCopy(func::FuncOp function, Value array, Value buffer,
                    const ElementInstances &copies) {
  OpBuilder builder = builderAtEnd(function);
  Location loc = function.getLoc();
  llvm::SmallVector<Value> counters = addLoops(builder, loc, copies.domain);
  unsigned num = counters.size();
  AffineMap from =
      AffineMap::get(num, 0, copies.subscripts, builder.getContext());
  llvm::SmallVector<AffineExpr> place;
  for (unsigned dim = 0; dim < num; ++dim)
    place.push_back(builder.getAffineDimExpr(dim) -
                    copies.domain.dim_min_val(dim).num_si());
  Value value =
      affine::AffineLoadOp::create(builder, loc, array, from, counters);
  limitTo(affine::AffineStoreOp::create(
              builder, loc, value, buffer,
              AffineMap::get(num, 0, place, builder.getContext()), counters),
          copies.domain);
}

static Refusal snapshot(func::FuncOp function, Model &model, unsigned number,
                        unsigned array) {
  SnapshotPlan plan = planSnapshot(model, number, array);
  if (!plan.location)
    return plan.refusal;
  std::string name = "S" + std::to_string(model.scop.statements.size());
  plan.copies.domain = isl::manage(isl_set_set_tuple_name(
      plan.copies.domain.coalesce().release(), name.c_str()));
  unsigned numOuter = membersAround(*plan.location).size();
  addBelow(plan.location->ancestors, plan.copies.domain);
  Tree &band = *plan.location->node;
  std::vector<Tree> steps;
  steps.push_back(nestOf(plan.copies.domain, numOuter));
  steps.push_back(std::move(band));
  band = makeSequence(std::move(steps));
  flattenSequence(*plan.location);
  Value source = model.scop.arrays[array];
  Value buffer = redirectBody(function, model.scop, plan.change);
  addCopy(function, source, buffer, plan.copies);
  return std::nullopt;
}

namespace {
struct SnapshotPass : impl::SnapshotBase<SnapshotPass> {
  using SnapshotBase::SnapshotBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(transformMemory(function, [&](Model &model) {
          return snapshot(function, model, band, array);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
