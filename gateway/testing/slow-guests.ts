// Guests that are neither quick nor in an endless loop.

import { watString } from '../../runtime/testing/guests.ts';

const ANSWER = '{"body":"slow"}';
/** Bytes of stdin from which on a request is long for {@link waitingIfLong}. */
const LONG_BYTES = 4000;

/** Sleeps for so many milliseconds, then answers `slow`. */
export function waiting(ms: number): string {
  return waitingIf(ms, '(i32.const 1)');
}

/** The same for a request with 4,000 bytes or more; a shorter one is answered at once. */
export function waitingIfLong(ms: number): string {
  return waitingIf(ms, `(i32.ge_u (call $stdin_bytes) (i32.const ${LONG_BYTES}))`);
}

function waitingIf(ms: number, condition: string): string {
  return `(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) ${watString(ANSWER)})
    (func $stdin_bytes (result i32)
      (i32.store (i32.const 300) (i32.const 32768))
      (i32.store (i32.const 304) (i32.const 16384))
      (drop (call $fd_read (i32.const 0) (i32.const 300) (i32.const 1) (i32.const 308)))
      (i32.load (i32.const 308)))
    (func (export "_start")
      ;; A subscription to the monotonic clock: clock id at 16, relative timeout in nanoseconds at 24.
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const ${ms}000000))
      (if ${condition}
        (then (if (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)) (then unreachable))))
      (i32.store (i32.const 200) (i32.const 1024))
      (i32.store (i32.const 204) (i32.const ${ANSWER.length}))
      (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 208)))))`;
}

/** Fills 64 MiB so many times in a row, without a loop: nowhere does it ask whether it may go on. */
export function filling(times: number): string {
  const fill = '(memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))';
  return `(module (memory (export "memory") 1024) (func (export "_start") ${fill.repeat(times)}))`;
}
