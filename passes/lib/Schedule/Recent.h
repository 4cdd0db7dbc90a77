//===- Recent.h - What recent texts stand for -------------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_RECENT_H
#define AUTOTUNE_SCHEDULE_RECENT_H

#include "llvm/ADT/StringMap.h"

#include <cstdlib>
#include <string>

namespace autotune {

/// Values by text, a bounded number of them.
template <typename Value> class Recent {
public:
  explicit Recent(unsigned capacity) : capacity(capacity) {}

  const Value *find(llvm::StringRef text) const {
    auto entry = values.find(text);
    return entry == values.end() ? nullptr : &entry->second;
  }

  const Value &add(llvm::StringRef text, Value value) {
    if (values.size() >= capacity)
      values.clear();
    return values.insert_or_assign(text, std::move(value)).first->second;
  }

private:
  unsigned capacity;
  llvm::StringMap<Value> values;
};

/// The text that one of isl's functions allocated.
inline std::string takeText(char *owned) {
  std::string text(owned);
  free(owned);
  return text;
}

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_RECENT_H
