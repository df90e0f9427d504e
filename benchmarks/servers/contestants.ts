// The servers that answer the same requests, by name.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TAX_PATH } from '../load/tax-workload.ts';
import { type RunningServer, startServer } from './server-process.ts';
import { withTaxReactor } from './tax-reactor.ts';

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
export function wasmgate(
  name: string,
  modulePath: string,
  connections: number,
  state: 'fresh' | 'shared' = 'fresh',
): Contestant {
  return { name, start: () => startGateway((port) => configFor(port, modulePath, connections, state)) };
}

/** A contestant that runs the reactor, which is built when it starts. */
export function onTaxReactor(name: string, contestantFor: (modulePath: string) => Contestant): Contestant {
  return { name, start: () => withTaxReactor((path) => contestantFor(path).start()) };
}

/**
 * The gateway with any config.
 * @param configFor - the config as an object, given the port to listen on
 * @param onLine - called with each line that it prints
 */
export function startGateway(
  configFor: (port: number) => object,
  onLine?: (line: string) => void,
): Promise<RunningServer> {
  // It reads its config once, before it answers.
  return inTemporaryFolder((folder) => {
    const config = join(folder, 'wasmgate.yaml');
    const argsFor = async (port: number): Promise<readonly string[]> => {
      // JSON is YAML as well, and needs no thought about what a path may contain.
      await writeFile(config, JSON.stringify(configFor(port)));
      return [file('../../gateway/bin.ts'), 'start', '--config', config];
    };
    return startServer(argsFor, onLine === undefined ? {} : { onLine });
  });
}

/** A folder for what a server reads before it answers; gone after that. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configFor(port: number, modulePath: string, connections: number, state: 'fresh' | 'shared'): object {
  const limits = { queue: Math.max(100, connections), queueTimeout: '10s' };
  return {
    version: 1,
    listen: `127.0.0.1:${port}`,
    pool: { queue: Math.max(1000, connections) },
    log: { level: 'warn', access: false },
    functions: { tax: { module: modulePath, state, limits } },
    routes: [{ path: TAX_PATH, methods: ['POST'], function: 'tax' }],
  };
}
