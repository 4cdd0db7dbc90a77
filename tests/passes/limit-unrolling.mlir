// RUN: autotune-opt %s --pass-pipeline='builtin.module(llvm.func(autotune-limit-unrolling))' | FileCheck %s

// CHECK: #[[ANNOTATION:.*]] = #llvm.loop_annotation<unroll = #{{.*}}>
// CHECK-LABEL: llvm.func @vectors
// CHECK: llvm.cond_br {{.*}} {loop_annotation = #[[ANNOTATION]]}
llvm.func @vectors(%p: !llvm.ptr, %again: i1) {
  llvm.br ^loop
^loop:
  %a = llvm.load %p : !llvm.ptr -> vector<16xf32>
  llvm.store %a, %p : vector<16xf32>, !llvm.ptr
  llvm.cond_br %again, ^loop, ^exit
^exit:
  llvm.return
}

// Of scalar loops, the one around two levels of loops is annotated.
// CHECK-LABEL: llvm.func @scalars
// CHECK: llvm.cond_br %{{.*}}, ^bb3, ^bb4{{$}}
// CHECK: llvm.cond_br %{{.*}}, ^bb2, ^bb5{{$}}
// CHECK: llvm.cond_br %{{.*}}, ^bb1, ^bb6 {loop_annotation
llvm.func @scalars(%p: !llvm.ptr, %again: i1) {
  llvm.br ^outer
^outer:
  llvm.br ^middle
^middle:
  llvm.br ^inner
^inner:
  %a = llvm.load %p : !llvm.ptr -> f32
  llvm.store %a, %p : f32, !llvm.ptr
  llvm.cond_br %again, ^inner, ^middle.end
^middle.end:
  llvm.cond_br %again, ^middle, ^outer.end
^outer.end:
  llvm.cond_br %again, ^outer, ^exit
^exit:
  llvm.return
}
