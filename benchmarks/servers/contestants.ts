// The servers that answer the same requests, by name.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from './server-process.ts';

export interface Contestant {
  readonly name: string;
  /** @throws Error if it does not start, or not with a right answer */
  start(): Promise<RunningServer>;
}

const file = (path: string): string => join(import.meta.dirname, path);

export const bareHttp: Contestant = {
  name: 'bare node:http',
  start: () => startServer(async (port) => [file('bare-http.ts'), String(port)]),
};

/** @param modulePath - only the quickstart module: the prototype has no more of WASI than it needs */
export function prototype(modulePath: string): Contestant {
  return {
    name: 'prototype floor',
    start: () => startServer(async (port) => [file('prototype.ts'), String(port), modulePath]),
  };
}

/** The gateway as an operator would run it, its log silent and its queues long enough for `connections`. */
export function wasmgate(name: string, modulePath: string, connections: number): Contestant {
  return { name, start: () => startWasmgate(modulePath, connections) };
}

async function startWasmgate(modulePath: string, connections: number): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-bench-'));
  const config = join(folder, 'wasmgate.yaml');
  try {
    // It reads its config once, before it answers.
    return await startServer(async (port) => {
      await writeFile(config, configFor(port, modulePath, connections));
      return [file('../../gateway/bin.ts'), 'start', '--config', config];
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** JSON is YAML as well, and needs no thought about what a path may contain. */
function configFor(port: number, modulePath: string, connections: number): string {
  const limits = { queue: Math.max(100, connections), queueTimeout: '10s' };
  return JSON.stringify({
    version: 1,
    listen: `127.0.0.1:${port}`,
    pool: { queue: Math.max(1000, connections) },
    log: { level: 'warn', access: false },
    functions: { tax: { module: modulePath, limits } },
    routes: [{ path: '/api/tax', methods: ['POST'], function: 'tax' }],
  });
}
