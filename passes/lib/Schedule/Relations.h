//===- Relations.h - Instances and relations from text ----------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_RELATIONS_H
#define AUTOTUNE_SCHEDULE_RELATIONS_H

#include <isl/cpp.h>

#include "llvm/ADT/StringRef.h"

namespace autotune {

/// Reads what isl writes for a relation between two spaces, each text once:
/// most of a workload's dependences stay as they are from pass to pass. Always
/// in memory of its own: isl notes what it finds out about a relation where it
/// is, and answers would depend on what was asked of another copy.
isl::map readRelation(llvm::StringRef text, isl::ctx ctx);

/// Whether no pair is in the relation that isl has written this text for.
bool isEmptyRelation(llvm::StringRef text, isl::ctx ctx);

/// The same for the instances of a statement.
isl::set readInstances(llvm::StringRef text, isl::ctx ctx);

/// Reads what isl writes for a union of such relations, without parameters.
isl::union_map readRelations(llvm::StringRef text, isl::ctx ctx);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_RELATIONS_H
