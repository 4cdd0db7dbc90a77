//===- TreeReader.h - Schedule trees from their text ------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_TREEREADER_H
#define AUTOTUNE_SCHEDULE_TREEREADER_H

#include "ScheduleTree.h"

namespace autotune {

/// Reads what isl writes for a schedule of bands, marks and sequences, as isl
/// would, but reads what is said of a band or filter once only: trees of a
/// search have most of their bands from other trees. Nothing for other texts.
std::optional<Tree> readTree(llvm::StringRef text, isl::ctx ctx);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_TREEREADER_H
