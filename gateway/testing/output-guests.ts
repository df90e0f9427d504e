// Guests whose output is wrong in ways that `printing` of a text cannot show.

import { command, watString } from '../../runtime/testing/guests.ts';

const STDOUT = '(i32.const 1)';

/** Writes bytes that need not be text. */
export function printingBytes(...bytes: readonly number[]): string {
  const literal = bytes.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  return command(
    `(call $print ${STDOUT} (i32.const 4096) (i32.const ${bytes.length}))`,
    '',
    `(data (i32.const 4096) "${literal}")`,
  );
}

/** Writes `before`, then `times` times the character `filler` in writes of `chunk` bytes (at most 32 KiB), then `after`. */
export function printingMany(before: string, filler: string, chunk: number, times: number, after: string): string {
  const at = (index: number): string => `(i32.const ${1024 + index})`;
  return command(
    `(local $left i32)
    (local.set $left (i32.const ${times}))
    (memory.fill (i32.const 32768) (i32.const ${filler.charCodeAt(0)}) (i32.const ${chunk}))
    (call $print ${STDOUT} ${at(0)} (i32.const ${before.length}))
    (loop $again
      (call $print ${STDOUT} (i32.const 32768) (i32.const ${chunk}))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (call $print ${STDOUT} ${at(before.length)} (i32.const ${after.length}))`,
    before + after,
  );
}

/** Answers `refused` if `fd_write` refuses the list of buffers, and traps if it takes it. */
export function writingIovec({ pointer = 1024, length = 1, count = 1 }): string {
  const answer = '{"body":"refused"}';
  return command(
    `(i32.store (i32.const 0) (i32.const ${pointer | 0}))
    (i32.store (i32.const 4) (i32.const ${length | 0}))
    (if (i32.eqz (call $fd_write ${STDOUT} (i32.const 0) (i32.const ${count | 0}) (i32.const 8))) (then unreachable))
    (call $print ${STDOUT} (i32.const 1024) (i32.const ${answer.length}))`,
    answer,
  );
}

/** Writes `{"body":"aa"}` from two buffers that share a byte of memory, with one call. */
export const OVERLAPPING_IOVECS = command(
  `(i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 10))
  (i32.store (i32.const 8) (i32.const 1033)) (i32.store (i32.const 12) (i32.const 3))
  (drop (call $fd_write ${STDOUT} (i32.const 0) (i32.const 2) (i32.const 16)))`,
  '{"body":"a"}',
);

/** Writes a line to stderr again and again, for ever. */
export const ENDLESS_LOG = command(
  '(loop $again (call $print (i32.const 2) (i32.const 1024) (i32.const 5)) (br $again))',
  'spam\n',
);

/** Answers with a body of `length` times one letter and a header of `headerLength`. */
export function answeringLarge(length: number, headerLength: number): string {
  const header = `{"headers":{"x-large":"${'h'.repeat(headerLength)}"},"body":"`;
  const pages = Math.ceil((header.length + length + 4096) / 65_536);
  return `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") ${pages})
    (data (i32.const 1024) ${watString(header)})
    (func (export "_start")
      (memory.fill (i32.const ${1024 + header.length}) (i32.const 97) (i32.const ${length}))
      (i32.store16 (i32.const ${1024 + header.length + length}) (i32.const 0x7d22))
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const ${header.length + length + 2}))
      (drop (call $fd_write ${STDOUT} (i32.const 0) (i32.const 1) (i32.const 8)))))`;
}
