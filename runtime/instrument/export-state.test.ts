import { describe, expect, test } from 'vitest';
import { instrument } from './instrument.ts';
import { TestHost } from './test-host.ts';
import { wat } from './test-modules.ts';

const exported = (fields: string) => instrument(wat(`(module ${fields})`), { exportState: true, exportStart: true });

describe('state', () => {
  test('in mutable globals can be read and restored', () => {
    const host = new TestHost(
      exported(`(global $count (mut i32) (i32.const 1)) (global $limit i32 (i32.const 9))
        (global $named (export "named") (mut i64) (i64.const 2))
        (func (export "run") (result i32)
          (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))`),
    );
    expect(host.call('run')).toBe(2);
    host.global('wasmgate:global/0').value = 1;
    expect(host.call('run')).toBe(2);
    expect(host.global('named').value).toBe(2n);
    expect(host.instance.exports['wasmgate:global/1']).toBeUndefined();
  });

  test.for([
    { change: '(table.set $t (i32.const 0) (ref.null func))', tables: ['wasmgate:table/0'] },
    { change: '(drop (table.grow $t (ref.null func) (i32.const 1)))', tables: ['wasmgate:table/0'] },
    { change: '(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))', tables: ['wasmgate:table/0'] },
    { change: '(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 1))', tables: ['wasmgate:table/0'] },
    { change: '(table.init $u $e (i32.const 0) (i32.const 0) (i32.const 1))', tables: ['wasmgate:table/0', 'u'] },
    { change: '(drop (table.get $t (i32.const 0)))', tables: [] },
    { change: '(drop (table.size $t))', tables: [] },
  ])('in tables is exported for what code changes: $change', ({ change, tables }) => {
    const { facts, bytes } = exported(
      `(table $t 1 funcref) (table $u (export "u") 1 funcref) (func $f) (elem $e func $f) (func ${change})`,
    );
    expect(facts.state?.tables.map(({ exportName }) => exportName)).toEqual(tables);
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  test('that JavaScript cannot reach is named', () => {
    const { facts } = exported(
      '(global (mut v128) (v128.const i32x4 0 0 0 0)) (global v128 (v128.const i32x4 0 0 0 0))',
    );
    expect(facts.state).toMatchObject({ globals: [], unreachable: ['global 0 of type v128'] });
  });

  test.for([
    { code: '(data.drop $d)', dropsSegments: true },
    { code: '(elem.drop $e)', dropsSegments: true },
    { code: '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))', dropsSegments: false },
  ])('of passive segments is told: $code', ({ code, dropsSegments }) => {
    const { facts } = exported(`(memory 1) (data $d "x") (func $f) (elem $e func $f) (func ${code})`);
    expect(facts.state?.dropsSegments).toBe(dropsSegments);
  });
});

describe('the start function', () => {
  test('runs when the host calls it and not before', () => {
    const { bytes, facts } = exported(
      '(global $x (export "x") (mut i32) (i32.const 0)) (func $main (global.set $x (i32.const 1))) (start $main)',
    );
    const host = new TestHost({ bytes, facts });
    expect(host.global('x').value).toBe(0);
    host.call(facts.startExport ?? '');
    expect(host.global('x').value).toBe(1);
  });

  test('is null where there is none', () => {
    expect(exported('(func)').facts.startExport).toBeNull();
  });

  const referenced = (declared: string) => exported(`(func $main (drop (ref.func $main))) (start $main) ${declared}`);

  test.for(['(elem declare func $main)', '(export "main" (func $main))', '(global funcref (ref.func $main))'])(
    'may be referenced by code where it is declared by %s',
    (declared) => {
      expect(WebAssembly.validate(referenced(declared).bytes)).toBe(true);
    },
  );

  test('does not become a declared function by its export', () => {
    expect(() => referenced('')).toThrow(/not declared/);
  });
});

describe('the memory', () => {
  test('is the one that the host gives, with its content', () => {
    const bytes = wat(`(module (memory (export "memory") 1) (data (i32.const 1) "hello")
      (func (export "run") (result i32) (memory.grow (i32.const 2))))`);
    const { facts, bytes: imported } = instrument(bytes, { importMemory: { maxPages: 2 } });
    expect(facts.memory).toEqual({ module: 'wasmgate:host', name: 'memory', minPages: 1, maxPages: 2 });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(imported), { 'wasmgate:host': { memory } });
    expect(exports['memory']).toBe(memory);
    expect(Buffer.from(memory.buffer, 1, 5).toString()).toBe('hello');
    const { run } = exports;
    expect(typeof run === 'function' && run()).toBe(-1);
  });

  test.for([
    { declared: '1', maxPages: 10 },
    { declared: '1 9', maxPages: 9 },
    { declared: '1 11', maxPages: 10 },
  ])('with the limits $declared may grow to $maxPages pages of at most 10', ({ declared, maxPages }) => {
    const bytes = wat(`(module (memory ${declared}))`);
    expect(instrument(bytes, { importMemory: { maxPages: 10 } }).facts.memory).toMatchObject({ maxPages });
  });

  test('that the module imports itself stays as it is', () => {
    const bytes = wat('(module (import "env" "memory" (memory 1)))');
    expect(instrument(bytes, { importMemory: {} })).toMatchObject({ bytes, facts: { memory: null } });
  });
});
