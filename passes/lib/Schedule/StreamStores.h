//===- StreamStores.h - Stores that go past the caches ---------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_STREAMSTORES_H
#define AUTOTUNE_SCHEDULE_STREAMSTORES_H

#include "mlir/IR/BuiltinTypes.h"

#include <algorithm>

namespace autotune {

/// On stores of vectors that begin at multiples of their size from the start of
/// the buffer on: they are to go past the caches.
constexpr llvm::StringLiteral streamName = "autotune.stream";

constexpr unsigned cacheLineBytes = 64;

/// Where the buffer has to begin for such stores, and each of them does.
inline unsigned streamAlignment(mlir::VectorType vector) {
  return std::min(
      unsigned(vector.getNumElements() * vector.getElementTypeBitWidth() / 8),
      cacheLineBytes);
}

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_STREAMSTORES_H
