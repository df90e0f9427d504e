// For tests: a machine with given variables and files, and short ways to a configuration or to its problems.

import path from 'node:path';

import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { parseConfig } from './load.ts';
import { ConfigError, formatProblems } from './problems.ts';

export interface Machine {
  readonly variables?: Readonly<Record<string, string>>;
  /** Relative to the directory of the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  readonly memoryBytes?: number;
  readonly cores?: number;
}

const FILE = 'wasmgate.yaml';

export function testEnvironment({ variables = {}, files = {}, memoryBytes = 2 ** 33, cores = 4 }: Machine = {}) {
  const environment: Environment = {
    variables,
    memoryBytes,
    cores,
    readTextFile: async (file) => {
      const content = files[path.relative(process.cwd(), file)];
      return content === undefined ? { problem: 'does not exist, check the path' } : { value: content };
    },
  };
  return environment;
}

export function parse(content: string | Uint8Array, machine?: Machine): Promise<Config> {
  return parseConfig(content, FILE, testEnvironment(machine));
}

/** The formatted problems, one a line; an empty list if there are none. */
export async function problemsOf(content: string | Uint8Array, machine?: Machine): Promise<readonly string[]> {
  try {
    await parse(content, machine);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return formatProblems(error.problems).split('\n');
  }
}

/** A valid configuration of one function and one route, with more top-level lines. */
export function minimal(...lines: readonly string[]): string {
  return [
    'version: 1',
    'functions: { tax: { module: tax.wasm } }',
    'routes: [{ path: /tax, function: tax }]',
    ...lines,
    '',
  ].join('\n');
}

/** Every key with a value that is not its default. */
export const FULL_CONFIG = `
version: 1
listen: :8080
admin: { listen: 127.0.0.1:9901 }
http:
  requestLine: 4KiB
  headers: 8KiB
  headerCount: 50
  body: 2MiB
  headersTimeout: 1s
  requestTimeout: 2s
  idleTimeout: 3s
  connections: 10
  serverTiming: true
pool: { threads: 2, queue: 20 }
shutdown: { drain: 1m }
log: { level: debug, access: false }
functions:
  tax:
    module: functions/tax.wasm
    sha256: "${'AB'.repeat(32)}"
    contract: gojinn
    state: shared
    isolation: process
    limits: { cpu: 40ms, fuel: 1000000, wall: 2s, memory: 128MiB, output: 1MiB, tableEntries: 5, queue: 6, queueTimeout: 7ms }
    env: { RATE: "0.15" }
  constructor: { module: /srv/other.wasm }
routes:
  - { path: /api/tax/:id, methods: [POST, PUT], host: Shop.Example, function: tax, body: 3MiB }
  - path: /*
    function: constructor
`;
