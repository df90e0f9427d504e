import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { loadConfig } from './load.ts';
import { ConfigError } from './problems.ts';
import { minimal } from './config.fixture.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'wasmgate-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function messageOf(file: string): Promise<string> {
  const error: unknown = await loadConfig(file).catch((error: unknown) => error);
  if (error instanceof ConfigError) return error.message;
  throw new Error('the configuration was accepted');
}

test('loads a file, with module paths relative to it', async () => {
  const file = path.join(directory, 'good.yaml');
  await writeFile(file, minimal());
  const config = await loadConfig(file);
  expect(config.file).toBe(file);
  expect(config.functions.get('tax')?.modulePath).toBe(path.join(directory, 'tax.wasm'));
});

test('says that a file does not exist', async () => {
  const file = path.join(directory, 'none.yaml');
  expect(await messageOf(file)).toBe(`${file}: does not exist, check the path`);
  expect(await messageOf('a\0b')).toBe('a\0b: cannot have a NUL character in its name');
});

test('refuses a directory', async () => {
  expect(await messageOf(directory)).toBe(`${directory}: is a directory, name the file in it`);
});

test('refuses a FIFO that nobody writes to, as the file and in a substitution', async () => {
  const fifo = path.join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  expect(await messageOf(fifo)).toBe(`${fifo}: is not a regular file, name one`);

  const file = path.join(directory, 'with-fifo.yaml');
  await writeFile(file, minimal('log: { level: "${file:fifo}" }'));
  expect(await messageOf(file)).toBe(`${file}:4:15: file "fifo" is not a regular file, name one`);
});

test('refuses a socket and a device', async () => {
  const socket = path.join(directory, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  expect(await messageOf(socket)).toContain('cannot be read (ENXIO)');
  server.close();
  expect(await messageOf('/dev/zero')).toBe('/dev/zero: is not a regular file, name one');
});

test('accepts a file of 10 MiB and refuses one byte more', async () => {
  const file = path.join(directory, 'large.yaml');
  const text = minimal();
  const comment = `#${'x'.repeat(10 * 1024 ** 2 - text.length - 2)}\n`;
  await writeFile(file, comment + text);
  expect((await loadConfig(file)).routes).toHaveLength(1);
  await writeFile(file, `${comment}${text}\n`);
  expect(await messageOf(file)).toBe(`${file}: is larger than 10240 KiB, make it smaller`);
});

test('takes a value from a file of 64 KiB and refuses one byte more', async () => {
  const file = path.join(directory, 'wasmgate.yaml');
  await mkdir(path.join(directory, 'secrets'));
  const functions = 'functions: { f: { module: f.wasm, env: { KEY: "${file:secrets/key}" } } }';
  await writeFile(file, `version: 1\n${functions}\nroutes: []\n`);
  await writeFile(path.join(directory, 'secrets/key'), 'k'.repeat(65_536));
  expect((await loadConfig(file)).functions.get('f')?.env['KEY']).toHaveLength(65_536);
  await writeFile(path.join(directory, 'secrets/key'), 'k'.repeat(65_537));
  expect(await messageOf(file)).toBe(`${file}:2:47: file "secrets/key" is larger than 64 KiB, make it smaller`);
});
