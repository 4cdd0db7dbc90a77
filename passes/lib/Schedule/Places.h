//===- Places.h - Loads and stores that a register may hold ----*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_PLACES_H
#define AUTOTUNE_SCHEDULE_PLACES_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace autotune {

/// A subscript over the values that a loop's places share, apart from its
/// constant term.
struct Subscript {
  mlir::AffineExpr variable;
  int64_t constant;
};

/// A load or store of one place: an element, a row of elements, the lanes of a
/// row that a mask selects, or a column.
struct Place {
  mlir::Location loc;
  mlir::Operation *op; ///< Gone once the place is promoted.
  mlir::Value memref;
  mlir::AffineMap map;
  llvm::SmallVector<mlir::Value> operands;
  mlir::Type type;
  mlir::Value mask;
  bool isStore;
  llvm::SmallVector<Subscript> subscripts;
  /// Elements from the first one on, in every dimension.
  llvm::SmallVector<int64_t> extents;
  /// Positions of a column's lanes; nothing for other places.
  mlir::DenseIntElementsAttr lanes;

  bool isSamePlace(const Place &other) const {
    return memref == other.memref && type == other.type && mask == other.mask &&
           map == other.map && operands == other.operands &&
           extents == other.extents && lanes == other.lanes;
  }
};

/// The place of an access; nothing for other ops.
std::optional<Place> placeOf(mlir::Operation *op);

/// What a place that is a store writes.
mlir::Value storedValue(mlir::Operation *op);

/// Loads from where a place is.
mlir::Value emitLoad(mlir::OpBuilder &builder, const Place &place);

/// Stores to where a place is.
void emitStore(mlir::OpBuilder &builder, const Place &place, mlir::Value value);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_PLACES_H
