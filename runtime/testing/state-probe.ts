// A guest that tells what state it found, then leaves a secret wherever an instance can remember one: all of memory,
// globals, tables, dropped segments. Two invocations that answer the same have started from the same state.

import { IMPORTS, PRINT, watString } from './guests.ts';

export interface StateProbeOptions {
  readonly kind: 'command' | 'reactor';
  readonly minPages: number;
  /** Its code changes its table. */
  readonly changesTable: boolean;
  /** Its code drops its passive segments. */
  readonly dropsSegments: boolean;
  /** Initial value of its f32, in the text format. */
  readonly f32: string;
}

/**
 * What it does once it has answered, chosen by the request's body. `read`: nothing; the others leave a secret first, and
 * then: `write` returns, `grow` has grown memory before, `trap` traps, `loop` never returns, `exit` exits with 0,
 * `fail` with 3.
 */
export type StateProbeMode = 'read' | 'write' | 'grow' | 'trap' | 'loop' | 'exit' | 'fail';

/** The body that chooses it. */
export function probeBody(mode: StateProbeMode): Uint8Array {
  return Buffer.from(mode[0]!);
}

const SECRET = 0x53;
/** `"body":"` as the i64 that a load of it gives. */
const BODY_KEY = Buffer.from('"body":"').readBigInt64LE();

const CHANGE_TABLE = `
    (table.set $table (i32.const 0) (ref.func $two))
    (drop (table.grow $table (ref.func $one) (i32.const 3)))
    (table.fill $table (i32.const 2) (ref.func $one) (i32.const 3))`;

/** They come out of their segments, or it traps: the scratch they are put into is set back. */
const FIND_SEGMENTS = `
    (memory.init $passive_bytes (i32.const 512) (i32.const 0) (i32.const 8))
    (local.set $digest (call $mix (local.get $digest) (i64.load (i32.const 512))))
    (i64.store (i32.const 512) (i64.const 0))
    (table.init $table $passive_elements (i32.const 0) (i32.const 0) (i32.const 1))
    (local.set $digest (call $mix (local.get $digest) (call $digest_table)))
    (table.set $table (i32.const 0) (ref.null func))`;

/** Memory, table, the answer's digits, and the first character of the request's body. */
const DIGEST = `
  (func $mix (param $digest i64) (param $value i64) (result i64)
    (i64.mul
      (i64.xor (i64.rotl (local.get $digest) (i64.const 5)) (local.get $value))
      (i64.const 0x9e3779b97f4a7c15)))
  (func $digest_memory (result i64) (local $at i32) (local $end i32) (local $digest i64)
    (local.set $end (i32.mul (memory.size) (i32.const 65536)))
    (loop $next
      (local.set $digest (call $mix (local.get $digest) (i64.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
    (call $mix (local.get $digest) (i64.extend_i32_u (local.get $end))))
  (func $digest_table (result i64) (local $at i32) (local $digest i64)
    (loop $next
      (local.set $digest (call $mix (local.get $digest)
        (if (result i64) (ref.is_null (table.get $table (local.get $at)))
          (then (i64.const 9))
          (else (i64.extend_i32_u (call_indirect $table (type $answer) (local.get $at)))))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (table.size $table))))
    (local.get $digest))
  (func $to_hex (param $digest i64) (local $at i32) (local $digit i32)
    (local.set $at (i32.const 1048))
    (loop $next
      (local.set $digit (i32.and (i32.wrap_i64 (local.get $digest)) (i32.const 15)))
      (i32.store8 (local.get $at) (i32.add (local.get $digit)
        (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $digest (i64.shr_u (local.get $digest) (i64.const 4)))
      (br_if $next (i32.ge_u (local.tee $at (i32.sub (local.get $at) (i32.const 1))) (i32.const 1033)))))
  (func $read_mode (result i32) (local $at i32)
    (i32.store (i32.const 0) (i32.const 2048))
    (i32.store (i32.const 4) (i32.const 16384))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $at (i32.const 2048))
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i64.ne (i64.load (local.get $at)) (i64.const ${BODY_KEY}))))
    (i32.load8_u (i32.add (local.get $at) (i32.const 8))))`;

/** Answers with a digest of all that it found, as 16 hex digits. */
export function stateProbe({ kind, minPages, changesTable, dropsSegments, f32 }: StateProbeOptions): string {
  const entry = kind === 'command' ? '(export "_start")' : '(export "handle")';
  const mode = (name: StateProbeMode): string => `(i32.eq (local.get $mode) (i32.const ${probeBody(name)[0]}))`;
  return `(module ${IMPORTS}
  (memory (export "memory") ${minPages})
  (global $i32 (mut i32) (i32.const 1))
  (global $i64 (mut i64) (i64.const 2))
  (global $f32 (mut f32) (f32.const ${f32}))
  (global $f64 (mut f64) (f64.const 4.5))
  (type $answer (func (result i32)))
  (table $table 4 funcref)
  (elem (i32.const 1) $one $two)
  (elem $passive_elements funcref (ref.func $two))
  (data (i32.const 1024) ${watString('{"body":"0123456789abcdef"}')})
  (data $passive_bytes "\\07\\06\\05\\04\\03\\02\\01\\00")
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  ${PRINT}
  ${DIGEST}
  (func $found (result i64) (local $digest i64)
    (local.set $digest (call $digest_memory))
    (local.set $digest (call $mix (local.get $digest) (i64.extend_i32_u (global.get $i32))))
    (local.set $digest (call $mix (local.get $digest) (global.get $i64)))
    (local.set $digest (call $mix (local.get $digest) (i64.extend_i32_u (i32.reinterpret_f32 (global.get $f32)))))
    (local.set $digest (call $mix (local.get $digest) (i64.reinterpret_f64 (global.get $f64))))
    (local.set $digest (call $mix (local.get $digest) (call $digest_table)))
    ${dropsSegments ? FIND_SEGMENTS : ''}
    (local.get $digest))
  (func $leave_secret
    (memory.fill (i32.const 0) (i32.const ${SECRET}) (i32.mul (memory.size) (i32.const 65536)))
    (global.set $i32 (i32.const 0x53535353))
    (global.set $i64 (i64.const 0x5353535353535353))
    (global.set $f32 (f32.reinterpret_i32 (i32.const 0x7fa53535)))
    (global.set $f64 (f64.const 53.53))
    ${changesTable ? CHANGE_TABLE : ''}
    ${dropsSegments ? '(data.drop $passive_bytes) (elem.drop $passive_elements)' : ''})
  (func $initialize ${kind === 'command' ? '' : '(export "_initialize")'}
    (drop (memory.grow (i32.const 1)))
    (memory.fill (i32.const ${minPages * 65_536 + 100}) (i32.const 7) (i32.const 1000))
    (global.set $i32 (i32.const 100))
    (global.set $i64 (i64.const -200))
    (global.set $f64 (f64.const -0.0))
    ${changesTable ? '(table.set $table (i32.const 3) (ref.func $two))' : ''})
  (func ${entry} (local $mode i32)
    (call $to_hex (call $found))
    (local.set $mode (call $read_mode))
    (call $print (i32.const 1) (i32.const 1024) (i32.const 27))
    (if ${mode('read')} (then (return)))
    (if ${mode('grow')} (then (drop (memory.grow (i32.const 1)))))
    (call $leave_secret)
    (if ${mode('trap')} (then unreachable))
    (if ${mode('loop')} (then (loop $again (br $again))))
    (if ${mode('exit')} (then (call $proc_exit (i32.const 0))))
    (if ${mode('fail')} (then (call $proc_exit (i32.const 3))))))`;
}
