//===- AstEmitter.h - isl ASTs as loops -------------------------*- C++ -*-===//
//
// Walks an AST that isl generated from a schedule tree and emits affine loops,
// unrolled where marked, vectors, parallel loops and packed copies.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_ASTEMITTER_H
#define AUTOTUNE_SCHEDULE_ASTEMITTER_H

#include "AstExpr.h"
#include "GeneratedAst.h"
#include "StatementEmitter.h"
#include "Transformations.h"

namespace autotune {

/// The name of a loop's counter.
std::string iteratorOf(const isl::ast_node &node);

class AstEmitter {
public:
  /// Without masks lanes that come and go from one iteration to the next are
  /// computed one by one.
  AstEmitter(mlir::OpBuilder &builder, const Scop &scop,
             const GeneratedAst &ast, bool hasMasks);

  /// Emits the AST at the builder's insertion point; why it cannot, or nothing.
  Refusal emit();

private:
  /// How the next loops are realised.
  struct Form {
    bool isUnrolled = false, isParallel = false;
    int64_t vectorWidth = 0;
  };
  /// A loop from max(lowers) to below min(uppers).
  struct Bounds {
    llvm::SmallVector<mlir::AffineExpr> lowers, uppers;
    int64_t step;
  };

  Refusal emitNode(const isl::ast_node &node, Form form);
  Refusal emitBlock(const isl::ast_node &node, Form form);
  Refusal emitMark(const isl::ast_node &node, Form form);
  Refusal emitStrided(llvm::StringRef label, const isl::ast_node &child,
                      Form form);
  Refusal emitPack(const GeneratedPack &copied, const isl::ast_node &child,
                   Form form);
  /// Asks for what a later iteration of the loop around touches.
  void emitPrefetch(const GeneratedPrefetch &fetched);
  /// Where that begins `number` iterations later.
  std::optional<llvm::SmallVector<mlir::AffineExpr>>
  regionLater(const GeneratedPrefetch &fetched, int64_t number);
  Refusal emitTiles(const GeneratedTiles &tiles, const isl::ast_node &child,
                    Form form);
  /// Calls `emit` where the iterators have their values in the tiles.
  Refusal inTiles(const GeneratedTiles &tiles,
                  llvm::function_ref<Refusal()> emit);
  /// Emits the cases from `number` on.
  Refusal emitCases(const GeneratedTiles &tiles, const isl::ast_node &otherwise,
                    unsigned number, Form form);
  Refusal emitIf(const isl::ast_node &node, Form form);
  Refusal emitFor(const isl::ast_node &node, Form form);
  /// Emits a loop that begins at the least of several expressions.
  Refusal emitFromLeast(const isl::ast_node &node, Form form);
  /// Frees `buffers` here and goes on with those of the block outside.
  void freeBuffers(llvm::SmallVector<mlir::Value> outer);
  Refusal emitUser(const isl::ast_node &node);

  Refusal emitUnrolled(const isl::ast_node &node, llvm::StringRef iterator,
                       const Bounds &bounds, Form form);
  Refusal emitLoop(const isl::ast_node &body, llvm::StringRef iterator,
                   const Bounds &bounds, Form form);
  Refusal emitLoop(llvm::StringRef iterator, const Bounds &bounds, Form form,
                   llvm::function_ref<Refusal(Form)> emitBody);
  Refusal emitVector(const isl::ast_node &node, llvm::StringRef iterator,
                     const Bounds &bounds, int64_t width);
  Refusal emitScope(const isl::ast_node &body, llvm::StringRef iterator,
                    mlir::AffineExpr value, Form form);

  /// A loop around nothing but tiles, or a piece of it.
  struct TileLoop {
    llvm::StringRef iterator;
    Bounds bounds;
    const GeneratedTiles &tiles;
    isl::ast_node otherwise;
    unsigned numPieces = 1;
  };
  /// Where a condition holds: these are not negative, and the counter goes from
  /// max(lowers) to below min(uppers).
  struct Cuts {
    llvm::SmallVector<mlir::AffineExpr> notNegative, lowers, uppers;
  };
  /// Nothing where the condition has another form; `counter` is the loop's
  /// dimension.
  std::optional<Cuts> cutsOf(const isl::ast_expr &condition, unsigned counter);
  /// Adds where the expression is not negative; false where it cannot be told.
  bool cut(Cuts &cuts, mlir::AffineExpr notNegative, unsigned counter);
  mlir::Value areNotNegative(llvm::ArrayRef<mlir::AffineExpr> exprs);
  std::optional<Cuts> cutsOf(const TileLoop &loop, unsigned number);
  /// Emits the loop for the cases from `number` on.
  Refusal emitTileLoop(TileLoop loop, unsigned number, Form form);
  /// Emits the loop before, within and after the cuts of a case.
  Refusal emitPieces(const TileLoop &loop, unsigned number, const Cuts &cuts,
                     Form form);

  /// Whether a loop of unrolled vectors, some of them without some lanes, may
  /// be computed as a whole.
  bool isMaskedTile(const isl::ast_node &node, Form form);
  bool isMaskable(const isl::ast_node &node, Form form, unsigned &numVectors);
  bool isMaskableVector(const isl::ast_node &node, Bounds bounds,
                        int64_t width);
  Refusal emitMaskedTile(const isl::ast_node &node, Form form);
  Refusal emitMaskedVector(const isl::ast_node &node, llvm::StringRef iterator,
                           const Bounds &bounds, int64_t width);
  /// The values that the counter of a loop has in any tile.
  DimRange placesOf(const isl::ast_node &node);
  /// Calls `emit` on the loop's body for each value that its counter may have.
  Refusal
  inMaskedCopies(const isl::ast_node &node, const Bounds &bounds,
                 llvm::function_ref<Refusal(const isl::ast_node &)> emit);
  /// Adds what must not be negative for the counter to have the value; false
  /// where it never has.
  bool addGuards(const Bounds &bounds, int64_t value);
  /// The lanes that are left by the copy's guards.
  Bounds guarded(Bounds bounds, int64_t width) const;

  mlir::Value laneMask(const Bounds &bounds, int64_t width);

  /// A statement and its loop counters.
  struct Instance {
    const Statement *statement;
    llvm::SmallVector<mlir::AffineExpr> ivs;
  };
  std::optional<Instance> instanceOf(const isl::ast_node &user);
  bool isVectorBody(const isl::ast_node &body, llvm::StringRef iterator,
                    int64_t width);
  /// Whether lanes are better computed in vectors of fewer lanes than under a
  /// mask: where there are no mask registers, and the innermost loop stores.
  bool isBetterInParts(const isl::ast_node &body, llvm::StringRef iterator,
                       int64_t low, int64_t high);
  /// Emits the vector where it has all lanes, otherwise one lane at a time.
  Refusal emitWholeOrLanes(const isl::ast_node &body, llvm::StringRef iterator,
                           const Bounds &bounds, int64_t width);
  /// Emits lanes from `low` to below `high` as vectors of fewer lanes.
  Refusal emitInParts(const isl::ast_node &body, llvm::StringRef iterator,
                      int64_t low, int64_t high);
  /// Whether other iterations of the innermost loop have other lanes.
  bool areLanesChanging(const Bounds &bounds) const;

  std::optional<Bounds> boundsOf(const isl::ast_node &node);
  Bounds scaledBounds(const Bounds &bounds, int64_t stride) const;
  std::optional<mlir::Value> condition(const isl::ast_expr &expr);
  /// left - right of a comparison.
  std::optional<mlir::AffineExpr> difference(const isl::ast_expr &comparison);
  /// What the condition is where the ranges of iterators decide it.
  std::optional<bool> decided(const isl::ast_expr &condition);
  AstExprConverter converter() {
    return AstExprConverter(builder.getContext(), iterators);
  }
  bool isStraight(const isl::ast_node &node);
  DimRange rangeOf(const Bounds &bounds) const;

  mlir::OpBuilder &builder;
  mlir::Location loc;
  const Scop &scop;
  const GeneratedAst &ast;
  bool hasMasks;
  LoopScope scope;
  StatementEmitter statements;
  Iterators iterators;
  /// Where loops begin whose own expressions are not affine.
  Iterators begins;
  /// By how much loops of the current bands advance in an iteration, where that
  /// is not 1; by the names of their iterators.
  llvm::StringMap<int64_t> strides;
  /// Where buffers are allocated: the function, or a parallel loop's body.
  mlir::Block *allocationBlock;
  /// What has been allocated there, to be freed when that block is complete.
  llvm::SmallVector<mlir::Value> buffers;
  std::optional<Lanes> lanes;
  /// Whether masks stand for the conditions under which copies run, and what
  /// these are: none of them is negative.
  bool isMasking = false;
  llvm::SmallVector<mlir::AffineExpr> guards;
  unsigned numInstances = 0;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_ASTEMITTER_H
