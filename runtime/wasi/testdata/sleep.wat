;; Sleeps for the given time; the answer is how far the monotonic clock moved, in nanoseconds.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $now (result i64)
    (if (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 128)) (then (unreachable)))
    (i64.load (i32.const 128)))
  (func (export "sleep") (param $ns i64) (result i64)
    (local $start i64)
    (local.set $start (call $now))
    (i32.store (i32.const 16) (i32.const 1)) ;; the monotonic clock
    (i64.store (i32.const 24) (local.get $ns))
    (if (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 120)) (then (unreachable)))
    (i64.sub (call $now) (local.get $start))))
