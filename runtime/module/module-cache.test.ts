import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { compileWat, ENDLESS_LOOP, printing, writeGuest } from '../testing/guests.ts';
import { importNames, standardHostModules } from '../sandbox/host-modules.ts';
import { ModuleCache, type ModuleSource } from './module-cache.ts';

const LIMITS = {
  memoryBytes: 1024 * 1024,
  tableEntries: 100,
  knownImports: importNames(standardHostModules()),
};

function source(path: string, changes: Partial<ModuleSource> = {}): ModuleSource {
  return { path, pin: null, limits: LIMITS, isMetered: false, ...changes };
}

const GOOD = printing('{"body":"good"}');

describe('a module', () => {
  test('of the same content is compiled once, whatever its path', async () => {
    const cache = new ModuleCache();
    const paths = [await writeGuest(GOOD, 'one'), await writeGuest(GOOD, 'other')];
    const leases = await Promise.all([...paths, ...paths].map((path) => cache.acquire(source(path))));
    expect(new Set(leases.map(({ prepared }) => prepared.module)).size).toBe(1);
    expect(cache.size).toBe(1);
  });

  test.for([
    { what: 'more memory', changes: { limits: { ...LIMITS, memoryBytes: 2 * LIMITS.memoryBytes } } },
    { what: 'more table entries', changes: { limits: { ...LIMITS, tableEntries: 200 } } },
    { what: 'metering', changes: { isMetered: true } },
  ])('with $what is another one', async ({ changes }) => {
    const cache = new ModuleCache();
    const path = await writeGuest(GOOD);
    const [one, other] = await Promise.all([cache.acquire(source(path)), cache.acquire(source(path, changes))]);
    expect(one.prepared.module).not.toBe(other.prepared.module);
    expect(one.sha256).toBe(other.sha256);
    expect(cache.size).toBe(2);
  });

  test('of new bytes under the same path is another one, and the old one stays for who holds it', async () => {
    const cache = new ModuleCache();
    const path = await writeGuest(GOOD);
    const old = await cache.acquire(source(path));
    await writeFile(path, await compileWat(ENDLESS_LOOP));
    const current = await cache.acquire(source(path));
    expect(current.sha256).not.toBe(old.sha256);
    expect(current.prepared.module).not.toBe(old.prepared.module);
    expect(cache.size).toBe(2);
  });

  test('is kept until the last one has released it', async () => {
    const cache = new ModuleCache();
    const path = await writeGuest(GOOD);
    const leases = await Promise.all([1, 2, 3].map(() => cache.acquire(source(path))));
    leases[0]!.release();
    leases[1]!.release();
    expect(cache.size).toBe(1);
    leases[2]!.release();
    expect(cache.size).toBe(0);
    const again = await cache.acquire(source(path));
    expect(again.prepared.module).not.toBe(leases[0]!.prepared.module);
  });
});

describe('a failure', () => {
  test.for([
    { what: 'of the inspection', text: '(module (memory (export "memory") 1))', code: 'ERR_MODULE_EXPORT' },
    {
      what: 'of the compiler',
      text: '(module (memory (export "memory") 1) (func (export "_start")) (func (export "wasmgate:start")))',
      code: 'ERR_MODULE_EXPORT',
    },
  ])('$what is told to each that asks, and not kept', async ({ text, code }) => {
    const cache = new ModuleCache();
    const path = await writeGuest(text);
    const results = await Promise.allSettled([1, 2, 3].map(() => cache.acquire(source(path))));
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code } });
    expect(cache.size).toBe(0);
    await writeFile(path, await compileWat(GOOD));
    await cache.acquire(source(path));
    expect(cache.size).toBe(1);
  });

  test('to read the file is told, and nothing kept', async () => {
    const cache = new ModuleCache();
    await expect(cache.acquire(source('missing.wasm'))).rejects.toMatchObject({ code: 'ERR_MODULE_READ' });
    const path = await writeGuest(GOOD);
    await expect(cache.acquire(source(path, { pin: '00' }))).rejects.toMatchObject({ code: 'ERR_MODULE_PIN' });
    expect(cache.size).toBe(0);
  });
});
