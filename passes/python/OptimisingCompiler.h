//===- OptimisingCompiler.h - LLVM for candidates ---------------*- C++ -*-===//

#ifndef AUTOTUNE_PYTHON_OPTIMISINGCOMPILER_H
#define AUTOTUNE_PYTHON_OPTIMISINGCOMPILER_H

#include <nanobind/nanobind.h>

namespace autotune {

/// Adds the classes `Machine` and `Module`.
void bindOptimisingCompiler(nanobind::module_ &module);

} // namespace autotune

#endif // AUTOTUNE_PYTHON_OPTIMISINGCOMPILER_H
