//===- Quota.h - Bounds the work of isl -------------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_QUOTA_H
#define AUTOTUNE_SCHEDULE_QUOTA_H

#include <isl/cpp.h>
#include <isl/ctx.h>
#include <isl/val.h>

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
  /// Whether isl makes nothing more. The failure that it has told of may be
  /// another, of a function that was given nothing.
  bool isUsedUp() const {
    isl_val *probe = isl_val_one(ctx);
    isl_val_free(probe);
    return !probe;
  }
  Quota(const Quota &) = delete;
  Quota &operator=(const Quota &) = delete;

private:
  isl_ctx *ctx;
  unsigned long outer;
};

/// What `body` returns; throws `isl::exception_quota` where isl would do more
/// operations in it.
template <typename Body>
auto withinQuota(isl_ctx *ctx, unsigned long maxOperations, Body body) {
  Quota quota(ctx, maxOperations);
  try {
    return body();
  } catch (const isl::exception &) {
    if (quota.isUsedUp())
      isl::exception::throw_error(isl_error_quota, "too many operations",
                                  __FILE__, __LINE__);
    throw;
  }
}

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_QUOTA_H
