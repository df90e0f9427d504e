;; Copies stdin to stdout, 16 bytes at a time, and exits with 0.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\10\00\00\00") ;; iovec: pointer 32, length 16
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 4) (i32.const 16))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $proc_exit (i32.const 1))))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)) (then (call $proc_exit (i32.const 2))))
      (br_if $more (i32.load (i32.const 8))))
    (call $proc_exit (i32.const 0))))
