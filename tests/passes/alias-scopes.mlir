// RUN: autotune-opt %s --pass-pipeline='builtin.module(llvm.func(autotune-alias-scopes))' | FileCheck %s

// CHECK-DAG: #[[A:.*]] = #llvm.alias_scope<id = "shared.0", domain = #[[D:.*]]>
// CHECK-DAG: #[[B:.*]] = #llvm.alias_scope<id = "shared.1", domain = #[[D]]>

// CHECK-LABEL: llvm.func @shared
// CHECK: llvm.load %{{.*}} {alias_scopes = [#[[A]]], alignment = 8 : i64, noalias_scopes = [#[[B]]]}
// CHECK: llvm.store %{{.*}} {alias_scopes = [#[[B]]], alignment = 8 : i64, noalias_scopes = [#[[A]]]}
llvm.func @shared(%a: !llvm.ptr {llvm.noalias}, %b: !llvm.ptr {llvm.noalias}, %i: i64) {
  %undefined = llvm.mlir.poison : !llvm.struct<(ptr, i64)>
  %half = llvm.insertvalue %a, %undefined[0] : !llvm.struct<(ptr, i64)>
  %descriptor = llvm.insertvalue %i, %half[1] : !llvm.struct<(ptr, i64)>
  omp.parallel {
    %base = llvm.extractvalue %descriptor[0] : !llvm.struct<(ptr, i64)>
    %0 = llvm.getelementptr %base[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f64
    %1 = llvm.getelementptr %0[1] : (!llvm.ptr) -> !llvm.ptr, f64
    %2 = llvm.load %1 {alignment = 8 : i64} : !llvm.ptr -> f64
    llvm.store %2, %b {alignment = 8 : i64} : f64, !llvm.ptr
    omp.terminator
  }
  llvm.return
}

// Nothing is known of a pointer that was loaded, nor of an argument that may
// overlap others.
// CHECK-LABEL: llvm.func @unknown
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> f64
// CHECK: llvm.store %{{.*}}, %{{[^ ]*}} : f64, !llvm.ptr
llvm.func @unknown(%a: !llvm.ptr, %b: !llvm.ptr) {
  omp.parallel {
    %0 = llvm.load %a : !llvm.ptr -> !llvm.ptr
    %1 = llvm.load %0 : !llvm.ptr -> f64
    llvm.store %1, %b : f64, !llvm.ptr
    omp.terminator
  }
  llvm.return
}

// LLVM sees the arguments of a function without parallel regions as they are.
// CHECK-LABEL: llvm.func @sequential
// CHECK-NOT: alias_scopes
llvm.func @sequential(%a: !llvm.ptr {llvm.noalias}, %b: !llvm.ptr {llvm.noalias}) {
  %0 = llvm.load %a : !llvm.ptr -> f64
  llvm.store %0, %b : f64, !llvm.ptr
  llvm.return
}
