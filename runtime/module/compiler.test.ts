import { describe, expect, test } from 'vitest';
import { compileWat } from '../testing/guests.ts';
import { Compiler } from './compiler.ts';

const OPTIONS = { memoryBytes: 1024 * 1024, tableEntries: 100, isMetered: false };
const GOOD = '(module (memory (export "memory") 1) (func (export "_start")))';

describe('a module', () => {
  test('is compiled, and what the host has to know of it comes along', async () => {
    const source = `(module (memory (export "memory") 2) (global (mut i32) (i32.const 0))
      (func $init) (start $init) (func (export "_start")))`;
    const compiled = await new Compiler().compile(await compileWat(source), OPTIONS);
    expect(compiled.module).toBeInstanceOf(WebAssembly.Module);
    expect(compiled.memory).toMatchObject({ minPages: 2, maxPages: 16 });
    expect(compiled.startExport).not.toBeNull();
    expect(compiled.state.globals).toHaveLength(1);
  });

  test('is compiled beside others, each answered with its own', async () => {
    const compiler = new Compiler();
    const sources = [1, 2, 3, 4].map((pages) => GOOD.replace('"memory") 1', `"memory") ${pages}`));
    const compiled = await Promise.all(
      sources.map(async (source) => compiler.compile(await compileWat(source), OPTIONS)),
    );
    expect(compiled.map(({ memory }) => memory.minPages)).toEqual([1, 2, 3, 4]);
  });

  test.for([
    { what: 'that is empty', bytes: [], code: 'ERR_MODULE_MALFORMED' },
    { what: 'of another format', bytes: [0x7f, 0x45, 0x4c, 0x46], code: 'ERR_MODULE_MALFORMED' },
    { what: 'of another version', bytes: [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], code: 'ERR_MODULE_MALFORMED' },
  ])('$what is refused, and the next one is compiled', async ({ bytes, code }) => {
    const compiler = new Compiler();
    const refused = compiler.compile(Uint8Array.from(bytes), OPTIONS);
    const next = compiler.compile(await compileWat(GOOD), OPTIONS);
    await expect(refused).rejects.toMatchObject({ name: 'ModuleError', code });
    await expect(refused).rejects.toThrow('module is not valid WebAssembly');
    expect((await next).module).toBeInstanceOf(WebAssembly.Module);
  });

  test('whose code has the wrong types is refused by the engine', async () => {
    // (func (result i32)) without a value.
    const sections = ['0105016000017f', '03020100', '0503010001', '0a040102000b'];
    const bytes = new Uint8Array(Buffer.from(`0061736d01000000${sections.join('')}`, 'hex'));
    await expect(new Compiler().compile(bytes, OPTIONS)).rejects.toMatchObject({
      code: 'ERR_MODULE_MALFORMED',
      message: expect.stringContaining('expected 1 elements on the stack') as string,
    });
  });

  test('that takes a name of the host is refused by the rewriting, which says so', async () => {
    const source = '(module (memory (export "memory") 1) (func (export "wasmgate:start")) (func (export "_start")))';
    const compiling = new Compiler().compile(await compileWat(source), OPTIONS);
    await expect(compiling).rejects.toMatchObject({ name: 'ModuleError', code: 'ERR_MODULE_EXPORT' });
  });
});

describe('the deadline', () => {
  test('ends a compilation, and the next one gets a thread of its own', async () => {
    const compiler = new Compiler();
    const source = await compileWat(GOOD);
    // A thread takes longer to start than this.
    const tooLate = compiler.compile(source, OPTIONS, 1);
    await expect(tooLate).rejects.toMatchObject({
      code: 'ERR_MODULE_COMPILE',
      message: expect.stringContaining('longer than 1 ms') as string,
      details: { deadlineMs: 1 },
    });
    expect((await compiler.compile(source, OPTIONS)).module).toBeInstanceOf(WebAssembly.Module);
  });

  test('of one fails those that wait behind it, and none that comes after', async () => {
    const compiler = new Compiler();
    const source = await compileWat(GOOD);
    const together = [compiler.compile(source, OPTIONS, 1), compiler.compile(source, OPTIONS)];
    const after = together[0]!.catch(() => compiler.compile(source, OPTIONS));
    const codes = (await Promise.allSettled(together)).map((result) => result.status);
    expect(codes).toEqual(['rejected', 'rejected']);
    expect((await after).module).toBeInstanceOf(WebAssembly.Module);
  });
});
