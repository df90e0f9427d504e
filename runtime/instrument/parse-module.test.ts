import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModuleError } from '../errors.ts';
import { functionType } from './module.ts';
import { MAX_ENTRIES, parseModule } from './parse-module.ts';
import { binary, leb, RICH_MODULE, wat } from './test-modules.ts';
import { EXTERNREF, FUNCREF, functionTypeText, I32, I64 } from './types.ts';

const parsed = parseModule(RICH_MODULE);

describe('a module with everything', () => {
  test('is read section by section', () => {
    expect(parsed.imports).toEqual([
      { module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 'function', typeIndex: expect.any(Number) },
    ]);
    expect(parsed.tables).toEqual([
      { type: FUNCREF, min: 3, max: 20 },
      { type: EXTERNREF, min: 1, max: null },
    ]);
    expect(parsed.memories).toEqual([{ min: 2, max: 100 }]);
    expect(parsed.globals).toHaveLength(6);
    expect(parsed.globals.slice(0, 2)).toEqual([
      { type: I32, isMutable: true },
      { type: I64, isMutable: false },
    ]);
    expect(parsed).toMatchObject({ start: 2, elementSegmentCount: 3, dataSegmentCount: 2 });
    expect(parsed.tagTypeIndices).toHaveLength(1);
    expect(parsed.exports.map(({ name }) => name)).toEqual(['memory', 'counter', '_start']);
  });

  test('has function types and bodies where the bytes are', () => {
    expect(parsed.functionTypeIndices).toHaveLength(4);
    const [, add] = parsed.functionTypeIndices;
    expect(functionTypeText(functionType(parsed, add!)!)).toBe('(i32, i64) -> i32');
    expect(functionType(parsed, 99)).toBeUndefined();
    expect(parsed.codeRanges).toHaveLength(6);
    for (let index = 1; index < 6; index += 2) expect(RICH_MODULE[parsed.codeRanges[index]! - 1]).toBe(0x0b);
  });

  test('has sections that cover the file without a gap', () => {
    let at = 8;
    for (const section of parsed.sections) {
      expect(section.start).toBe(at);
      at = section.end;
    }
    expect(at).toBe(RICH_MODULE.byteLength);
  });
});

describe('refused with its offset', () => {
  const type = [1, [1, 0x60, 0, 0]] as const;
  test.for<{ why: string; bytes: Uint8Array; code: string; message: RegExp }>([
    {
      why: 'an unknown section',
      bytes: binary([14, []]),
      code: 'ERR_MODULE_MALFORMED',
      message: /byte 8: unknown section 14/,
    },
    {
      why: 'a section twice',
      bytes: binary(type, type),
      code: 'ERR_MODULE_MALFORMED',
      message: /section 1 comes twice/,
    },
    {
      why: 'sections out of order',
      bytes: binary([3, [0]], type),
      code: 'ERR_MODULE_MALFORMED',
      message: /out of order/,
    },
    {
      why: 'a function without body',
      bytes: binary(type, [3, [1, 0]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /1 functions are declared but 0/,
    },
    {
      why: 'a body without function',
      bytes: binary([10, [1, 2, 0, 0x0b]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /0 functions are declared but 1/,
    },
    {
      why: 'bytes after a list',
      bytes: binary([1, [0, 0]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /byte 11: 1 bytes are left after the types/,
    },
    {
      why: 'a wrong data count',
      bytes: binary([12, [1]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /1 data segments are declared but 0/,
    },
    {
      why: 'an overlong section size',
      bytes: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
      code: 'ERR_MODULE_MALFORMED',
      message: /byte 9: section size/,
    },
    {
      why: 'an unknown value type',
      bytes: binary([1, [1, 0x60, 1, 0x01, 0]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /unknown type 0x01/,
    },
    {
      why: 'an unknown import kind',
      bytes: binary([2, [1, 0, 0, 9, 0]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /unknown kind 9/,
    },
    {
      why: 'unknown limits',
      bytes: binary([5, [1, 0x10, 0]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /unknown flags 0x10/,
    },
    {
      why: 'a memory past 4 GiB',
      bytes: binary([5, [1, 1, 0, ...leb(65_537)]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /65537 pages is above the 65536/,
    },
    {
      why: 'an instruction in a constant',
      bytes: binary([6, [1, 0x7f, 0, 0x01, 0x0b]]),
      code: 'ERR_MODULE_MALFORMED',
      message: /opcode 0x01 in a constant/,
    },
    {
      why: '1,001 parameters',
      bytes: binary([1, [1, 0x60, ...leb(1001), ...Array<number>(1001).fill(0x7f), 0]]),
      code: 'ERR_MODULE_LIMIT',
      message: /1001 parameters, the limit is 1000/,
    },
    {
      why: 'GC struct',
      bytes: binary([1, [1, 0x5f, 0]]),
      code: 'ERR_MODULE_UNSUPPORTED',
      message: /the type form struct at byte 11/,
    },
    { why: 'GC array', bytes: binary([1, [1, 0x5e, 0x7f, 0]]), code: 'ERR_MODULE_UNSUPPORTED', message: /array/ },
    { why: 'GC rec', bytes: binary([1, [1, 0x4e, 0]]), code: 'ERR_MODULE_UNSUPPORTED', message: /rec/ },
    { why: 'GC sub', bytes: binary([1, [1, 0x50, 0, 0x60, 0, 0]]), code: 'ERR_MODULE_UNSUPPORTED', message: /sub/ },
    { why: 'i31ref', bytes: binary([1, [1, 0x60, 1, 0x6c, 0]]), code: 'ERR_MODULE_UNSUPPORTED', message: /i31ref/ },
    { why: 'anyref table', bytes: binary([4, [1, 0x6e, 0, 1]]), code: 'ERR_MODULE_UNSUPPORTED', message: /anyref/ },
    { why: 'memory64', bytes: wat('(module (memory i64 1))'), code: 'ERR_MODULE_UNSUPPORTED', message: /memory64/ },
    { why: 'table64', bytes: binary([4, [1, 0x70, 4, 1]]), code: 'ERR_MODULE_UNSUPPORTED', message: /table64/ },
    {
      why: 'shared memory',
      bytes: wat('(module (memory 1 1 shared))'),
      code: 'ERR_MODULE_UNSUPPORTED',
      message: /shared memory \(threads\)/,
    },
    {
      why: 'imported shared memory',
      bytes: wat('(module (import "env" "memory" (memory 1 1 shared)))'),
      code: 'ERR_MODULE_UNSUPPORTED',
      message: /threads/,
    },
  ])('$why', ({ bytes, code, message }) => {
    expect(() => parseModule(bytes)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(message),
        details: expect.objectContaining({ offset: expect.any(Number) }),
      }),
    );
  });

  test('more entries than are kept as objects, without reading them', () => {
    const globals = Array.from({ length: MAX_ENTRIES + 1 }, () => [0x7f, 0, 0x41, 0, 0x0b]).flat();
    expect(() => parseModule(binary([6, [...leb(MAX_ENTRIES + 1), ...globals]]))).toThrow(/100001 globals/);
    expect(parseModule(binary([6, [...leb(MAX_ENTRIES), ...globals.slice(5)]])).globals).toHaveLength(MAX_ENTRIES);
  });
});

test('reads a million functions', () => {
  const count = 1_000_000;
  const types = [1, [1, 0x60, 0, 0]] as const;
  const functions = [3, [...leb(count), ...Array<number>(count).fill(0)]] as const;
  const bodies = Array<number>(count * 3);
  for (let index = 0; index < bodies.length; index += 3) bodies.splice(index, 3, 2, 0, 0x0b);
  const module = parseModule(binary(types, functions, [10, leb(count).concat(bodies)]));
  expect(module.codeRanges).toHaveLength(2 * count);
});

describe('damaged modules', () => {
  /** A code or "read"; any other error fails the test. */
  const outcome = (bytes: Uint8Array): string => {
    try {
      parseModule(bytes);
      return 'read';
    } catch (error) {
      if (error instanceof ModuleError) return error.code;
      throw error;
    }
  };
  const known = expect.stringMatching(/^(read|ERR_MODULE_(MALFORMED|UNSUPPORTED|COMPONENT|LIMIT))$/);

  test('are refused, not crashed on, when they are cut off at any offset', () => {
    const sectionEnds = new Set([8, ...parsed.sections.map(({ end }) => end)]);
    const lengths = [...RICH_MODULE.keys()].filter((length) => !sectionEnds.has(length));
    const outcomes = lengths.map((length) => outcome(RICH_MODULE.slice(0, length)));
    expect(new Set(outcomes)).toEqual(new Set(['ERR_MODULE_MALFORMED']));
  });

  test('give a ModuleError or a module after any single bit flip', () => {
    for (let bit = 0; bit < RICH_MODULE.byteLength * 8; bit++) {
      const flipped = RICH_MODULE.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(outcome(flipped)).toEqual(known);
    }
  });

  test('give a ModuleError or a module when any bytes follow the header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        expect(outcome(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...tail))).toEqual(known);
      }),
      { numRuns: 2000 },
    );
  });
});
