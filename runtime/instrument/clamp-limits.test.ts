import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clampLimits, PAGE_BYTES } from './clamp-limits.ts';
import { parseModule } from './parse-module.ts';
import { RICH_MODULE, wat } from './test-modules.ts';

const clampedLimits = (text: string, pages: number, tableEntries: number) => {
  const { memories, tables } = parseModule(clampLimits(wat(text), { memoryBytes: pages * PAGE_BYTES, tableEntries }));
  return { memories, tables: tables.map(({ min, max }) => ({ min, max })) };
};

test.for([
  { declared: '1', max: 10, why: 'none is declared' },
  { declared: '1 9', max: 9, why: 'a lower one is declared' },
  { declared: '1 10', max: 10, why: 'the same is declared' },
  { declared: '1 11', max: 10, why: 'a higher one is declared' },
  { declared: '10', max: 10, why: 'the minimum is the budget' },
])('sets the maximum to $max when $why', ({ declared, max }) => {
  const { memories, tables } = clampedLimits(`(module (memory ${declared}) (table ${declared} funcref))`, 10, 10);
  expect([memories[0]!.max, tables[0]!.max]).toEqual([max, max]);
});

test('lets memory and tables grow up to the budget and not past it', () => {
  const bytes = clampLimits(
    wat(`(module
      (memory 1) (table $t 1 funcref)
      (func (export "growMemory") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "growTable") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0))))`),
    { memoryBytes: 3 * PAGE_BYTES + 1, tableEntries: 5 },
  );
  const { growMemory, growTable } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  if (typeof growMemory !== 'function' || typeof growTable !== 'function') throw new Error('exports are missing');
  expect([growMemory(3), growMemory(2), growMemory(1)]).toEqual([-1, 1, -1]);
  expect([growTable(5), growTable(4), growTable(1)]).toEqual([-1, 1, -1]);
});

test.for([
  { text: '(module (memory 11))', message: /memory starts with 11 pages of 64 KiB, the limit is 10/ },
  { text: '(module (table 10000000 funcref))', message: /table starts with 10000000 entries, the limit is 10/ },
])('refuses a minimum above the budget: $text', ({ text, message }) => {
  expect(() => clampedLimits(text, 10, 10)).toThrow(
    expect.objectContaining({ code: 'ERR_MODULE_LIMIT', message: expect.stringMatching(message) }),
  );
});

test('leaves imported memories and tables to the host', () => {
  const text = '(module (import "a" "m" (memory 20)) (import "a" "t" (table 20 funcref)))';
  expect(clampedLimits(text, 10, 10)).toEqual({ memories: [{ min: 20, max: null }], tables: [{ min: 20, max: null }] });
});

test('changes nothing but limits, and a second time nothing at all', () => {
  const options = { memoryBytes: 10 * PAGE_BYTES, tableEntries: 10 };
  const once = clampLimits(RICH_MODULE, options);
  expect(clampLimits(once, options)).toEqual(once);
  const { bytes: _, sections: before, codeRanges: __, typeOffsets: ___, ...plain } = parseModule(RICH_MODULE);
  const { sections: after, ...clamped } = parseModule(once);
  expect(clamped).toMatchObject({
    ...plain,
    memories: [{ min: 2, max: 10 }],
    tables: [
      { min: 3, max: 10 },
      { min: 1, max: 10 },
    ],
  });
  expect(after.map(({ id, name }) => [id, name])).toEqual(before.map(({ id, name }) => [id, name]));
});

test('keeps a valid module valid whatever the limits are', () => {
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.nat(20),
      fc.integer({ min: 20, max: 70_000 }),
      fc.nat(70_000),
      (min, more, pages, entries) => {
        const bytes = wat(`(module (memory ${min} ${min + more}) (table ${min} ${min + more} funcref))`);
        const clamped = clampLimits(bytes, { memoryBytes: pages * PAGE_BYTES, tableEntries: entries + 20 });
        expect(WebAssembly.validate(clamped)).toBe(true);
      },
    ),
  );
});
