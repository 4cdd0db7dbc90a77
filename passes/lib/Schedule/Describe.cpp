//===- Describe.cpp - Schedule trees for readers other than isl -----------===//

#include "Describe.h"
#include "IslAffine.h"
#include "LoopScope.h"
#include "PackFold.h"
#include "Transformations.h"
#include "autotune/SchedulePasses.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <isl/aff.h>
#include <isl/set.h>

using namespace mlir;

namespace autotune {
#define GEN_PASS_DEF_DESCRIBE
#include "autotune/SchedulePasses.h.inc"

namespace {

class Describer {
public:
  Describer(const Scop &scop, llvm::json::OStream &json)
      : scop(scop), json(json) {}

  void describeTree(const Tree &tree) {
    json.object([&] {
      json.attribute("kind", kindName(tree));
      if (tree.kind == Tree::Kind::Mark)
        json.attribute("label", tree.label);
      if (tree.kind == Tree::Kind::Leaf)
        json.attribute("statement", statementName(tree));
      if (tree.isBand())
        describeBand(tree);
      if (tree.kind == Tree::Kind::Sequence)
        json.attribute("number", numSequences++);
      if (!tree.children.empty())
        json.attributeArray("children", [&] {
          for (const Tree &child : tree.children)
            describeTree(child);
        });
    });
  }

  void describeStatements() {
    for (const Statement &statement : scop.statements)
      json.attributeObject(statement.name, [&] {
        json.attribute("depth", int64_t(statement.ivs.size()));
        json.attribute("operations", int64_t(statement.slice.size()));
        json.attributeArray("accesses", [&] {
          for (const Access &access : statement.accesses)
            if (access.array < scop.arrays.size())
              describeAccess(access, statement);
        });
      });
  }

private:
  static llvm::StringRef kindName(const Tree &tree) {
    switch (tree.kind) {
    case Tree::Kind::Band:
      return "band";
    case Tree::Kind::Sequence:
      return "sequence";
    case Tree::Kind::Mark:
      return "mark";
    case Tree::Kind::Leaf:
      return "leaf";
    }
    llvm_unreachable("every kind has a name");
  }

  static std::string statementName(const Tree &leaf) {
    std::string name;
    leaf.domain.foreach_set(
        [&](isl::set set) { name = isl_set_get_tuple_name(set.get()); });
    return name;
  }

  void describeBand(const Tree &band) {
    json.attribute("number", numBands++);
    json.attributeArray("members", [&] {
      for (const isl::union_pw_aff &member : band.members)
        json.object([&] {
          std::optional<Range> range = memberRange(member, band.domain);
          json.attribute("extent", range ? llvm::json::Value(range->extent())
                                         : llvm::json::Value(nullptr));
          json.attribute("stride", memberStride(member, band.domain));
          json.attributeObject("depends_on",
                               [&] { describeDependsOn(member); });
        });
    });
  }

  void describeDependsOn(const isl::union_pw_aff &member) {
    isl_union_pw_aff_foreach_pw_aff(
        member.get(),
        [](isl_pw_aff *owned, void *user) {
          auto *self = static_cast<Describer *>(user);
          isl::pw_aff part = isl::manage(owned);
          std::string name =
              isl::manage(isl_pw_aff_get_tuple_id(part.get(), isl_dim_in))
                  .name();
          self->json.attributeArray(name, [&] {
            int numIvs = isl_pw_aff_dim(part.get(), isl_dim_in);
            for (int i = 0; i < numIvs; ++i)
              if (isMadeOf(part, i))
                self->json.value(i);
          });
          return isl_stat_ok;
        },
        this);
  }

  void describeAccess(const Access &access, const Statement &statement) {
    json.object([&] {
      json.attribute("array", int64_t(access.array));
      json.attribute("write", access.isWrite);
      json.attribute("bits", int64_t(scop.elementBits(access.array)));
      json.attributeArray("strides", [&] {
        for (Value iv : statement.ivs)
          json.value(stride(access, iv));
      });
    });
  }

  /// Elements between the places of neighbouring iterations.
  llvm::json::Value stride(const Access &access, Value iv) {
    AffineMapAttr map;
    ValueRange operands;
    if (auto load = dyn_cast<affine::AffineLoadOp>(access.op)) {
      map = load.getAffineMapAttr();
      operands = load.getMapOperands();
    } else if (auto store = dyn_cast<affine::AffineStoreOp>(access.op)) {
      map = store.getAffineMapAttr();
      operands = store.getMapOperands();
    } else {
      return nullptr;
    }
    llvm::SmallVector<Value> values;
    AffineMap composed = composedMap(map.getValue(), operands, values);
    unsigned position = llvm::find(values, iv) - values.begin();
    if (position == values.size())
      return 0;
    auto type = cast<MemRefType>(scop.arrays[access.array].getType());
    int64_t total = 0, rowElements = 1;
    for (int dim = type.getRank() - 1; dim >= 0; --dim) {
      std::optional<int64_t> factor =
          linearFactor(composed.getResult(dim), position);
      if (!factor)
        return nullptr;
      total += *factor * rowElements;
      rowElements *= type.getDimSize(dim);
    }
    return total;
  }

  const Scop &scop;
  llvm::json::OStream &json;
  int64_t numBands = 0, numSequences = 0;
};

} // namespace

std::string describeLoops(Model &model) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream);
  Describer describer(model.scop, json);
  json.object([&] {
    json.attributeBegin("tree");
    describer.describeTree(model.tree);
    json.attributeEnd();
    json.attributeObject("statements", [&] { describer.describeStatements(); });
    json.attributeArray("arrays", [&] {
      for (auto [number, array] : llvm::enumerate(model.scop.arrays))
        json.object([&, number = number, array = array] {
          json.attribute("bits", int64_t(model.scop.elementBits(number)));
          // Ops on each loaded element that a packed copy takes over.
          json.attribute("folded",
                         int64_t(foldedOps(model.scop, number).size()));
          json.attributeArray("shape", [&] {
            for (int64_t size : cast<MemRefType>(array.getType()).getShape())
              json.value(size);
          });
        });
    });
  });
  return text;
}

namespace {
class DescribePass : public impl::DescribeBase<DescribePass> {
public:
  using DescribeBase::DescribeBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto body = [&](isl::ctx ctx) -> LogicalResult {
      FailureOr<Model> model = loadModel(function, ctx);
      if (failed(model))
        return failure();
      function->setAttr("autotune.loops",
                        StringAttr::get(&getContext(), describeLoops(*model)));
      return success();
    };
    if (failed(guardIsl(function, body)))
      signalPassFailure();
  }
};
} // namespace
} // namespace autotune
