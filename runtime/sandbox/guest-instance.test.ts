import { describe, expect, test } from 'vitest';
import { COUNTDOWN_IMPORT, HOST_MODULE, INTERRUPT_IMPORT } from '../instrument/host-names.ts';
import { ModuleCache } from '../module/module-cache.ts';
import { writeGuest } from '../testing/guests.ts';
import { Countdown } from './countdown.ts';
import { GuestInstance } from './guest-instance.ts';
import { LiveMemories } from './live-memories.ts';

const PAGE_BYTES = 65_536;
const LIMITS = { memoryBytes: 256 * PAGE_BYTES, tableEntries: 100, knownImports: new Map() };

/** @param body of `_start`; @param extra beside it */
async function instantiate(body: string, extra = '', pages = 2): Promise<GuestInstance> {
  const source = `(module (memory (export "memory") ${pages}) ${extra} (func (export "_start") ${body}))`;
  const path = await writeGuest(source);
  const { prepared } = await new ModuleCache().acquire({ path, pin: null, limits: LIMITS, isMetered: false });
  const imports = { [HOST_MODULE]: { [COUNTDOWN_IMPORT]: new Countdown().memory, [INTERRUPT_IMPORT]: () => 0 } };
  return new GuestInstance(prepared, imports, new LiveMemories());
}

function byteAt(instance: GuestInstance, at: number): number {
  return new Uint8Array(instance.memory.buffer)[at]!;
}

describe('an instance', () => {
  test('runs nothing of the guest until it is called', async () => {
    const instance = await instantiate('nop', '(func $init (i32.store8 (i32.const 5) (i32.const 9))) (start $init)');
    expect(byteAt(instance, 5)).toBe(0);
    await instance.call('wasmgate:start');
    expect(byteAt(instance, 5)).toBe(9);
  });

  test('knows what it exports', async () => {
    const instance = await instantiate('nop');
    expect(instance.has('_start')).toBe(true);
    expect(instance.has('_initialize')).toBe(false);
  });

  test('rejects with the trap of what it was called for, and can be called again', async () => {
    const instance = await instantiate(
      `(i32.store8 (i32.const 5) (i32.add (i32.load8_u (i32.const 5)) (i32.const 1))) unreachable`,
    );
    await expect(instance.call('_start')).rejects.toThrow(WebAssembly.RuntimeError);
    await expect(instance.call('_start')).rejects.toThrow(WebAssembly.RuntimeError);
    expect(byteAt(instance, 5)).toBe(2);
  });
});

describe('what was captured', () => {
  test('comes back, memory and globals, as often as it is wanted', async () => {
    const instance = await instantiate(
      `(if (i32.ne (global.get $count) (i32.const 7)) (then unreachable))
       (if (i64.ne (global.get $long) (i64.const -1)) (then unreachable))
       (global.set $count (i32.const 8))
       (global.set $long (i64.const 8))
       (memory.fill (i32.const 0) (i32.const 8) (i32.const ${2 * PAGE_BYTES}))`,
      `(global $count (mut i32) (i32.const 7)) (global $long (mut i64) (i64.const -1))
       (data (i32.const 100) "kept")`,
    );
    const before = Buffer.from(instance.memory.buffer.slice(0));
    instance.capture();
    for (let i = 0; i < 5; i++) {
      await instance.call('_start');
      expect(byteAt(instance, 2 * PAGE_BYTES - 1)).toBe(8);
      expect(instance.restore()).toBe(true);
      expect(before.equals(new Uint8Array(instance.memory.buffer))).toBe(true);
    }
  });

  test('is nothing before the capture', async () => {
    expect((await instantiate('nop')).restore()).toBe(false);
  });

  test('does not come back once memory has grown', async () => {
    const instance = await instantiate('(drop (memory.grow (i32.const 1)))');
    instance.capture();
    expect(instance.restore()).toBe(true);
    await instance.call('_start');
    expect(instance.restore()).toBe(false);
  });

  test.for([
    { pages: 64, comesBack: true },
    { pages: 65, comesBack: false },
  ])('comes back with $pages pages of memory: $comesBack', async ({ pages, comesBack }) => {
    const instance = await instantiate('nop', '', pages);
    instance.capture();
    expect(instance.restore()).toBe(comesBack);
  });

  test.for([
    { what: 'changes a table', body: '(table.set $t (i32.const 0) (ref.null func))', extra: '(table $t 1 funcref)' },
    { what: 'drops a segment of data', body: '(data.drop $d)', extra: '(data $d "secret")' },
    { what: 'drops a segment of elements', body: '(elem.drop $e)', extra: '(elem $e funcref (ref.null func))' },
    { what: 'has a global that is a NaN', body: 'nop', extra: '(global (mut f32) (f32.const nan:0x200001))' },
    { what: 'has a vector as a global', body: 'nop', extra: '(global (mut v128) (v128.const i64x2 0 0))' },
  ])('does not come back in a module that $what', async ({ body, extra }) => {
    const instance = await instantiate(body, extra);
    instance.capture();
    expect(instance.restore()).toBe(false);
  });

  test('comes back in a module with a table that no code changes', async () => {
    const instance = await instantiate('nop', '(table 1 funcref) (elem (i32.const 0) $f) (func $f)');
    instance.capture();
    expect(instance.restore()).toBe(true);
  });
});
