//===- TreeReader.cpp - Schedule trees from their text --------------------===//

#include "TreeReader.h"
#include "Recent.h"

#include <isl/aff.h>
#include <isl/union_set.h>

namespace autotune {

/// What a text stands for: the same object for the same text.
template <typename Value, typename Read>
static const Value &recalled(llvm::StringRef text, Read read) {
  thread_local Recent<Value> recent{1024};
  const Value *known = recent.find(text);
  return known ? *known : recent.add(text, read(text.str()));
}

static isl::union_set readSet(llvm::StringRef text, isl::ctx ctx) {
  return recalled<isl::union_set>(
      text, [&](const std::string &own) { return isl::union_set(ctx, own); });
}

static isl::multi_union_pw_aff readSchedule(llvm::StringRef text,
                                            isl::ctx ctx) {
  return recalled<isl::multi_union_pw_aff>(text, [&](const std::string &own) {
    return isl::multi_union_pw_aff(ctx, own);
  });
}

namespace {

/// Reads from the front of a text.
class TreeReader {
public:
  TreeReader(llvm::StringRef text, isl::ctx ctx) : rest(text), ctx(ctx) {}

  std::optional<Tree> read() {
    if (!take("{") || !take("domain:"))
      return std::nullopt;
    isl::union_set domain = readSet(takeString(), ctx);
    Tree tree = readChild({{domain}, domain, true});
    if (!isGood || !rest.trim().empty())
      return std::nullopt;
    return tree;
  }

private:
  /// What is around a node.
  struct Place {
    std::vector<isl::union_set> filters; ///< From the domain on.
    /// What the innermost node says of the instances: the last filter, or the
    /// statements that a band is for.
    isl::union_set innermost;
    bool isFilter;

    /// The instances, put together in isl's order.
    isl::union_set domain() const {
      isl::union_set result = innermost;
      for (const isl::union_set &filter :
           llvm::reverse(llvm::ArrayRef(filters).drop_back(isFilter)))
        result = result.intersect(filter);
      return result;
    }
  };

  bool take(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  void expect(llvm::StringRef token) { isGood &= take(token); }

  llvm::StringRef takeString() {
    expect("\"");
    auto [text, behind] = rest.split('"');
    rest = behind;
    return text;
  }

  /// The rest of a node: what is below it, if anything.
  Tree readChild(const Place &place) {
    Tree child = isGood && take(", child:") ? readNode(place) : leafAt(place);
    expect("}");
    return child;
  }

  static Tree leafAt(const Place &place) { return makeLeaf(place.domain()); }

  Tree readNode(const Place &place) {
    expect("{");
    if (isGood && take("schedule:"))
      return readBand(place);
    if (isGood && take("mark:")) {
      std::string label = takeString().str();
      return makeMark(label, readChild(place));
    }
    if (isGood && take("sequence:"))
      return readSequence(place);
    isGood = false;
    return leafAt(place);
  }

  Tree readBand(const Place &place) {
    llvm::StringRef text = takeString();
    if (!isGood)
      return leafAt(place);
    isl::multi_union_pw_aff schedule = readSchedule(text, ctx);
    isl::union_set statements = schedule.domain().universe();
    Tree child = readChild({place.filters, statements, false});
    std::vector<isl::union_pw_aff> members;
    for (unsigned i = 0; i < schedule.size(); ++i)
      members.push_back(schedule.at(i).intersect_domain(child.domain));
    return makeBand(std::move(members), std::move(child));
  }

  Tree readSequence(const Place &place) {
    std::vector<Tree> children;
    expect("[");
    do {
      expect("{");
      expect("filter:");
      llvm::StringRef text = takeString();
      if (!isGood)
        return leafAt(place);
      Place inside{place.filters, readSet(text, ctx), true};
      inside.filters.push_back(inside.innermost);
      children.push_back(readChild(inside));
    } while (isGood && take(","));
    expect("]");
    expect("}");
    return makeSequence(std::move(children));
  }

  llvm::StringRef rest;
  isl::ctx ctx;
  bool isGood = true;
};

} // namespace

std::optional<Tree> readTree(llvm::StringRef text, isl::ctx ctx) {
  return TreeReader(text, ctx).read();
}

} // namespace autotune
