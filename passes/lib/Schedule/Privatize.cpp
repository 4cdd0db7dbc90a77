//===- Privatize.cpp - Partial results of a reduction ---------------------===//
//
// `for j A[e] += x(j)` becomes
// `P[e][:] = 0; for j P[e][j mod n] += x(j); A[e] += sum of P[e]`.
// Iterations that are not a multiple of n apart no longer depend on each other,
// so that n of them make a vector, or run on different threads.
//
//===----------------------------------------------------------------------===//

#include "NewStatements.h"
#include "Reductions.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include <isl/map.h>
#include <isl/set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_PRIVATIZE
#include "autotune/SchedulePasses.h.inc"

/// Partial results are combined in vectors of up to this many.
static constexpr int64_t maxRow = 64;

namespace {

/// What is to become private, and where.
struct Plan {
  unsigned array;
  int64_t lanes;
  /// Loops outside of which partial results start anew and are combined.
  std::vector<isl::union_pw_aff> outer;
  struct Part {
    const Statement *statement;
    Reduction reduction;
    AffineExpr lane; ///< Loop counters -> which partial result.
  };
  std::vector<Part> parts;
  /// [outer] -> element pairs that are accumulated.
  isl::union_set elements;

  /// Partial results that are combined as one vector.
  int64_t row() const {
    int64_t row = std::min(lanes, maxRow);
    while (lanes % row != 0)
      --row;
    return row;
  }
};

struct PlanOrNot {
  std::optional<Plan> plan;
  std::string refusal;
};

} // namespace

static Refusal addPart(const Statement &statement, const Access &write,
                       const Tree &band, Plan &plan) {
  if (!isl::union_set(statement.domain).is_subset(band.domain))
    return statement.name + " is not below the band as a whole";
  auto [reduction, refusal] = findReduction(statement);
  if (!reduction)
    return refusal;
  if (!plan.parts.empty() &&
      plan.parts.front().reduction.kind != reduction->kind)
    return statement.name + " accumulates in another way";
  for (const Access &access : statement.accesses)
    if (access.array == plan.array && access.op != reduction->load &&
        access.op != reduction->store)
      return statement.name + " reads another element of the array";
  isl::union_set elements = touchedBelow(write, band, plan.outer);
  plan.elements = plan.parts.empty() ? elements : plan.elements.unite(elements);
  plan.parts.push_back({&statement, *reduction, AffineExpr()});
  return std::nullopt;
}

static Refusal addParts(const Model &model, const Tree &band, Plan &plan) {
  auto forEachAccess = [&](auto visit) -> Refusal {
    for (const Statement &statement : model.scop.statements)
      for (const Access &access : statement.accesses)
        if (access.array == plan.array &&
            !isl::union_set(statement.domain).is_disjoint(band.domain))
          if (Refusal refusal = visit(statement, access))
            return refusal;
    return std::nullopt;
  };
  auto add = [&](const Statement &statement, const Access &access) -> Refusal {
    return access.isWrite ? addPart(statement, access, band, plan)
                          : std::nullopt;
  };
  if (Refusal refusal = forEachAccess(add))
    return refusal;
  if (plan.parts.empty())
    return "nothing below the band accumulates into the array";
  auto refuseOthers = [&](const Statement &statement,
                          const Access &access) -> Refusal {
    for (const Plan::Part &part : plan.parts)
      if (part.statement == &statement)
        return std::nullopt;
    if (touchedBelow(access, band, plan.outer).is_disjoint(plan.elements))
      return std::nullopt;
    return statement.name + " uses what is being accumulated";
  };
  return forEachAccess(refuseOthers);
}

/// Whether two iterations of the loop add to one element.
static bool isAccumulatedBy(const isl::union_pw_aff &member, const Tree &band,
                            const Plan &plan) {
  isl::union_map iteration = placesOf(member, band.domain);
  for (const Plan::Part &part : plan.parts)
    for (const Access &access : part.statement->accesses) {
      if (!access.isWrite)
        continue;
      isl::union_map element =
          placesOf(plan.outer, band.domain)
              .range_product(isl::union_map(access.relation));
      if (!element.reverse().apply_range(iteration).is_single_valued())
        return true;
    }
  return false;
}

static PlanOrNot makePlan(const Model &model, const TreePath &location,
                          unsigned position, unsigned array, int64_t lanes) {
  const Tree &band = *location.node;
  if (array >= model.scop.arrays.size())
    return {std::nullopt, "there is no array " + std::to_string(array)};
  if (isMarked(model.tree))
    return {std::nullopt,
            "loops are parallel, unrolled, vectors or packed already"};
  Plan plan{array, lanes, membersAround(location), {}, {}};
  plan.outer.insert(plan.outer.end(), band.members.begin(),
                    band.members.begin() + position);
  if (Refusal refusal = addParts(model, band, plan))
    return {std::nullopt, *refusal};
  const isl::union_pw_aff &member = band.members[position];
  if (!isAccumulatedBy(member, band, plan))
    return {std::nullopt, "the loop adds to every element only once"};
  std::optional<Range> range = memberRange(member, band.domain);
  long stride = memberStride(member, band.domain);
  long count = range && stride > 0 ? (range->extent() - 1) / stride + 1 : 0;
  if (lanes < 2 || lanes > count)
    return {std::nullopt, "the loop of " + std::to_string(count) +
                              " iterations cannot have " +
                              std::to_string(lanes) + " partial results"};
  for (Plan::Part &part : plan.parts) {
    AffineExpr value = memberExpr(member, *part.statement);
    if (!value)
      return {std::nullopt, "the loop's counter has no simple form in " +
                                part.statement->name};
    part.lane = value.floorDiv(stride) % lanes;
  }
  llvm::SmallVector<int64_t> shape(
      cast<MemRefType>(model.scop.arrays[array].getType()).getShape());
  shape.push_back(lanes);
  if (int64_t bytes = bufferBytes(model.scop, array, shape);
      bytes > maxBufferBytes)
    return {std::nullopt,
            "the buffer would take " + std::to_string(bytes) + " bytes"};
  return {std::move(plan), ""};
}

Refusal checkPrivatize(const Model &model, unsigned number, unsigned position,
                       unsigned array, int64_t lanes) {
  Tree tree = model.tree;
  std::optional<TreePath> location = findBand(tree, number);
  if (!location)
    return "there is no band " + std::to_string(number);
  if (position >= location->node->members.size())
    return "the band has no member " + std::to_string(position);
  auto [plan, refusal] = makePlan(model, *location, position, array, lanes);
  return plan ? std::nullopt : Refusal(refusal);
}

//===--- the body ---------------------------------------------------------===//

/// The instances of a statement that starts, or combines, partial results: one
/// a row of an element, by [outer, element, row].
static ElementInstances rowInstances(const Plan &plan, MLIRContext *context,
                                     const std::string &name) {
  ElementInstances rows =
      elementInstances(plan.elements, plan.outer.size(), context);
  int64_t numRows = plan.lanes / plan.row();
  if (numRows > 1) {
    isl::set row(rows.domain.ctx(),
                 "{ [r] : 0 <= r < " + std::to_string(numRows) + " }");
    rows.domain =
        isl::manage(isl_set_flat_product(rows.domain.release(), row.release()));
  }
  rows.domain = isl::manage(
      isl_set_set_tuple_name(rows.domain.coalesce().release(), name.c_str()));
  return rows;
}

namespace {

/// Appends the two new statements to the body, each in loops of its own.
class RowStatements {
public:
  RowStatements(func::FuncOp function, const Plan &plan, Value array,
                Value partials)
      : builder(builderAtEnd(function)), loc(function.getLoc()), plan(plan),
        array(array), partials(partials) {
    element = cast<MemRefType>(array.getType()).getElementType();
    row = VectorType::get(plan.row(), element);
  }

  void addStart(const ElementInstances &rows) {
    OpBuilder::InsertionGuard guard(builder);
    llvm::SmallVector<Value> counters = addLoops(builder, loc, rows.domain);
    TypedAttr neutral =
        neutralElement(plan.parts.front().reduction.kind, element);
    Value values = arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(row, neutral));
    limitTo(affine::AffineVectorStoreOp::create(builder, loc, values, partials,
                                                rowMap(rows), counters),
            rows.domain);
  }

  void addCombination(const ElementInstances &rows) {
    OpBuilder::InsertionGuard guard(builder);
    llvm::SmallVector<Value> counters = addLoops(builder, loc, rows.domain);
    const Reduction &reduction = plan.parts.front().reduction;
    arith::FastMathFlagsAttr flags = commonFlags();
    Value values = affine::AffineVectorLoadOp::create(
        builder, loc, row, partials, rowMap(rows), counters);
    AffineMap place = AffineMap::get(counters.size(), 0, rows.subscripts,
                                     builder.getContext());
    Value old =
        affine::AffineLoadOp::create(builder, loc, array, place, counters);
    Value total = vector::ReductionOp::create(
        builder, loc, reduction.kind, values, old,
        flags ? flags.getValue() : arith::FastMathFlags::none);
    limitTo(affine::AffineStoreOp::create(builder, loc, total, array, place,
                                          counters),
            rows.domain);
  }

private:
  AffineMap rowMap(const ElementInstances &rows) {
    llvm::SmallVector<AffineExpr> place = rows.subscripts;
    unsigned num = isl_set_dim(rows.domain.get(), isl_dim_set);
    bool hasRows = plan.lanes > plan.row();
    place.push_back(hasRows ? builder.getAffineDimExpr(num - 1) * plan.row()
                            : builder.getAffineConstantExpr(0));
    return AffineMap::get(num, 0, place, builder.getContext());
  }

  /// What every part allows.
  arith::FastMathFlagsAttr commonFlags() {
    arith::FastMathFlagsAttr common = plan.parts.front().reduction.flags;
    for (const Plan::Part &part : plan.parts)
      if (common)
        common = arith::FastMathFlagsAttr::get(
            builder.getContext(),
            common.getValue() & part.reduction.flags.getValue());
    return common;
  }

  OpBuilder builder;
  Location loc;
  const Plan &plan;
  Value array, partials;
  Type element;
  VectorType row;
};

} // namespace

static MemoryChange changeOf(const Plan &plan, const Scop &scop) {
  MemoryChange change;
  change.array = plan.array;
  llvm::append_range(
      change.shape,
      cast<MemRefType>(scop.arrays[plan.array].getType()).getShape());
  change.shape.push_back(plan.lanes);
  for (const Plan::Part &part : plan.parts) {
    Reduction reduction = part.reduction;
    for (Operation *op :
         {reduction.load.getOperation(), reduction.store.getOperation()}) {
      AffineMap map = *accessMap(op, *part.statement);
      change.redirections.push_back(
          {part.statement, op,
           map.insertResult(part.lane, map.getNumResults())});
    }
  }
  return change;
}

//===--- the tree ---------------------------------------------------------===//

static void placeAround(TreePath &location, unsigned position,
                        const isl::set &start, const isl::set &combination) {
  addBelow(location.ancestors, start);
  addBelow(location.ancestors, combination);
  unsigned dim = 0;
  for (const Tree *ancestor : location.ancestors)
    dim += ancestor->members.size();
  Tree &band = *location.node;
  auto begin = band.members.begin();
  std::vector<isl::union_pw_aff> outer(begin, begin + position);
  std::vector<isl::union_pw_aff> inner(begin + position, band.members.end());
  for (isl::union_pw_aff &member : outer) {
    member =
        member.union_add(dimOf(start, dim)).union_add(dimOf(combination, dim));
    ++dim;
  }
  std::vector<Tree> steps;
  steps.push_back(nestOf(start, dim));
  steps.push_back(makeBand(std::move(inner), std::move(band.children.front())));
  steps.push_back(nestOf(combination, dim));
  band = makeBand(std::move(outer), makeSequence(std::move(steps)));
  flattenSequence(location);
}

static Refusal privatize(func::FuncOp function, Model &model, unsigned number,
                         unsigned position, unsigned array, int64_t lanes) {
  if (Refusal refusal = checkPrivatize(model, number, position, array, lanes))
    return refusal;
  TreePath location = *findBand(model.tree, number);
  Plan plan = *makePlan(model, location, position, array, lanes).plan;
  unsigned numStatements = model.scop.statements.size();
  auto newRows = [&](unsigned number) {
    return rowInstances(plan, function.getContext(),
                        "S" + std::to_string(number));
  };
  ElementInstances start = newRows(numStatements);
  ElementInstances combination = newRows(numStatements + 1);
  Value partials =
      redirectBody(function, model.scop, changeOf(plan, model.scop));
  RowStatements statements(function, plan, model.scop.arrays[array], partials);
  statements.addStart(start);
  statements.addCombination(combination);
  placeAround(location, position, start.domain, combination.domain);
  return std::nullopt;
}

namespace {
struct PrivatizePass : impl::PrivatizeBase<PrivatizePass> {
  using PrivatizeBase::PrivatizeBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(transformMemory(function, [&](Model &model) {
          return privatize(function, model, band, member, array, lanes);
        })))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
