// A guest that is neither quick nor endless.

import { watString } from '../../runtime/testing/guests.ts';

const ANSWER = '{"body":"slow"}';

/** Waits for so many milliseconds, holding its thread, then answers `slow`. */
export function waiting(ms: number): string {
  return `(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) ${watString(ANSWER)})
    (func (export "_start")
      ;; A subscription to the monotonic clock: clock id at 16, relative timeout in nanoseconds at 24.
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const ${ms * 1_000_000}))
      (if (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)) (then unreachable))
      (i32.store (i32.const 200) (i32.const 1024))
      (i32.store (i32.const 204) (i32.const ${ANSWER.length}))
      (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 208)))))`;
}
