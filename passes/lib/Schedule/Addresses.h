//===- Addresses.h - Shared addresses of elements --------------*- C++ -*-===//

#ifndef AUTOTUNE_SCHEDULE_ADDRESSES_H
#define AUTOTUNE_SCHEDULE_ADDRESSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace autotune {

/// Whether memory holds the elements as LLVM's type does, densely in rows.
bool isPlainMemref(mlir::MemRefType type);

unsigned elementBytes(mlir::MemRefType type);

/// An element's number in its memref: `base` over the values that its
/// `Addresses` knows, plus a constant of at most 32 bits.
struct Position {
  mlir::AffineExpr base;
  int64_t constant;
};

/// The addresses of a function's elements; those at constant distances share
/// one, computed where the innermost loop counter that it depends on is known.
class Addresses {
public:
  explicit Addresses(mlir::MLIRContext *context)
      : context(context), pointer(mlir::LLVM::LLVMPointerType::get(context)) {}

  Position positionOf(mlir::MemRefType type, mlir::AffineMap map,
                      mlir::ValueRange operands);
  mlir::Value addressOf(mlir::OpBuilder &builder, mlir::Value memref,
                        Position position);

private:
  mlir::Value sharedAddress(mlir::Value memref, mlir::AffineExpr position);
  mlir::Value firstElement(mlir::OpBuilder &builder, mlir::Value memref);

  mlir::MLIRContext *context;
  mlir::Type pointer;
  /// Operands of subscripts, and where in the list they are.
  llvm::SmallVector<mlir::Value> values;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineExpr>, mlir::Value>
      addresses;
};

} // namespace autotune

#endif // AUTOTUNE_SCHEDULE_ADDRESSES_H
