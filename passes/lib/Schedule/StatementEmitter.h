//===- StatementEmitter.h - Statement instances as ops ----------*- C++ -*-===//
//
// Clones the slice of a statement for one instance, or for the lanes of a
// vector, with accesses redirected to packed copies.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_STATEMENTEMITTER_H
#define AUTOTUNE_SCHEDULE_STATEMENTEMITTER_H

#include "LoopScope.h"
#include "PackFold.h"
#include "Scop.h"

#include "mlir/IR/IRMapping.h"

namespace autotune {

/// A packed copy that stands for part of an array.
struct PackBinding {
  /// Copies of the elements after some ops on each.
  struct Copy {
    mlir::Value buffer;
    FoldedOps ops;
  };

  unsigned array;
  const Access *only; ///< What alone reads it; null for all.
  llvm::SmallVector<Copy> copies;
  llvm::SmallVector<mlir::AffineExpr>
      offset; ///< First element, a result a dimension.
  unsigned panelDim;
  int64_t panel;

  /// The copy that holds what follows the load.
  const Copy &copyFor(mlir::Operation *load) const;
  /// Position in the buffer of the element at `subscripts`.
  llvm::SmallVector<mlir::AffineExpr>
  position(llvm::ArrayRef<mlir::AffineExpr> subscripts) const;
  /// Elements that the copy has along a dimension of the array.
  int64_t sizeAlong(unsigned dim) const;
};

/// The lanes of a vector: a placeholder dimension of the scope.
struct Lanes {
  unsigned dim;
  int64_t width;
  mlir::Value mask; ///< Null for a full vector.
  /// Whether other lanes may load, too, as `mayReadAll` says.
  bool readsAll = false;
};

class StatementEmitter {
public:
  StatementEmitter(const Scop &scop, LoopScope &scope)
      : scop(scop), scope(scope) {}

  /// Emits the instance whose loop counters are `ivs`.
  void emit(mlir::OpBuilder &builder, const Statement &statement,
            llvm::ArrayRef<mlir::AffineExpr> ivs);

  /// Whether every access has a vector form over `lanes`.
  bool hasVectorPlaces(const Statement &statement,
                       llvm::ArrayRef<mlir::AffineExpr> ivs,
                       const Lanes &lanes) const;

  /// Whether all lanes may load what the statement does not write, and the
  /// statement writes to the same places in all iterations of a loop.
  bool mayReadAll(const Statement &statement,
                  llvm::ArrayRef<mlir::AffineExpr> ivs, const Lanes &lanes,
                  unsigned loop) const;

  /// Whether iterations of a loop write to different places.
  bool isStoredInside(const Statement &statement,
                      llvm::ArrayRef<mlir::AffineExpr> ivs,
                      unsigned loop) const;

  /// Emits one vector of instances; `ivs` mention the placeholder of `lanes`.
  void emitVector(mlir::OpBuilder &builder, const Statement &statement,
                  llvm::ArrayRef<mlir::AffineExpr> ivs, const Lanes &lanes);

  llvm::SmallVector<PackBinding> packs;
  /// Whether stores of whole vectors go past the caches.
  bool streams = false;

private:
  /// An access in terms of the loops in scope.
  struct Place {
    mlir::Value memref;
    llvm::SmallVector<mlir::AffineExpr> subscripts;
    unsigned numFolded = 0;
  };

  /// The copy that the statement's op reads instead of the array; null for
  /// none.
  const PackBinding *packOf(mlir::Operation *op,
                            const Statement &statement) const;
  Place placeOf(mlir::Operation *op, const Statement &statement,
                llvm::ArrayRef<mlir::AffineExpr> ivs) const;
  /// Whether every lane lies in the array, or in its packed copy.
  bool isInside(mlir::Operation *op, const Statement &statement,
                llvm::ArrayRef<mlir::AffineExpr> ivs) const;
  /// Whether the statement writes to the place.
  bool isWritten(const Place &place, const Statement &statement,
                 llvm::ArrayRef<mlir::AffineExpr> ivs) const;
  /// Lets `loaded` stand for what the load and its folded ops computed.
  static void mapLoaded(mlir::Operation *load, const Place &place,
                        mlir::Value loaded, mlir::IRMapping &mapping);
  void mapCounters(mlir::OpBuilder &builder, const Statement &statement,
                   llvm::ArrayRef<mlir::AffineExpr> ivs, const Lanes &lanes,
                   mlir::IRMapping &mapping);
  mlir::Value emitVectorLoad(mlir::OpBuilder &builder, mlir::Operation *op,
                             const Place &place, const Lanes &lanes,
                             bool readsAll);
  void emitVectorStore(mlir::OpBuilder &builder, mlir::Operation *op,
                       const Place &place, mlir::Value value,
                       const Lanes &lanes);
  void emitVectorOp(mlir::OpBuilder &builder, mlir::Operation *op,
                    const Lanes &lanes, mlir::IRMapping &mapping);
  /// Elements between neighbouring lanes; nothing where not constant.
  std::optional<int64_t> laneStride(const Place &place,
                                    const Lanes &lanes) const;
  /// The subscripts of lane 0 as values.
  llvm::SmallVector<mlir::Value> indicesOf(mlir::OpBuilder &builder,
                                           mlir::Location loc,
                                           const Place &place,
                                           const Lanes &lanes);
  mlir::Value laneIndices(mlir::OpBuilder &builder, mlir::Location loc,
                          int64_t stride, int64_t width);
  mlir::Value maskOf(mlir::OpBuilder &builder, mlir::Location loc,
                     const Lanes &lanes);

  const Scop &scop;
  LoopScope &scope;
};

/// `exprs` with the placeholder of `lanes` at lane 0.
llvm::SmallVector<mlir::AffineExpr>
atFirstLane(llvm::ArrayRef<mlir::AffineExpr> exprs, const Lanes &lanes);

/// `map` over the values in scope, without unused ones.
struct AffineValues {
  AffineValues(const LoopScope &scope, llvm::ArrayRef<mlir::AffineExpr> exprs);
  mlir::AffineMap map;
  llvm::SmallVector<mlir::Value> operands;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_STATEMENTEMITTER_H
