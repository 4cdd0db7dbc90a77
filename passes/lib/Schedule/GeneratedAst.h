//===- GeneratedAst.h - isl's AST of a schedule -----------------*- C++ -*-===//
//
// isl drops loops of one iteration, so that the loops of the AST and the
// members of bands do not correspond by counting. What code generation needs to
// know of a place is therefore asked of isl while it is there.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_GENERATEDAST_H
#define AUTOTUNE_SCHEDULE_GENERATEDAST_H

#include "TileCases.h"
#include "Transformations.h"

#include <set>

namespace autotune {

/// What one copy of a pack mark copies.
struct GeneratedPack {
  unsigned array, panelDim;
  int64_t panel;
  const Access *only; ///< Null for all reads of the array.
  /// First element of the region, in terms of the iterators around the mark.
  std::vector<isl::ast_expr> offset;
  llvm::SmallVector<int64_t> sizes;
};

/// What one copy of a prefetch mark asks for.
struct GeneratedPrefetch {
  unsigned array, depth; ///< `depth` is the iterator of the loop.
  int64_t distance;
  /// First element of what an iteration touches, in terms of the iterators
  /// around the mark; nothing where that has no fixed size.
  std::vector<isl::ast_expr> offset;
  llvm::SmallVector<int64_t> sizes;
};

/// Code for some of the tiles; `condition` and `root` are in terms of the
/// iterators around the mark.
struct GeneratedCase {
  isl::ast_expr condition;
  isl::ast_node root;
};

/// One copy of a `tilesMark`.
struct GeneratedTiles {
  unsigned number; ///< That of the mark.
  /// Values of the iterators around the mark.
  std::vector<isl::ast_expr> outer;
  /// The statements in this copy.
  std::set<std::string> statements;
  /// What stands in some cases for what is below the mark.
  std::vector<GeneratedCase> cases;
  /// Whether there are no other tiles.
  bool isExhaustive = false;
};

struct GeneratedAst {
  isl::ast_node root;
  CoordinatesMap coordinates;
  std::vector<GeneratedPack> packs;
  std::vector<GeneratedPrefetch> prefetches;
  std::vector<GeneratedTiles> tiles;
  /// Why a copy cannot be made.
  Refusal refusal;
};

/// Closes the part of the tree that a parallel, unroll or vectorize mark is
/// meant for.
constexpr llvm::StringLiteral endMark = "end";

/// strides=depth,s,...: the loops of the band below, whose outermost one has
/// the iterator `depth`, count iterations; the members of the tree are `s`
/// times as large (and more by a constant).
constexpr llvm::StringLiteral stridesMark = "strides=";

/// A band of members whose strides are given, marked where some stride is
/// not 1.
Tree stridedBand(std::vector<isl::union_pw_aff> members,
                 llvm::ArrayRef<long> strides, unsigned depth, Tree child);
/// The strides of the members of a band, which may be below a `stridesMark`.
std::vector<long> stridesOf(const Tree &node, unsigned numMembers);

/// Generates the AST of `tree` over the places of instances, with complete
/// tiles apart from partial ones. Below each marked band there is an `endMark`.
/// Iterators are called by their depth.
GeneratedAst generateAst(Tree tree, const Scop &scop);

/// The copy that a pack mark's node stands for.
const GeneratedPack &packOf(const GeneratedAst &ast, const isl::ast_node &mark);
/// What a prefetch mark's node asks for.
const GeneratedPrefetch &prefetchOf(const GeneratedAst &ast,
                                    const isl::ast_node &mark);
/// The tiles that begin at a mark's node.
const GeneratedTiles &tilesOf(const GeneratedAst &ast,
                              const isl::ast_node &mark);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_GENERATEDAST_H
