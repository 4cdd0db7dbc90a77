//===- SeparateEnds.h - Loops of their own for the ends ---------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_SEPARATEENDS_H
#define AUTOTUNE_SCHEDULE_SEPARATEENDS_H

#include <isl/cpp.h>

namespace autotune {

/// Asks isl for loops of their own where, as after a shift and a fusion, only
/// some of the fused statements run; conditions inside one loop would tell them
/// apart otherwise. `schedule` is over places.
isl::schedule separateEnds(const isl::schedule &schedule);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_SEPARATEENDS_H
