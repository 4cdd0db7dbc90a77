//===- BandMenus.h - What can be done with the loops of a band --*- C++ -*-===//
//
// Schedules that differ in one step have most of their loops in common. Whether
// loops may be changed depends on what is around and below them; the answers
// for recent ones are kept by the text of that.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_BANDMENUS_H
#define AUTOTUNE_SCHEDULE_BANDMENUS_H

#include "ScheduleTree.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace autotune {

using Values = llvm::SmallVector<int64_t>;
/// An option with, for each of its elements, the values to choose from.
using Choices = std::vector<Values>;

/// Legal choices of one transformation's options.
struct Menu {
  llvm::StringRef pass;
  llvm::SmallVector<std::pair<llvm::StringRef, Values>> fixed;
  llvm::SmallVector<std::pair<llvm::StringRef, Choices>> open;
};

/// The menu as `autotune.menus` has it.
std::string textOf(const Menu &menu);

/// What the menus need to know of a band.
struct BandFacts {
  unsigned number;
  llvm::SmallVector<int64_t> extents, strides;
  llvm::SmallVector<unsigned> levels;
  bool isPlain, isPermutable;
};

/// The first option of all menus is the band.
struct BandMenus {
  BandFacts facts;
  std::vector<Menu> menus;
};

/// What all bands of a tree have in common: the function, but for its tree, and
/// the target.
std::string bandContext(mlir::func::FuncOp function, unsigned threads,
                        unsigned vectorBits);

/// Texts that are equal only where equal choices are legal, one for each band.
std::vector<std::string> bandKeys(const Tree &tree, const std::string &context);

/// The menus that were remembered for a key; null where they were not, or long
/// ago.
const BandMenus *recentBandMenus(llvm::StringRef key);
void rememberBandMenus(llvm::StringRef key, BandMenus menus);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_BANDMENUS_H
