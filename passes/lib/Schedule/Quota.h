//===- Quota.h - Bounds the work of isl -------------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_QUOTA_H
#define AUTOTUNE_SCHEDULE_QUOTA_H

#include <isl/ctx.h>

namespace autotune {

/// Lets isl do fewer operations than a pass may take, as long as this lives; it
/// fails beyond.
class Quota {
public:
  Quota(isl_ctx *ctx, unsigned long maxOperations)
      : ctx(ctx), outer(isl_ctx_get_max_operations(ctx)) {
    isl_ctx_reset_operations(ctx);
    isl_ctx_set_max_operations(ctx, maxOperations);
  }
  ~Quota() {
    isl_ctx_set_max_operations(ctx, outer);
    isl_ctx_reset_operations(ctx);
  }
  Quota(const Quota &) = delete;
  Quota &operator=(const Quota &) = delete;

private:
  isl_ctx *ctx;
  unsigned long outer;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_QUOTA_H
