import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { instrument } from './instrument.ts';
import { parseModule } from './parse-module.ts';
import { RICH_MODULE, wat } from './test-modules.ts';

const clamp = (bytes: Uint8Array, maxTableEntries: number): Uint8Array<ArrayBuffer> =>
  instrument(bytes, { maxTableEntries }).bytes;

test.for([
  { declared: '1', max: 10, why: 'none is declared' },
  { declared: '1 9', max: 9, why: 'a lower one is declared' },
  { declared: '1 10', max: 10, why: 'the same is declared' },
  { declared: '1 11', max: 10, why: 'a higher one is declared' },
  { declared: '10', max: 10, why: 'the minimum is the limit' },
])('sets the maximum to $max when $why', ({ declared, max }) => {
  const { tables } = parseModule(clamp(wat(`(module (table ${declared} funcref) (table ${declared} externref))`), 10));
  expect(tables.map((table) => table.max)).toEqual([max, max]);
});

test('lets a table grow up to the limit and not past it', () => {
  const bytes = clamp(
    wat(`(module (table $t 1 funcref)
      (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0))))`),
    5,
  );
  const { grow } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  if (typeof grow !== 'function') throw new Error('the export is missing');
  expect([grow(5), grow(4), grow(1)]).toEqual([-1, 1, -1]);
});

test('refuses a table that starts above the limit', () => {
  expect(() => clamp(wat('(module (table 10000000 funcref))'), 10_000)).toThrow(
    expect.objectContaining({
      code: 'ERR_MODULE_LIMIT',
      message: expect.stringMatching(/starts with 10000000 entries, the limit is 10000; raise limits.tableEntries/),
    }),
  );
});

test('leaves an imported table to the host', () => {
  const bytes = wat('(module (import "a" "t" (table 20 funcref)))');
  expect(clamp(bytes, 10)).toEqual(bytes);
});

test('changes nothing but limits, and a second time nothing at all', () => {
  const once = clamp(RICH_MODULE, 10);
  expect(clamp(once, 10)).toEqual(once);
  const {
    bytes: _,
    sections: before,
    codeRanges: __,
    typeOffsets: ___,
    tables: ____,
    ...plain
  } = parseModule(RICH_MODULE);
  const { sections: after, ...clamped } = parseModule(once);
  expect(clamped).toMatchObject(plain);
  expect(after.map(({ id, name }) => [id, name])).toEqual(before.map(({ id, name }) => [id, name]));
});

test('keeps a valid module valid whatever the limits are', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), fc.integer({ min: 20, max: 70_000 }), (min, more, limit) => {
      const bytes = wat(`(module (table ${min} ${min + more} funcref))`);
      expect(WebAssembly.validate(clamp(bytes, limit))).toBe(true);
    }),
  );
});
