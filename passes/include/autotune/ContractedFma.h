//===- ContractedFma.h - Which multiply-adds need not be fused --*- C++ -*-===//

#ifndef AUTOTUNE_CONTRACTEDFMA_H
#define AUTOTUNE_CONTRACTEDFMA_H

#include "llvm/ADT/StringRef.h"

namespace autotune {

/// On a `math.fma` that was a multiplication and an addition in the source.
constexpr llvm::StringLiteral contractedName = "autotune.contracted";

} // namespace autotune

#endif // AUTOTUNE_CONTRACTEDFMA_H
