import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModuleError } from '../errors.ts';
import { MAX_NESTED_LOOPS } from './control-stack.ts';
import type { InstrumentOptions } from './instrument.ts';
import { instrument } from './instrument.ts';
import { SECTION } from './module.ts';
import { OPCODE } from './opcodes.ts';
import { parseModule } from './parse-module.ts';
import { programs } from './test-programs.ts';
import { TestHost } from './test-host.ts';
import { binary, leb, RICH_MODULE, wat } from './test-modules.ts';

const ALL: InstrumentOptions = {
  importMemory: { maxPages: 1000 },
  maxTableEntries: 1000,
  interrupt: true,
  fuel: { initial: 10n ** 12n },
  exportState: true,
  exportStart: true,
};

const COMBINATIONS: readonly { name: string; options: InstrumentOptions }[] = [
  { name: 'none', options: {} },
  { name: 'import-memory', options: { importMemory: {} } },
  { name: 'interrupt', options: { interrupt: true } },
  { name: 'fuel', options: { fuel: { initial: 10n ** 12n } } },
  { name: 'interrupt and fuel', options: { interrupt: true, fuel: { initial: 10n ** 12n } } },
  { name: 'all', options: ALL },
];

/** What can be seen of a run from outside. */
interface Outcome {
  readonly result: unknown;
  readonly global: unknown;
  readonly memory: string;
}

function observe(instance: WebAssembly.Instance, memory: WebAssembly.Memory, argument: number): Outcome {
  const { run, global } = instance.exports;
  if (typeof run !== 'function' || !(global instanceof WebAssembly.Global)) throw new Error('not a random program');
  let result: unknown;
  try {
    result = run(argument);
  } catch (error) {
    result = String(error);
  }
  return { result, global: global.value, memory: Buffer.from(memory.buffer).toString('latin1') };
}

function memoryOf(instance: WebAssembly.Instance): WebAssembly.Memory {
  const { memory } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('no memory');
  return memory;
}

describe('an instrumented program', () => {
  test.for(COMBINATIONS)('does what the plain one does ($name)', ({ options }) => {
    fc.assert(
      fc.property(programs, fc.integer({ min: 0, max: 9 }), (text, argument) => {
        const bytes = wat(text);
        const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes));
        const host = new TestHost(instrument(bytes, options));
        // Also when it is interrupted right away.
        host.countdown[0] = argument % 2 === 0 ? 0 : -1;
        expect(observe(host.instance, memoryOf(host.instance), argument)).toEqual(
          observe(plain, memoryOf(plain), argument),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('is the same, byte for byte, for the same bytes and options', () => {
    fc.assert(
      fc.property(programs, (text) => {
        const bytes = wat(text);
        expect(instrument(bytes, ALL).bytes).toEqual(instrument(bytes.slice(), ALL).bytes);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a module with everything', () => {
  test.for(COMBINATIONS)('is valid and keeps its sections ($name)', ({ options }) => {
    const { bytes } = instrument(RICH_MODULE, options);
    expect(WebAssembly.validate(bytes)).toBe(true);
    const before = parseModule(RICH_MODULE);
    const after = parseModuleOfOurs(bytes);
    const ids = after.map(({ id }) => id).filter((id) => id !== SECTION.custom);
    const kept = before.sections
      .map(({ id }) => id)
      .filter((id) => {
        const isDropped = id === SECTION.memory || id === SECTION.start;
        return id !== SECTION.custom && !isDropped;
      });
    expect(ids).toEqual(expect.arrayContaining(kept));
    expect(after.some(({ name }) => name === 'name')).toBe(true);
  });

  test('tells the host what to provide and what it may use', () => {
    expect(instrument(RICH_MODULE, ALL).facts).toEqual({
      memory: { module: 'wasmgate:host', name: 'memory', minPages: 2, maxPages: 100 },
      state: {
        globals: [{ exportName: 'counter', index: 0, type: 'i32' }],
        tables: [],
        unreachable: [],
        dropsSegments: false,
      },
      startExport: 'wasmgate:start',
    });
  });
});

/** Shared memories, which the interrupt pass imports, are refused by parseModule: only the sections are read. */
function parseModuleOfOurs(bytes: Uint8Array): { id: number; name: string | null }[] {
  const sections: { id: number; name: string | null }[] = [];
  for (let offset = 8; offset < bytes.byteLength;) {
    const id = bytes[offset++]!;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++]!;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const nameLength = bytes[offset]!;
    const name = id === 0 ? Buffer.from(bytes.subarray(offset + 1, offset + 1 + nameLength)).toString() : null;
    sections.push({ id, name });
    offset += size;
  }
  return sections;
}

describe('validity', () => {
  const settle = (bytes: Uint8Array<ArrayBuffer>, options: InstrumentOptions): 'refused' | 'valid' | 'invalid' => {
    try {
      return WebAssembly.validate(instrument(bytes, options).bytes) ? 'valid' : 'invalid';
    } catch (error) {
      if (error instanceof ModuleError) return 'refused';
      throw error;
    }
  };

  test.for(COMBINATIONS)(
    'is never given to a module that has none, after 1,000 changes of bits ($name)',
    ({ options }) => {
      const bit = fc.nat(RICH_MODULE.byteLength * 8 - 1);
      fc.assert(
        fc.property(fc.array(bit, { minLength: 1, maxLength: 3 }), (bits) => {
          const changed = RICH_MODULE.slice();
          for (const bit of bits) changed[bit >> 3]! ^= 1 << (bit & 7);
          const expected = WebAssembly.validate(changed) ? ['valid', 'refused'] : ['invalid', 'refused'];
          expect(expected).toContain(settle(changed, options));
        }),
        { numRuns: 1000 },
      );
    },
  );

  test('is never given to a module that is cut off, at any offset', () => {
    for (let length = 0; length < RICH_MODULE.byteLength; length++) {
      const cut = RICH_MODULE.slice(0, length);
      expect(WebAssembly.validate(cut) ? ['valid', 'refused'] : ['invalid', 'refused']).toContain(settle(cut, ALL));
    }
  });

  const type = [1, [1, 0x60, 0, 0]] as const;
  const oneFunction = [3, [1, 0]] as const;
  const body = (...code: number[]) => [10, [1, code.length + 2, 0, ...code, 0x0b]] as const;
  const global = [6, [1, 0x7f, 1, 0x41, 0, 0x0b]] as const;
  test.for<{ what: string; bytes: Uint8Array<ArrayBuffer> }>([
    { what: 'the added function', bytes: binary(type, oneFunction, body(0x10, 1)) },
    { what: 'the fuel counter', bytes: binary(type, oneFunction, global, body(0x23, 1, 0x1a)) },
    { what: 'the fuel counter in an export', bytes: binary(global, [7, [1, 1, 0x66, 3, 1]]) },
    {
      what: 'the countdown in a load',
      bytes: binary(type, oneFunction, [5, [1, 0, 1]], body(0x41, 0, 0x28, 0x42, 1, 0, 0x1a)),
    },
    {
      what: 'the countdown in memory.fill',
      bytes: binary(type, oneFunction, [5, [1, 0, 1]], body(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 1)),
    },
    { what: 'the countdown in an export', bytes: binary([5, [1, 0, 1]], [7, [1, 1, 0x6d, 2, 1]]) },
    { what: 'the countdown in a data segment', bytes: binary([5, [1, 0, 1]], [11, [1, 2, 1, 0x41, 0, 0x0b, 1, 0]]) },
    {
      what: 'the countdown where there is no memory',
      bytes: binary(type, oneFunction, body(0x41, 0, 0x28, 2, 0, 0x1a)),
    },
    { what: 'an added local', bytes: binary(type, oneFunction, body(0x20, 0, 0x1a, 0x03, 0x40, 0x0b)) },
    { what: 'the added type', bytes: binary(type, oneFunction, body(0x02, 1, 0x0b)) },
    {
      what: 'the added function in an element segment',
      bytes: binary(type, oneFunction, [4, [1, 0x70, 0, 1]], [9, [1, 0, 0x41, 0, 0x0b, 1, 1]], body()),
    },
    { what: 'the added function as the start', bytes: binary(type, oneFunction, [8, [1]], body()) },
  ])('is not given to a module by $what', ({ bytes }) => {
    expect(() => instrument(bytes, ALL)).toThrow(expect.objectContaining({ code: 'ERR_MODULE_MALFORMED' }));
  });
});

describe('refused', () => {
  test.for([
    { fields: '(import "wasmgate:host" "countdown" (memory 1))', code: 'ERR_MODULE_IMPORT', message: /reserved/ },
    { fields: '(import "wasmgate:host" "interrupt" (func))', code: 'ERR_MODULE_IMPORT', message: /reserved/ },
    { fields: '(func (export "wasmgate:start"))', code: 'ERR_MODULE_EXPORT', message: /reserved/ },
    { fields: '(memory 1001)', code: 'ERR_MODULE_LIMIT', message: /1001 pages of 64 KiB, the limit is 1000/ },
    { fields: '(table 1001 funcref)', code: 'ERR_MODULE_LIMIT', message: /1001 entries, the limit is 1000/ },
    {
      fields: '(func $f (param i32)) (start $f)',
      code: 'ERR_MODULE_MALFORMED',
      message: /start function takes parameters/,
    },
  ])('$fields', ({ fields, code, message }) => {
    expect(() => instrument(wat(`(module ${fields})`), ALL)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('a module of nothing but empty loops, before it takes ten times its memory', () => {
    const loops = Array.from({ length: 100_000 }, () => [0x03, 0x40, 0x0b]).flat();
    const body = [0, ...loops, 0x0b];
    const bytes = binary([1, [1, 0x60, 0, 0]], [3, [1, 0]], [10, [1, ...leb(body.length), ...body]]);
    expect(() => instrument(bytes, ALL)).toThrow(/grows past \d+ bytes.*the limit is 4 times/);
  });
});

describe('nesting', () => {
  const nested = (depth: number, opcode: number): Uint8Array<ArrayBuffer> => {
    const opening = Array.from({ length: depth }, () => [opcode, 0x40]).flat();
    const body = [0, ...opening, ...Array<number>(depth + 1).fill(0x0b)];
    return binary([1, [1, 0x60, 0, 0]], [3, [1, 0]], [10, [1, ...leb(body.length), ...body]]);
  };

  test('of 100,000 blocks is handled', () => {
    expect(WebAssembly.validate(instrument(nested(100_000, OPCODE.block), ALL).bytes)).toBe(true);
  });

  test(`of ${MAX_NESTED_LOOPS} loops is handled, of one more refused`, () => {
    expect(WebAssembly.validate(instrument(nested(MAX_NESTED_LOOPS, OPCODE.loop), ALL).bytes)).toBe(true);
    expect(() => instrument(nested(MAX_NESTED_LOOPS + 1, OPCODE.loop), ALL)).toThrow(
      /more than 1000 loops in each other/,
    );
  });
});

test('handles 100,000 functions', () => {
  const count = 100_000;
  const bodies = Array.from({ length: count }, () => [4, 0, 0x10, 0, 0x0b]).flat();
  const functions = [3, [...leb(count), ...Array<number>(count).fill(0)]] as const;
  const bytes = binary([1, [1, 0x60, 0, 0]], functions, [10, leb(count).concat(bodies)]);
  expect(WebAssembly.validate(instrument(bytes, { fuel: { initial: 1n } }).bytes)).toBe(true);
});
