import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkAddressSpace } from './address-space.ts';

const GIB = 1024 ** 3;

test.for([
  { threads: 2, limit: 44, isEnough: true },
  { threads: 2, limit: 43.9, isEnough: false },
  { threads: 3, limit: 44, isEnough: false },
  { threads: 64, limit: Infinity, isEnough: true },
])('$limit GiB for $threads threads: $isEnough', ({ threads, limit, isEnough }) => {
  const check = (): void => checkAddressSpace(threads, limit * GIB);
  if (isEnough) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'ERR_ADDRESS_SPACE' }));
});

test.skipIf(process.platform !== 'linux')('a process under ulimit -v says what to do', async () => {
  const file = join(import.meta.dirname, 'address-space.ts');
  const script = `import { checkAddressSpace } from ${JSON.stringify(file)}; try { checkAddressSpace(2); } catch (error) { console.log(error.message); }`;
  const command = 'ulimit -v 30000000; exec "$0" --input-type=module --eval "$1"';
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, script]);
  expect(stdout).toMatch(/may use 28 GiB of address space, 2 worker threads need 44 GiB.*ulimit -v/);
});
