//===- NewStatements.h - Statements that a transformation adds --*- C++ -*-===//
//
// A new statement stands in loops of its own at the end of the body; its place
// in the tree says when it runs, `autotune.domain` for which instances.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_NEWSTATEMENTS_H
#define AUTOTUNE_SCHEDULE_NEWSTATEMENTS_H

#include "Scop.h"

namespace autotune {

/// On functions with loops split into blocks. Divisions in so many domains make
/// exact dataflow slow: values stay where they are from then on.
constexpr llvm::StringLiteral blocksName = "autotune.blocks";

/// Where new statements go in the body: before what frees its buffers.
mlir::OpBuilder builderAtEnd(mlir::func::FuncOp function);

/// Loops over the box around `domain`, whose counters are returned; `builder`
/// is inside of them then.
llvm::SmallVector<mlir::Value>
addLoops(mlir::OpBuilder &builder, mlir::Location loc, const isl::set &domain);

void limitTo(mlir::Operation *statement, const isl::set &domain);

/// [outer] -> element pairs that an access below the band touches.
isl::union_set touchedBelow(const Access &access, const Tree &band,
                            llvm::ArrayRef<isl::union_pw_aff> outer);

/// Instances by [outer, element], where of an element only those subscripts
/// count that are not one of the outer loops.
struct ElementInstances {
  isl::set domain;
  /// Where the element is, over these.
  llvm::SmallVector<mlir::AffineExpr> subscripts;
};
ElementInstances elementInstances(const isl::union_set &elements,
                                  unsigned numOuter,
                                  mlir::MLIRContext *context);

/// Dimension `dim` of the instances as a band member.
isl::union_pw_aff dimOf(const isl::set &domain, unsigned dim);

/// The new statement in loops over its dimensions from `numOuter` on.
Tree nestOf(const isl::set &domain, unsigned numOuter);

/// Counts a new statement's instances among those of the bands above a node:
/// its first dimensions are their loops.
void addBelow(llvm::ArrayRef<Tree *> ancestors, const isl::set &domain);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_NEWSTATEMENTS_H
