// Compiles what the benchmarks have in AssemblyScript, on each run: it takes a second, and nothing can be stale.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const COMPILER = join(import.meta.dirname, '../node_modules/assemblyscript/bin/asc.js');

/**
 * One module of all the sources, which exports what each of them exports.
 * @param folder - where the sources are, and the asconfig.json with the options
 * @throws Error with the compiler's words
 */
export async function compileAssemblyScript(
  folder: string,
  sources: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const outputFolder = await mkdtemp(join(tmpdir(), 'wasmgate-asc-'));
  try {
    const output = join(outputFolder, 'module.wasm');
    const args = [COMPILER, ...sources, '--config', 'asconfig.json', '--outFile', output];
    // Paths in the configuration count from where the compiler runs.
    await promisify(execFile)(process.execPath, args, { cwd: folder });
    return new Uint8Array(await readFile(output));
  } finally {
    await rm(outputFolder, { recursive: true, force: true });
  }
}
