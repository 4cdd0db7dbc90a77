// RUN: autotune-opt %s --pass-pipeline='builtin.module(llvm.func(autotune-fence-streams))' | FileCheck %s

llvm.func @free(!llvm.ptr)
llvm.func @sqrt(f64) -> f64

// Every thread fences what it has stored.
// CHECK-LABEL: llvm.func @parallel
// CHECK:      omp.parallel {
// CHECK:        llvm.store {{.*}} nontemporal
// CHECK-NEXT:   llvm.call_intrinsic "llvm.x86.sse.sfence"() : () -> ()
// CHECK-NEXT:   omp.terminator
// CHECK-NOT:  sfence
// CHECK:      llvm.return
llvm.func @parallel(%a: !llvm.ptr, %v: vector<4xf64>) {
  omp.parallel {
    llvm.store %v, %a {alignment = 32 : i64, nontemporal} : vector<4xf64>, !llvm.ptr
    omp.terminator
  }
  llvm.return
}

// Others get to see it when threads are started, when somebody else gets the
// memory, and in the end.
// CHECK-LABEL: llvm.func @sequential
// CHECK:      llvm.store {{.*}} nontemporal
// CHECK-NEXT: llvm.call @sqrt
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.sse.sfence"
// CHECK-NEXT: omp.parallel {
// CHECK-NEXT:   llvm.store
// CHECK-NEXT:   omp.terminator
// CHECK-NEXT: }
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.sse.sfence"
// CHECK-NEXT: llvm.call @free
// CHECK-NEXT: llvm.call_intrinsic "llvm.x86.sse.sfence"
// CHECK-NEXT: llvm.return
llvm.func @sequential(%a: !llvm.ptr, %b: !llvm.ptr, %v: vector<4xf64>, %x: f64) {
  llvm.store %v, %a {alignment = 32 : i64, nontemporal} : vector<4xf64>, !llvm.ptr
  %0 = llvm.call @sqrt(%x) : (f64) -> f64
  omp.parallel {
    llvm.store %v, %b {alignment = 32 : i64} : vector<4xf64>, !llvm.ptr
    omp.terminator
  }
  llvm.call @free(%a) : (!llvm.ptr) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func @ordinary
// CHECK-NOT: sfence
llvm.func @ordinary(%a: !llvm.ptr, %v: vector<4xf64>) {
  llvm.store %v, %a {alignment = 32 : i64} : vector<4xf64>, !llvm.ptr
  llvm.return
}
