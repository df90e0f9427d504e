import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkAddressSpace } from './address-space.ts';

const GIB = 1024 ** 3;

test.for([
  { threads: 2, limit: 44 },
  { threads: 64, limit: Infinity },
])('$limit GiB are enough for $threads threads', ({ threads, limit }) => {
  expect(() => checkAddressSpace(threads, limit * GIB)).not.toThrow();
});

test.for([
  { threads: 2, limit: 43.9 },
  { threads: 3, limit: 44 },
])('$limit GiB are too little for $threads threads', ({ threads, limit }) => {
  expect(() => checkAddressSpace(threads, limit * GIB)).toThrow(expect.objectContaining({ code: 'ERR_ADDRESS_SPACE' }));
});

test.skipIf(process.platform !== 'linux')('a process under ulimit -v says what to do', async () => {
  const file = join(import.meta.dirname, 'address-space.ts');
  const script = `import { checkAddressSpace } from ${JSON.stringify(file)}; try { checkAddressSpace(2); } catch (error) { console.log(error.message); }`;
  const command = 'ulimit -v 30000000; exec "$0" --input-type=module --eval "$1"';
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, script]);
  expect(stdout).toMatch(/may use 28 GiB of address space, 2 worker threads need 44 GiB.*ulimit -v/);
});
