// Builds the reactor, whose instance answers one request after the other.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileAssemblyScript } from '../assemblyscript.ts';

/** @throws Error with the compiler's words */
export async function withTaxReactor<T>(use: (modulePath: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-reactor-'));
  try {
    const path = join(folder, 'tax-reactor.wasm');
    await writeFile(path, await compileAssemblyScript(join(import.meta.dirname, 'assembly'), ['tax-reactor.ts']));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
