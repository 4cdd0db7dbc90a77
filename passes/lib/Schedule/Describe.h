//===- Describe.h - Schedule trees for readers other than isl ---*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_DESCRIBE_H
#define AUTOTUNE_SCHEDULE_DESCRIBE_H

#include "Model.h"

namespace autotune {

/// The tree and the statements as JSON:
/// {"tree": {"kind": "band", "number": 0, "members": [{"extent": 64, "stride":
/// 1,
///  "depends_on": {"S0": [0]}}], "children": [...]},
///  "statements": {"S0": {"depth": 2, "accesses": [{"array": 0, "write": true,
///  "bits": 32, "strides": [64, 1]}]}}, "arrays": [{"shape": [64, 64], "bits":
///  32}]}
/// `depends_on` lists the original loop counters that a member is made of;
/// `strides` are elements per step of each original loop, null where not
/// affine.
std::string describeLoops(Model &model);

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_DESCRIBE_H
