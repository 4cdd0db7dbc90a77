//===- Enumerate.h - List the legal transformations -------------*- C++ -*-===//
//
// One function a transformation, which asks for what is legal and puts it on a
// menu with its parameters.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_SCHEDULE_ENUMERATE_H
#define AUTOTUNE_SCHEDULE_ENUMERATE_H

#include "BandMenus.h"
#include "Transformations.h"

namespace autotune {

/// Whether loops other than vectors and unrolled ones are below.
bool containsLoops(const Tree &tree);

class Enumerator {
public:
  Enumerator(mlir::func::FuncOp function, Model &model, unsigned threads,
             unsigned vectorBits)
      : function(function), model(model), threads(threads),
        vectorBits(vectorBits) {}

  llvm::SmallVector<mlir::Attribute> run();

private:
  using Fixed = decltype(Menu::fixed);
  using Open = decltype(Menu::open);

  // Loops: Enumerate.cpp.
  BandFacts factsOf(const TreePath &path, unsigned number);
  /// The menus that depend on nothing but what is around and below the band, as
  /// they were for the same loops before, if that was lately.
  BandFacts addBand(unsigned number, const std::string &key);
  void addBand(const BandFacts &band);
  void addTiles(const BandFacts &band);
  void addUnrolls(const BandFacts &band);
  /// Short loops as a whole, and copies of innermost ones.
  void addUnrollsInPlace(const BandFacts &band);
  bool isSafelySinkable(unsigned band, llvm::ArrayRef<unsigned> positions);
  void addVectors(const BandFacts &band);
  /// Lanes of a full register for the widest element below the band.
  int64_t vectorWidth(unsigned number);
  void addParallel(const BandFacts &band);

  // Order: OrderMenus.cpp.
  void addReversals(const BandFacts &band);
  /// Those that let the band join the one around it.
  void addSkews(const BandFacts &band);
  void addSkew(const BandFacts &band, int64_t member, int64_t outer,
               int64_t factor);
  /// Where the second loop can run in parallel then, and not before.
  void addWavefront(const BandFacts &band);
  void addDistributions(const BandFacts &band);
  void addFusions(int64_t sequence, const std::vector<Tree> &children);
  /// Children of a sequence in a loop, one place further or to the end.
  void addReorders(int64_t sequence);
  /// Delays of the second child that let it be fused with the first.
  void addShifts(int64_t sequence, int64_t child, int64_t depth);
  /// The pre-order number of a band.
  unsigned numberOf(const Tree &band);
  /// Only from the program's own order: what was chosen since would be lost.
  void addReschedules();
  void addInterchanges(const BandFacts &band);
  /// Each member moved to the outermost and to the innermost place.
  void addRotations(const BandFacts &band, const Values &identity);
  /// Members may be equal, as those of loops of one iteration.
  bool changesOrder(const BandFacts &band, const Values &permutation);
  void addInterchange(const BandFacts &band, const Values &permutation);

  // Caches: CacheMenus.cpp.
  /// Of what innermost loops read.
  void addPrefetches(const BandFacts &band);
  /// Of what vectors store.
  void addStreams();

  // Memory: MemoryMenus.cpp.
  /// Whether a copy is legal does not depend on its layout.
  void addPacks(const BandFacts &band);
  /// Copies for one read of a statement that has the band to itself, of the
  /// array that it writes.
  void addPackedReads(const BandFacts &band);
  /// Menus of a copy of the array's elements: one for every dimension.
  void addPanels(llvm::StringRef pass, const Fixed &fixed, unsigned array);

  /// Partial results for the lanes of vectors, and for threads.
  void addPrivatizations(const BandFacts &band);
  void addPrivatization(const BandFacts &band, int64_t member, int64_t array,
                        const Values &lanes);
  /// Of statements that accumulate.
  void addSeparations(const BandFacts &band);
  void addExpansions(const BandFacts &band);
  void addContractions();
  /// Copies of what the band reads and others overwrite.
  void addSnapshots(const BandFacts &band);
  /// Parts of loops over rows by where the row that they read is.
  void addSplits(const BandFacts &band);
  void addSplit(const BandFacts &band, int64_t member, int64_t outer);
  /// The temporaries whose memory is the workload's own.
  llvm::SmallVector<int64_t> privateArrays() const;

  /// Whether a change of memory is accepted; the model is left as it was.
  bool isLegalChange(
      llvm::function_ref<Refusal(Model &, MemoryChange &)> transform) const;
  /// Whether the transformation is accepted; the model is left as it was.
  bool isLegal(llvm::function_ref<Refusal(Model &)> transform);
  /// Menus whose product is every choice but the one that leaves all elements
  /// at `neutral`.
  void addWithOneChosen(llvm::StringRef pass, unsigned band,
                        llvm::StringRef option,
                        const std::vector<Values> &values, int64_t neutral);
  void add(llvm::StringRef pass, const Fixed &fixed, const Open &open);

  mlir::func::FuncOp function;
  Model &model;
  unsigned threads, vectorBits;
  std::string context; ///< See `bandContext`.
  std::vector<Menu> menus;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_ENUMERATE_H
