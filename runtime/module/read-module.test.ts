import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_MODULE_BYTES, readModule } from './read-module.ts';

const CONTENT = Buffer.from('\0asm and what follows');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-module-'));
});

async function fileOf(content: Uint8Array, name = 'module.wasm'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** A file of that size that takes no space on the disk. */
async function holeOf(sizeBytes: number): Promise<string> {
  const path = await fileOf(CONTENT);
  await truncate(path, sizeBytes);
  return path;
}

describe('a file', () => {
  test('gives its bytes and their digest', async () => {
    const { bytes, sha256 } = await readModule(await fileOf(CONTENT));
    expect(CONTENT.equals(bytes)).toBe(true);
    expect(sha256).toBe(SHA256);
  });

  test('may be empty: what is wrong with it is not said here', async () => {
    expect((await readModule(await fileOf(new Uint8Array(0)))).bytes).toHaveLength(0);
  });

  test('may be behind a symbolic link', async () => {
    const link = join(folder, 'link.wasm');
    await symlink(await fileOf(CONTENT), link);
    expect((await readModule(link)).sha256).toBe(SHA256);
  });

  test.for([MAX_MODULE_BYTES - 1, MAX_MODULE_BYTES])('of %i bytes is read', async (sizeBytes) => {
    const path = await holeOf(sizeBytes);
    expect((await readModule(path)).bytes).toHaveLength(sizeBytes);
  });

  test.for([MAX_MODULE_BYTES + 1, 2 ** 40])('of %i bytes is refused', async (sizeBytes) => {
    const path = await holeOf(sizeBytes);
    const details = { path, sizeBytes, limitBytes: MAX_MODULE_BYTES };
    await expect(readModule(path)).rejects.toMatchObject({ code: 'ERR_MODULE_TOO_LARGE', details });
  });

  test('that is replaced while it is read gives the old bytes or the new ones, and their own digest', async () => {
    const path = await fileOf(Buffer.alloc(1024 * 1024, 'a'));
    const reads = [];
    for (let i = 0; i < 20; i++) {
      reads.push(readModule(path));
      const next = await fileOf(Buffer.alloc(1024 * 1024, i % 2 === 0 ? 'b' : 'a'), 'next.wasm');
      await rename(next, path);
    }
    for (const { bytes, sha256 } of await Promise.all(reads)) {
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      expect(new Set([bytes[0], bytes.at(-1)]).size).toBe(1);
    }
  });
});

describe('a pin', () => {
  test.for([
    { what: 'that fits', pin: SHA256 },
    { what: 'that fits in upper case', pin: SHA256.toUpperCase() },
    { what: 'that is none', pin: null },
  ])('$what lets the module in', async ({ pin }) => {
    expect((await readModule(await fileOf(CONTENT), pin)).sha256).toBe(SHA256);
  });

  test.for([
    { what: 'of another module', pin: createHash('sha256').update('other').digest('hex') },
    { what: 'that is cut off', pin: SHA256.slice(0, 63) },
    { what: 'that is empty', pin: '' },
  ])('$what refuses it and names both digests', async ({ pin }) => {
    const path = await fileOf(CONTENT);
    await expect(readModule(path, pin)).rejects.toMatchObject({
      name: 'ModuleError',
      code: 'ERR_MODULE_PIN',
      message: expect.stringContaining(`has SHA-256 ${SHA256}, but ${pin} is pinned`) as string,
      details: { path, sha256: SHA256, pin },
    });
  });
});

describe('what is no file is refused', () => {
  const refusal = (what: string): object => {
    return { code: 'ERR_MODULE_READ', message: expect.stringContaining(`is ${what}`) as string };
  };

  test('when it is missing', async () => {
    await expect(readModule(join(folder, 'missing.wasm'))).rejects.toMatchObject(refusal('missing: give the path'));
  });

  test('when it is a directory', async () => {
    await mkdir(join(folder, 'directory'));
    await expect(readModule(join(folder, 'directory'))).rejects.toMatchObject(refusal('a directory'));
  });

  test('when it is a FIFO into which nobody writes', async () => {
    const path = join(folder, 'fifo');
    await promisify(execFile)('mkfifo', [path]);
    await expect(readModule(path)).rejects.toMatchObject(refusal('not a regular file'));
  });

  test('when it is a socket', async () => {
    const path = join(folder, 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await expect(readModule(path)).rejects.toMatchObject({ code: 'ERR_MODULE_READ' });
    server.close();
  });

  test('when it is a device', async () => {
    await expect(readModule('/dev/zero')).rejects.toMatchObject(refusal('not a regular file'));
  });

  test.for([
    { what: 'a path with a zero byte', path: 'a\0b' },
    { what: 'an empty path', path: '' },
    { what: 'a path that is too long', path: 'a'.repeat(10_000) },
  ])('when it is $what', async ({ path }) => {
    await expect(readModule(path)).rejects.toMatchObject({ code: 'ERR_MODULE_READ' });
  });
});
