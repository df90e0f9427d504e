// A configuration without a file: one module that answers every request.

import path from 'node:path';

import type { Config, Place } from './config.ts';
import { processEnvironment, type Environment } from './environment.ts';
import { checkAndResolve } from './load.ts';

/** Values are written as in a configuration file (`64MiB`, `250ms`) and have the same defaults. */
export interface ModuleConfigOptions {
  /** The .wasm file; relative to the working directory. */
  readonly modulePath: string;
  /** Default 127.0.0.1:8080. */
  readonly listen?: string | undefined;
  /** Loopback address of the admin listener; default: there is none. */
  readonly adminListen?: string | undefined;
  /** `json` (default) or `gojinn`. */
  readonly contract?: string | undefined;
  readonly limits?: {
    readonly cpu?: string | undefined;
    readonly wall?: string | undefined;
    readonly memory?: string | undefined;
    readonly output?: string | undefined;
  };
  readonly env?: Readonly<Record<string, string>>;
  readonly threads?: number | string | undefined;
  readonly logLevel?: string | undefined;
  readonly accessLog?: boolean | undefined;
}

const COMMAND_LINE: Place = { file: 'command line', line: 0, column: 0 };

/**
 * Serves the module on every host, method and path. The function is named after the file.
 * @throws ConfigError ERR_CONFIG for an option that is not valid; places are `command line`.
 */
export function configForModule(options: ModuleConfigOptions, environment: Environment = processEnvironment()): Config {
  const name = functionNameOf(options.modulePath);
  const { contract, limits = {}, env = {} } = options;
  const root = {
    version: 1,
    ...given({ listen: options.listen }),
    ...(options.adminListen === undefined ? {} : { admin: { listen: options.adminListen } }),
    pool: given({ threads: options.threads }),
    log: given({ level: options.logLevel, access: options.accessLog }),
    functions: { [name]: { module: options.modulePath, ...given({ contract }), limits: given(limits), env } },
    routes: [{ path: '/*', function: name }],
  };
  const document = { root, placeOf: () => COMMAND_LINE, placeOfKey: () => COMMAND_LINE };
  return checkAndResolve({ file: null, directory: process.cwd(), document }, environment);
}

function functionNameOf(modulePath: string): string {
  const stem = path.basename(modulePath, path.extname(modulePath)).toLowerCase();
  const name = stem.replaceAll(/[^a-z0-9_-]+/g, '-').replace(/^[^a-z]+/, '');
  return name === '' ? 'main' : name.slice(0, 63);
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
