// workerd, the runtime of Cloudflare Workers, as a server to compare with. It is not installed with the project.

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type Contestant, inTemporaryFolder } from './contestants.ts';
import { startServer } from './server-process.ts';

export const WORKERD_INSTALL = 'npm install --no-save workerd, or set WORKERD to its executable';

/** Path of the executable: the environment variable WORKERD, else of the npm package; undefined if there is neither. */
export function findWorkerd(): string | undefined {
  const named = process.env['WORKERD'];
  if (named) return named;
  try {
    const installed = createRequire(import.meta.url)('workerd') as { readonly default: string };
    return installed.default;
  } catch {
    return undefined;
  }
}

/** @param modulePath - the quickstart, for an instance per request, or the reactor, for one per isolate */
export function workerd(name: string, executable: string, modulePath: string): Contestant {
  return {
    name,
    start: () =>
      inTemporaryFolder((folder) =>
        startServer(
          async (port) => {
            const worker = await readFile(join(import.meta.dirname, 'workerd-worker.ts'), 'utf8');
            await writeFile(join(folder, 'worker.js'), stripTypeScriptTypes(worker));
            await writeFile(join(folder, 'tax.wasm'), await readFile(modulePath));
            await writeFile(join(folder, 'config.capnp'), configFor(port));
            return ['serve', join(folder, 'config.capnp')];
          },
          { executable },
        ),
      ),
  };
}

function configFor(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "tax", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "tax")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "tax.wasm", wasm = embed "tax.wasm"),
  ],
  compatibilityDate = "2026-01-01",
);
`;
}
