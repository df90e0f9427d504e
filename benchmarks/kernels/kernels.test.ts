import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { compileKernels, KERNEL_NAMES, type KernelName } from './kernels.ts';

const BYTES = Uint8Array.from({ length: 64 * 1024 }, (_, index) => index % 251);

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

const module = new WebAssembly.Module(await compileKernels(KERNEL_NAMES));

function run(name: KernelName, rounds: number): number {
  const { exports } = new WebAssembly.Instance(module);
  return (exports[name] as (rounds: number) => number)(rounds) >>> 0;
}

test.for<{ name: KernelName; result: number }>([
  { name: 'sha256', result: createHash('sha256').update(BYTES).digest().readUInt32BE() },
  { name: 'checksums', result: (crc32(BYTES) ^ adler32(BYTES)) >>> 0 },
  { name: 'sieve', result: 17_984 },
  { name: 'fibonacci', result: 28_657 },
])('$name computes what it says', ({ name, result }) => {
  expect(run(name, 1)).toBe(result);
});

test.for(KERNEL_NAMES)('%s gives the same checksum however many rounds, and never 0', (name) => {
  expect(run(name, 1)).not.toBe(0);
  expect(run(name, 3)).toBe(run(name, 1));
});
