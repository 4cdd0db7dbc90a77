//===- Scop.h - Polyhedral model of a workload function ---------*- C++ -*-===//
//
// Statements, iteration domains and access relations of a function in affine
// normal form. Hides how affine maps become isl objects.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_SCOP_H
#define AUTOTUNE_SCHEDULE_SCOP_H

#include "ScheduleTree.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace autotune {

/// A may-access of one statement to one array.
struct Access {
  unsigned array;    ///< Position in Scop::arrays.
  isl::map relation; ///< Statement instance -> array element.
  bool isWrite;
  bool isExact; ///< Whether all these elements, and no others, are accessed.
  mlir::Operation *op;
};

/// One op with a side effect, together with the pure ops and loads that compute
/// its operands.
struct Statement {
  std::string name;
  mlir::Operation *root;
  llvm::SmallVector<mlir::Operation *> slice; ///< In program order, root last.
  llvm::SmallVector<mlir::Value> ivs; ///< Enclosing loops, outermost first.
  isl::set domain;
  std::vector<Access> accesses;
  /// Whether every op of the slice has a vector form.
  bool isVectorizable;
  /// Whether an op uses a loop counter other than as a subscript.
  bool usesCounters;
};

/// The model of one function.
struct Scop {
  llvm::SmallVector<mlir::Value> arrays; ///< Arguments, then allocations.
  llvm::SmallVector<mlir::Value> parameters;
  std::vector<Statement> statements;
  /// The order of the program as it is; one band a loop.
  Tree originalOrder;

  /// Some of the statements' accesses, restricted to their domains.
  isl::union_map
  accesses(llvm::function_ref<bool(const Access &)> isMeant) const;

  const Statement &statement(llvm::StringRef name) const;
  unsigned elementBits(unsigned array) const;
};

/// Models `function`; emits an error and fails where it is not in normal form.
mlir::FailureOr<Scop> buildScop(mlir::func::FuncOp function, isl::ctx ctx);

/// Pairs of instances that touch the same element, earlier -> later.
struct DependentPairs {
  /// The order of these has to stay.
  isl::union_map ordered;
  /// Updates of the element by one operation that commutes: they may run in
  /// either order, but not at once.
  isl::union_map commuting;

  /// Those of instances in the domain.
  DependentPairs between(const isl::union_set &domain) const;
  /// Those of equal values in all members.
  DependentPairs equalAt(const isl::multi_union_pw_aff &members) const;
};

/// Flow, anti and output dependences between instances with no other write to
/// the element in between. The others follow from these by transitivity, so
/// that an order is legal just when it respects these. An update that commutes
/// with others is no write in between: what comes before or after it depends
/// on each of them. With an array only those that it makes.
DependentPairs computeDependences(const Scop &scop, const Tree &order,
                                  std::optional<unsigned> array = std::nullopt);

/// For every read of the array, the write that it gets its value from.
isl::union_map computeFlow(const Scop &scop, const Tree &order, unsigned array);

/// The subscripts of an affine access over the loop counters of its statement;
/// nothing for other accesses.
std::optional<mlir::AffineMap> accessMap(mlir::Operation *op,
                                         const Statement &statement);
/// How many elements along the innermost dimension an affine access takes.
int64_t accessWidth(mlir::Operation *op);
/// The elements at `subscripts` for each instance of `domain`.
isl::map accessRelation(const isl::set &domain, unsigned array,
                        mlir::AffineMap subscripts, int64_t width);

/// Limits a statement, whose loops may do more, to a set of instances.
constexpr llvm::StringLiteral domainName = "autotune.domain";

/// `map` over `operands` with every operand a loop iv or a symbol.
mlir::AffineMap composedMap(mlir::AffineMap map, mlir::ValueRange operands,
                            llvm::SmallVectorImpl<mlir::Value> &values);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_SCOP_H
