;; Calls the host from its start function, when the host does not have its memory yet. `errno` tells what it got.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $errno (mut i32) (i32.const -1))
  (func $start
    (global.set $errno (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))))
  (func (export "errno") (result i32) (global.get $errno))
  (start $start))
