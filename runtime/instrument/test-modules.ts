// Modules for tests: text format → bytes, and binaries put together by hand where the text format cannot say it.

import wabtInit from 'wabt';
import { BinaryWriter } from './binary-writer.ts';

const wabt = await wabtInit();

const FEATURES = {
  exceptions: true,
  simd: true,
  threads: true,
  tail_call: true,
  gc: true,
  memory64: true,
  extended_const: true,
  relaxed_simd: true,
  reference_types: true,
  bulk_memory: true,
  multi_value: true,
};

/** @param text the module in text format; what is not valid is written all the same. */
export function wat(text: string): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat('test.wat', text, FEATURES);
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** A module of these sections: pairs of id and content. */
export function binary(
  ...sections: readonly (readonly [id: number, content: readonly number[]])[]
): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  for (const [id, content] of sections) writer.section(id, (section) => section.raw(content));
  return writer.toBytes();
}

export function leb(value: number): number[] {
  const writer = new BinaryWriter();
  writer.u32(value);
  return [...writer.bytes()];
}

/** A module with something in every section. */
export const RICH_MODULE = wat(
  `
  (module
    (type $binary (func (param i32 i64) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (tag $oops (param i32))
    (memory (export "memory") 2 100)
    (table $table 3 20 funcref)
    (table 1 externref)
    (global $counter (mut i32) (i32.const -5))
    (global $big i64 (i64.const 0x7fffffffffffffff))
    (global $pi f64 (f64.const 3.14))
    (global $vector v128 (v128.const i32x4 1 2 3 4))
    (global $function funcref (ref.func $add))
    (global $sum i32 (i32.add (i32.const 1) (i32.const 2)))
    (export "counter" (global $counter))
    (func $add (type $binary) (local i32 i32 f64)
      (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))))
    (func $init (global.set $counter (call $add (i32.const 1) (i64.const 2))))
    (func (export "_start")
      (block (loop (br_if 1 (i32.eqz (global.get $counter))) (br 0)))
      (drop (call_indirect (type $binary) (i32.const 1) (i64.const 1) (i32.const 0))))
    (start $init)
    (elem (i32.const 0) $add $add)
    (elem $passive funcref (ref.func $add) (ref.null func))
    (elem declare func $init)
    (data (i32.const 8) "hello")
    (data $later "world"))`,
);
