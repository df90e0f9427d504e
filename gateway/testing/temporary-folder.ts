// A folder with a config and its guests, for tests that load them from disk as users do.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileWat } from '../../runtime/testing/guests.ts';

export interface TemporaryFolder {
  readonly path: string;
  /** Absolute path of a file in it. */
  readonly join: (name: string) => string;
  readonly write: (name: string, content: string | Uint8Array) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** @param guests text format by name: each becomes `NAME.wasm` */
export async function temporaryFolder(guests: Readonly<Record<string, string>> = {}): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'wasmgate-test-'));
  const folder: TemporaryFolder = {
    path,
    join: (name) => join(path, name),
    async write(name, content) {
      await writeFile(join(path, name), content);
      return join(path, name);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
  for (const [name, source] of Object.entries(guests)) await folder.write(`${name}.wasm`, await compileWat(source));
  return folder;
}

export interface ConfigOptions {
  /** YAML for the top level of the config. */
  readonly settings?: string;
  /** YAML for the limits of a function, by name. */
  readonly limits?: Readonly<Record<string, string>>;
  /** Names of the functions that run in a process of their own. */
  readonly isolated?: readonly string[];
}

/** A config with one function for each name; the routes are `/NAME`, any method. */
export function configOf(
  names: readonly string[],
  { settings = '', limits = {}, isolated = [] }: ConfigOptions = {},
): string {
  const functions = names.map((name) => {
    const isolation = isolated.includes(name) ? 'isolation: process, ' : '';
    return `  ${name}: { module: ${name}.wasm, ${isolation}limits: { ${limits[name] ?? ''} } }`;
  });
  const routes = names.map((name) => `  - { path: /${name}, function: ${name} }`);
  const listen = /^listen:/m.test(settings) ? '' : 'listen: 127.0.0.1:0\n';
  return `version: 1\n${listen}${settings}\nfunctions:\n${functions.join('\n')}\nroutes:\n${routes.join('\n')}\n`;
}
