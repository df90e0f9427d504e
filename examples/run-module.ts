// Runs a WASI command on the WASI of Node, which wants real files for stdin, stdout and stderr. For tests.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WASI } from 'node:wasi';

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runModule(module: WebAssembly.Module, stdin: string): Promise<Run> {
  const directory = mkdtempSync(path.join(tmpdir(), 'wasmgate-example-'));
  const [input, output, errors] = [path.join(directory, '0'), path.join(directory, '1'), path.join(directory, '2')];
  writeFileSync(input, stdin);
  const descriptors = { stdin: openSync(input, 'r'), stdout: openSync(output, 'w'), stderr: openSync(errors, 'w') };
  try {
    const wasi = new WASI({ version: 'preview1', ...descriptors, returnOnExit: true });
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
    const exitCode = wasi.start(instance);
    return { exitCode, stdout: readFileSync(output, 'utf8'), stderr: readFileSync(errors, 'utf8') };
  } finally {
    Object.values(descriptors).forEach((descriptor) => closeSync(descriptor));
    rmSync(directory, { recursive: true });
  }
}
