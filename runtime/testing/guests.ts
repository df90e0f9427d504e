// Guests for tests, as readable text: small modules that do one thing, good or hostile.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wabt from 'wabt';

/** Binary form of a module in the text format. */
export async function compileWat(source: string): Promise<Uint8Array<ArrayBuffer>> {
  const toolkit = await wabt();
  const module = toolkit.parseWat('guest.wat', source, { exceptions: true, tail_call: true });
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** Writes a module into a new temporary folder; answers its path. */
export async function writeGuest(source: string, name = 'guest'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-guest-'));
  const path = join(folder, `${name}.wasm`);
  await writeFile(path, await compileWat(source));
  return path;
}

/** The usual imports from WASI. */
export const IMPORTS = `
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))`;

/** `$print fd pointer length`; its scratch are the first 12 bytes of memory. */
export const PRINT = `
  (func $print (param $fd i32) (param $pointer i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $pointer))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))`;

/** The bytes of a text as a WAT string literal. */
export function watString(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`);
  return `"${bytes.join('')}"`;
}

/** A command that runs `body` (which may `call $print fd pointer length`) with `output` at 1024. */
export function command(body: string, output = '', extra = ''): string {
  return `(module ${IMPORTS}
  (memory (export "memory") 1)
  (data (i32.const 1024) ${watString(output)})
  ${PRINT} ${extra}
  (func (export "_start") ${body}))`;
}

function printOutput(output: string): string {
  return `(call $print (i32.const 1) (i32.const 1024) (i32.const ${Buffer.byteLength(output)}))`;
}

/** Writes `output` to stdout. */
export function printing(output: string): string {
  return command(printOutput(output), output);
}

/** Writes `output` to stdout, then runs `body`. */
export function printingThen(output: string, body: string): string {
  return command(`${printOutput(output)} ${body}`, output);
}

/** Writes `output` to stderr and a fixed answer to stdout. */
export function logging(output: string): string {
  const answer = '{"body":"logged"}';
  const printLog = `(call $print (i32.const 2) (i32.const ${1024 + answer.length}) (i32.const ${Buffer.byteLength(output)}))`;
  return command(`${printLog} ${printOutput(answer)}`, answer + output);
}

/** Never returns. */
export const ENDLESS_LOOP = command('(loop $again (br $again))');

/** Never returns from one instruction at a time: fills 64 MiB again and again. */
export const ENDLESS_FILL = `(module
  (memory (export "memory") 1024)
  (func (export "_start")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))
      (br $again))))`;

/** Fills 512 MiB so many times in a row, each in some 20 to 200 ms, in which nothing can interrupt it. */
export function fillingHuge(times: number): string {
  const fill = '(memory.fill (i32.const 0) (i32.const 1) (i32.const 536870912))';
  return `(module (memory (export "memory") 8192) (func (export "_start") ${fill.repeat(times)}))`;
}

export const TRAP = command('unreachable');

/** Sleeps by the monotonic clock, then answers. */
export function sleeping(ms: number): string {
  const answer = '{"body":"slept"}';
  return `(module ${IMPORTS}
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) ${watString(answer)})
  ${PRINT}
  (func (export "_start")
    (i32.store (i32.const 2064) (i32.const 1))
    (i64.store (i32.const 2072) (i64.const ${BigInt(ms) * 1_000_000n}))
    (drop (call $poll (i32.const 2048) (i32.const 4096) (i32.const 1) (i32.const 8)))
    (call $print (i32.const 1) (i32.const 1024) (i32.const ${answer.length}))))`;
}

/**
 * Answers with how often this instance was run before: memory and a global are counted up, and the larger is printed as
 * a digit. Fresh state prints 1 each time.
 */
export const COUNTER = `(module ${IMPORTS}
  (memory (export "memory") 1)
  (global $runs (mut i32) (i32.const 0))
  (data (i32.const 1024) ${watString('{"body":"?"}')})
  ${PRINT}
  (func (export "_start")
    (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
    (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
    (i32.store8 (i32.const 1033)
      (i32.add (i32.const 48)
        (select (global.get $runs) (i32.load (i32.const 64))
          (i32.gt_u (global.get $runs) (i32.load (i32.const 64))))))
    (call $print (i32.const 1) (i32.const 1024) (i32.const 12))))`;

/** A reactor: `_initialize` sets a global, `handle` answers with it (`1`) plus the calls so far (fresh state: `2`). */
export const REACTOR = reactor('');

/** The same, but its fourth call traps. */
export const COUNTING_REACTOR = reactor('(if (i32.eq (global.get $value) (i32.const 5)) (then unreachable))');

function reactor(check: string): string {
  return `(module ${IMPORTS}
  (memory (export "memory") 1)
  (global $value (mut i32) (i32.const 0))
  (data (i32.const 1024) ${watString('{"body":"?"}')})
  ${PRINT}
  (func (export "_initialize") (global.set $value (i32.const 1)))
  (func (export "handle")
    (global.set $value (i32.add (global.get $value) (i32.const 1)))
    ${check}
    (i32.store8 (i32.const 1033) (i32.add (i32.const 48) (global.get $value)))
    (call $print (i32.const 1) (i32.const 1024) (i32.const 12))))`;
}

/**
 * Answers with the request's body, byte for byte: the JSON string after `"body":` and the encoding after it are copied
 * as they stand in stdin. Takes bodies of up to about 8 MiB.
 */
export const ECHO = `(module ${IMPORTS}
  (memory (export "memory") 256)
  (data (i32.const 1024) ${watString('"body":"')})
  (data (i32.const 1040) ${watString('"encoding":"base64"')})
  ${PRINT}
  (func $is_at (param $at i32) (param $text i32) (param $length i32) (result i32)
    (local $i i32)
    (block $different
      (loop $next
        (if (i32.eq (local.get $i) (local.get $length)) (then (return (i32.const 1))))
        (br_if $different (i32.ne
          (i32.load8_u (i32.add (local.get $at) (local.get $i)))
          (i32.load8_u (i32.add (local.get $text) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (i32.const 0))
  (func (export "_start")
    (local $length i32) (local $at i32) (local $start i32)
    (block $eof
      (loop $more
        (i32.store (i32.const 0) (i32.add (i32.const 65536) (local.get $length)))
        (i32.store (i32.const 4) (i32.const 65536))
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if $eof (i32.eqz (i32.load (i32.const 8))))
        (local.set $length (i32.add (local.get $length) (i32.load (i32.const 8))))
        (br $more)))
    (local.set $at (i32.const 65536))
    (block $found
      (loop $search
        (br_if $found (call $is_at (local.get $at) (i32.const 1024) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $search)))
    (local.set $start (local.get $at))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (block $end
      (loop $scan
        (br_if $end (i32.eq (i32.load8_u (local.get $at)) (i32.const 34)))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 92))
          (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $scan)))
    (i32.store8 (i32.const 1100) (i32.const 123))
    (call $print (i32.const 1) (i32.const 1100) (i32.const 1))
    (call $print (i32.const 1) (local.get $start) (i32.add (i32.sub (local.get $at) (local.get $start)) (i32.const 1)))
    (if (call $is_at (i32.add (local.get $at) (i32.const 2)) (i32.const 1040) (i32.const 19))
      (then
        (i32.store8 (i32.const 1101) (i32.const 44))
        (call $print (i32.const 1) (i32.const 1101) (i32.const 1))
        (call $print (i32.const 1) (i32.const 1040) (i32.const 19))))
    (i32.store8 (i32.const 1102) (i32.const 125))
    (call $print (i32.const 1) (i32.const 1102) (i32.const 1))))`;
