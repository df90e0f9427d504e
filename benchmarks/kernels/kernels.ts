// The kernels of the compute set: one module that exports a function for each. Its compiler inlines array accesses, as
// those of C and Rust do: else most of what the kernels show is whether V8 inlines these calls (see the README).

import { join } from 'node:path';
import { compileAssemblyScript } from '../assemblyscript.ts';

export const KERNELS = {
  sha256: 'SHA-256',
  sieve: 'sieve',
  quicksort: 'quicksort',
  fibonacci: 'naive recursion',
  matrix: 'matrix multiplication',
  json: 'JSON tokeniser',
  regex: 'regex matcher',
  checksums: 'CRC-32, Adler-32',
  mandelbrot: 'Mandelbrot',
} as const;

/** Also the name of its file and of its export: rounds to a checksum, both i32. */
export type KernelName = keyof typeof KERNELS;

export const KERNEL_NAMES = Object.keys(KERNELS) as KernelName[];

/** @throws Error with the compiler's words */
export function compileKernels(names: readonly KernelName[]): Promise<Uint8Array<ArrayBuffer>> {
  const sources = names.map((name) => `${name}.ts`);
  return compileAssemblyScript(join(import.meta.dirname, 'assembly'), sources);
}
