//===- LoopOptions.h - How isl divides loops --------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_LOOPOPTIONS_H
#define AUTOTUNE_SCHEDULE_LOOPOPTIONS_H

#include <isl/cpp.h>

#include <set>
#include <string>

namespace autotune {

/// Has isl generate loops apart for the ends at which fused statements differ,
/// and never divide the loops around the marks called `whole`.
isl::schedule withLoopOptions(const isl::schedule &schedule,
                              const std::set<std::string> &whole);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_LOOPOPTIONS_H
