import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModuleError } from '../errors.ts';
import { binary, leb, RICH_MODULE, wat } from '../instrument/test-modules.ts';
import { PAGE_BYTES } from '../instrument/types.ts';
import type { InspectLimits } from './inspect.ts';
import { inspectModule, MAX_FUNCTIONS, MAX_LOCALS, MAX_LOCALS_PER_FUNCTION } from './inspect.ts';

const LIMITS: InspectLimits = {
  memoryBytes: 100 * PAGE_BYTES,
  tableEntries: 10_000,
  knownImports: new Map([['wasi_snapshot_preview1', new Set(['fd_write', 'fd_read'])]]),
};

/** A command with these fields added. */
const command = (fields = ''): Uint8Array =>
  wat(`(module ${fields} (memory (export "memory") 1) (func (export "_start")))`);

const refusal = (bytes: Uint8Array, limits = LIMITS): { code: string; message: string } => {
  try {
    inspectModule(bytes, limits);
  } catch (error) {
    if (error instanceof ModuleError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the module was not refused');
};

describe('facts', () => {
  test('of a module with everything', () => {
    expect(inspectModule(RICH_MODULE, LIMITS)).toEqual({
      kind: 'command',
      imports: [
        { module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 'function', type: '(i32, i32, i32, i32) -> i32' },
      ],
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: 'counter', kind: 'global' },
        { name: '_start', kind: 'function', type: '() -> ()' },
      ],
      memory: { minPages: 2, maxPages: 100, imported: false },
      tables: [
        { type: 'funcref', min: 3, max: 20, imported: false },
        { type: 'externref', min: 1, max: null, imported: false },
      ],
      hasStart: true,
      functionCount: 3,
      codeBytes: expect.any(Number),
      sizeBytes: RICH_MODULE.byteLength,
      customSections: ['name'],
      producers: null,
    });
  });

  test.for([
    { exports: '(func (export "_start"))', kind: 'command' },
    { exports: '(func (export "handle"))', kind: 'reactor' },
    { exports: '(func (export "_initialize")) (func (export "handle"))', kind: 'reactor' },
  ])('$exports is a $kind', ({ exports, kind }) => {
    expect(inspectModule(wat(`(module (memory (export "memory") 1) ${exports})`), LIMITS).kind).toBe(kind);
  });

  const withProducers = (content: number[]): Uint8Array => {
    const name = [...Buffer.from('producers')];
    return Uint8Array.from([
      ...command(),
      0,
      ...leb(name.length + 1 + content.length),
      name.length,
      ...name,
      ...content,
    ]);
  };
  const text = (value: string): number[] => [...leb(Buffer.byteLength(value)), ...Buffer.from(value)];

  test('tell the language and the tools, escape sequences removed', () => {
    const content = [
      2,
      [text('language'), 1, text('Rust'), text('')],
      [text('processed-by'), 2, text('rustc\u001b[31m'), text('1.80'), text('clang'), text('14')],
    ].flat(2);
    const { producers, customSections } = inspectModule(withProducers(content), LIMITS);
    expect(producers).toEqual({ languages: ['Rust'], tools: ['rustc?[31m 1.80', 'clang 14'] });
    expect(customSections).toContain('producers');
  });

  test('leave out producers that cannot be read', () => {
    expect(inspectModule(withProducers([2, 0xff]), LIMITS).producers).toBeNull();
  });
});

describe('a file that is no core module', () => {
  test.for<{ bytes: ArrayLike<number>; code?: string; message: RegExp }>([
    { bytes: [], message: /module is empty \(0 bytes\)/ },
    { bytes: Buffer.from('\0as'), message: /header is cut off/ },
    { bytes: Buffer.from('\0asm\x01\0'), message: /header is cut off/ },
    { bytes: Buffer.from('\n (module)'), message: /text format.*wat2wasm/ },
    { bytes: Buffer.from(';; comment'), message: /text format/ },
    { bytes: [0x1f, 0x8b, 8, 0, 0], message: /gzip/ },
    { bytes: [0x28, 0xb5, 0x2f, 0xfd], message: /zstd/ },
    { bytes: [0x50, 0x4b, 3, 4], message: /zip/ },
    { bytes: Buffer.from('\x7fELF'), message: /ELF.*wasm32-wasip1/ },
    { bytes: Buffer.from('<!DOCTYPE html>'), message: /HTML/ },
    { bytes: Buffer.from('version https://git-lfs.github.com/spec/v1'), message: /git lfs pull/ },
    { bytes: Buffer.from('{"a":1}'), message: /JSON/ },
    { bytes: [1, 2, 3, 4, 5], message: /starts with 01 02 03 04.*name a \.wasm file/ },
    { bytes: [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], code: 'ERR_MODULE_UNSUPPORTED', message: /version 2/ },
    { bytes: [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], code: 'ERR_MODULE_COMPONENT', message: /component.*wasm32-wasip1/ },
  ])('is told apart: $message', ({ bytes, code = 'ERR_MODULE_MALFORMED', message }) => {
    expect(refusal(Uint8Array.from(bytes))).toEqual({ code, message: expect.stringMatching(message) });
  });
});

describe('entry points', () => {
  test.for([
    { fields: '', message: /neither "_start" nor "handle"; .*wasm32-wasip1.*GOOS=wasip1.*wasm32-wasi.*wasi-shim/ },
    { fields: '(func (export "_start")) (func (export "handle"))', message: /both "_start" and "handle"; remove/ },
    { fields: '(func (export "_start")) (func (export "_initialize"))', message: /both "_start" and "_initialize"/ },
    { fields: '(func (export "_start") (param i32))', message: /"_start" is \(i32\) -> \(\).*\(\) -> \(\)/ },
    { fields: '(func (export "_start") (result i32) (i32.const 0))', message: /"_start" is \(\) -> i32/ },
    { fields: '(global (export "_start") i32 (i32.const 0))', message: /"_start" is a global/ },
    {
      fields: '(func (export "handle") (param i32)) (func (export "_initialize") (param f64))',
      message: /"handle" is \(i32\) -> \(\), "_initialize" is \(f64\) -> \(\)/,
    },
  ])('are refused: $message', ({ fields, message }) => {
    const bytes = wat(`(module (memory (export "memory") 1) ${fields})`);
    expect(refusal(bytes)).toEqual({ code: 'ERR_MODULE_EXPORT', message: expect.stringMatching(message) });
  });
});

describe('imports', () => {
  test('that are unknown are all named at once', () => {
    const { code, message } = refusal(
      command(`(import "env" "foo" (func)) (import "wasi_snapshot_preview1" "fd_read" (func))
        (import "env" "bar" (func)) (import "gojinn" "host_log" (func))`),
    );
    expect(code).toBe('ERR_MODULE_IMPORT');
    expect(message).toMatch(/^module imports what is not offered: "env\.foo", "env\.bar", "gojinn\.host_log"; /);
    expect(message).toMatch(/undefined at link time.*; host functions of gojinn/);
    expect(message).not.toContain('fd_read');
  });

  test.for([
    { module: 'env', name: 'abort', hint: /wasi-shim/ },
    { module: 'env', name: 'foo', hint: /undefined at link time/ },
    { module: 'wasi_unstable', name: 'fd_write', hint: /preview 0/ },
    { module: 'wasi:io/streams@0.2.0', name: 'read', hint: /preview 2/ },
    { module: 'wasix_32v1', name: 'thread_spawn', hint: /WASIX/ },
    { module: 'wasi', name: 'thread-spawn', hint: /threads/ },
    { module: 'wasi_snapshot_preview1', name: 'sock_open', hint: /not part of WASI preview 1/ },
    { module: 'gojs', name: 'runtime.wasmExit', hint: /GOOS=wasip1/ },
    { module: 'go', name: 'debug', hint: /GOOS=wasip1/ },
    { module: '__wbindgen_placeholder__', name: '__wbindgen_throw', hint: /wasm-bindgen/ },
    { module: 'gojinn', name: 'host_kv_get', hint: /not offered yet/ },
    { module: 'wasmgate', name: 'kv_get', hint: /does not offer that host function/ },
    { module: 'other', name: 'thing', hint: /drop the call/ },
  ])('$module.$name comes with its own fix', ({ module, name, hint }) => {
    expect(refusal(command(`(import "${module}" "${name}" (func))`)).message).toMatch(hint);
  });

  test('with names that could forge a log line are escaped and shortened', () => {
    const { message } = refusal(command(`(import "a\\1b[31m\\0a" "${'x'.repeat(1000)}" (func))`));
    expect(message).toContain('"a\\u{1b}[31m\\u{a}.xxx');
    expect(message.length).toBeLessThan(300);
  });

  test('by the hundred are counted past the twentieth', () => {
    const fields = Array.from({ length: 300 }, (_, index) => `(import "env" "f${index}" (func))`).join('');
    expect(refusal(command(fields)).message).toContain('"env.f19" and 280 more; ');
  });

  test('of a known name that are no functions are refused', () => {
    expect(refusal(command('(import "wasi_snapshot_preview1" "fd_read" (global i32))'))).toEqual({
      code: 'ERR_MODULE_IMPORT',
      message: 'module imports "wasi_snapshot_preview1.fd_read" as a global; import it as a function',
    });
  });

  test('are not confused with names of Object.prototype', () => {
    expect(refusal(command('(import "__proto__" "constructor" (func))')).code).toBe('ERR_MODULE_IMPORT');
  });
});

describe('memory and tables', () => {
  test.for([
    { fields: '', code: 'ERR_MODULE_EXPORT', message: /no memory; define one and export it as "memory"/ },
    { fields: '(memory 1)', code: 'ERR_MODULE_EXPORT', message: /does not export its memory as "memory"/ },
    { fields: '(memory (export "mem") 1)', code: 'ERR_MODULE_EXPORT', message: /does not export its memory/ },
    {
      fields: '(memory 1) (global (export "memory") i32 (i32.const 0))',
      code: 'ERR_MODULE_EXPORT',
      message: /exports "memory" as a global/,
    },
    {
      fields: '(memory (export "memory") 101)',
      code: 'ERR_MODULE_LIMIT',
      message: /starts with 6\.31 MiB, the limit is 6\.25 MiB; raise limits\.memory/,
    },
    { fields: '(memory (export "memory") 65536)', code: 'ERR_MODULE_LIMIT', message: /4096 MiB/ },
    {
      fields: '(memory (export "memory") 1) (table 10000000 funcref) (table 10001 funcref)',
      code: 'ERR_MODULE_LIMIT',
      message:
        /table 0 starts with 10000000, table 1 starts with 10001 entries, the limit is 10000; raise limits\.tableEntries/,
    },
    {
      fields: `(memory (export "memory") 1) ${'(table 1 funcref)'.repeat(2000)}`,
      code: 'ERR_MODULE_LIMIT',
      message: /2000 tables, the limit is 16/,
    },
  ])('are refused: $message', ({ fields, code, message }) => {
    const bytes = wat(`(module ${fields} (func (export "_start")))`);
    expect(refusal(bytes)).toEqual({ code, message: expect.stringMatching(message) });
  });

  test('exactly at the limit are accepted', () => {
    const bytes = wat(
      `(module (memory (export "memory") 100) ${'(table 10000 funcref)'.repeat(16)} (func (export "_start")))`,
    );
    expect(inspectModule(bytes, LIMITS).tables).toHaveLength(16);
  });

  test('two memories are refused', () => {
    const memories = [5, [2, 0, 1, 0, 1]] as const;
    expect(refusal(binary(memories)).message).toMatch(/2 memories, the limit is 1/);
  });
});

describe('functions and locals', () => {
  const type = [1, [1, 0x60, 0, 0]] as const;
  /** A command whose functions all have the one given body; the first is `_start`. */
  const functions = (count: number, body: readonly number[]): Uint8Array => {
    const code = Array.from({ length: count }, () => body);
    return binary(
      type,
      [3, [...leb(count), ...Array<number>(count).fill(0)]],
      [5, [1, 0, 1]],
      [7, [2, 6, ...Buffer.from('memory'), 2, 0, 6, ...Buffer.from('_start'), 0, 0]],
      [10, leb(count).concat(code.flatMap((body) => [...leb(body.length), ...body]))],
    );
  };
  const locals = (count: number): number[] => [1, ...leb(count), 0x7f, 0x0b];

  test.for([
    { count: MAX_FUNCTIONS + 1, body: [0, 0x0b], message: /100001 functions, the limit is 100000/ },
    { count: 1_000_000, body: [0, 0x0b], message: /1000000 functions/ },
    {
      count: 1,
      body: locals(MAX_LOCALS_PER_FUNCTION + 1),
      message: /50001 locals in one function, the limit is 50000/,
    },
    { count: 1, body: locals(0xffffffff), message: /4294967295 locals in one function/ },
    { count: 20_000, body: locals(50_000), message: /1000000000 locals in all functions, the limit is 10000000/ },
  ])('are refused: $message', ({ count, body, message }) => {
    expect(refusal(functions(count, body))).toEqual({
      code: 'ERR_MODULE_LIMIT',
      message: expect.stringMatching(message),
    });
  });

  test('exactly at the limit are accepted', () => {
    expect(inspectModule(functions(MAX_FUNCTIONS, [0, 0x0b]), LIMITS).functionCount).toBe(MAX_FUNCTIONS);
    const full = functions(MAX_LOCALS / MAX_LOCALS_PER_FUNCTION, locals(MAX_LOCALS_PER_FUNCTION));
    expect(inspectModule(full, LIMITS).functionCount).toBe(200);
  });

  test('split over many groups are summed', () => {
    const groups = [3, ...leb(20_000), 0x7f, ...leb(20_000), 0x7e, ...leb(10_001), 0x7d, 0x0b];
    expect(refusal(functions(1, groups)).message).toMatch(/50001 locals in one function/);
  });
});

describe('damaged modules', () => {
  /** Either a ModuleError or facts, and then the engine's validation must not crash either. */
  const settle = (bytes: Uint8Array<ArrayBuffer>): string => {
    try {
      inspectModule(bytes, LIMITS);
    } catch (error) {
      if (error instanceof ModuleError) return error.code;
      throw error;
    }
    return WebAssembly.validate(bytes) ? 'valid' : 'invalid';
  };
  const settled = expect.stringMatching(/^(valid|invalid|ERR_MODULE_[A-Z]+)$/);

  test('are settled when cut off at any offset', () => {
    for (let length = 0; length < RICH_MODULE.byteLength; length++) {
      expect(settle(RICH_MODULE.slice(0, length))).toEqual(settled);
    }
  });

  test('are settled after 1,000 random changes of one to four bits', () => {
    const bit = fc.nat(RICH_MODULE.byteLength * 8 - 1);
    fc.assert(
      fc.property(fc.array(bit, { minLength: 1, maxLength: 4 }), (bits) => {
        const flipped = RICH_MODULE.slice();
        for (const bit of bits) flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(settle(flipped)).toEqual(settled);
      }),
      { numRuns: 1000 },
    );
  });
});
