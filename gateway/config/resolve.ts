// A conforming document into the frozen Config: paths made absolute, defaults that depend on the machine or on another
// value filled in.

import path from 'node:path';

import type { Config, FunctionConfig, RouteConfig } from './config.ts';
import type { Environment } from './environment.ts';
import type { ConfigFile } from './schema.ts';
import type { YamlDocument } from './yaml-document.ts';

export interface Origin {
  /** Absolute path of the file; null if there is none. */
  readonly file: string | null;
  /** Absolute; what relative paths begin at. */
  readonly directory: string;
  /** Where things are written. */
  readonly document: YamlDocument;
}

export function resolveConfig(file: ConfigFile, origin: Origin, environment: Environment): Config {
  const { http } = file;
  const functions = Object.entries(file.functions).map(
    ([name, definition]) => [name, resolveFunction(name, definition, origin)] as const,
  );
  return deepFreeze<Config>({
    file: origin.file,
    listen: file.listen,
    admin: file.admin ?? null,
    http: {
      requestLineBytes: http.requestLine,
      headersBytes: http.headers,
      headerCount: http.headerCount,
      bodyBytes: http.body,
      // Only the default can be the longer one here.
      headersTimeoutMs: Math.min(http.headersTimeout, http.requestTimeout),
      requestTimeoutMs: http.requestTimeout,
      idleTimeoutMs: http.idleTimeout,
      maxConnections: http.connections,
      serverTiming: http.serverTiming,
    },
    pool: {
      // One core stays for the event loop that talks to the clients.
      threads: file.pool.threads ?? Math.min(64, Math.max(1, environment.cores - 1)),
      queueLength: file.pool.queue,
    },
    shutdown: { drainMs: file.shutdown.drain },
    log: file.log,
    functions: new FrozenMap(functions.map(([name, definition]) => [name, deepFreeze(definition)])),
    routes: file.routes.map((route, index) => resolveRoute(route, index, http.body, origin)),
  });
}

function resolveFunction(name: string, definition: ConfigFile['functions'][string], origin: Origin): FunctionConfig {
  const { limits } = definition;
  return {
    name,
    modulePath: path.resolve(origin.directory, definition.module),
    sha256: definition.sha256 ?? null,
    contract: definition.contract,
    state: definition.state,
    isolation: definition.isolation,
    limits: {
      cpuMs: limits.cpu,
      fuel: limits.fuel ?? null,
      wallMs: limits.wall,
      memoryBytes: limits.memory,
      outputBytes: limits.output,
      tableEntries: limits.tableEntries,
      queueLength: limits.queue,
      queueTimeoutMs: limits.queueTimeout,
    },
    env: definition.env,
    at: origin.document.placeOfKey(['functions', name]),
  };
}

function resolveRoute(
  route: ConfigFile['routes'][number],
  index: number,
  defaultBodyBytes: number,
  origin: Origin,
): RouteConfig {
  return {
    path: route.path,
    methods: route.methods ?? null,
    host: route.host ?? null,
    functionName: route.function,
    bodyBytes: route.body ?? defaultBodyBytes,
    at: origin.document.placeOf(['routes', index]),
  };
}

/** `Object.freeze` leaves the entries of a Map open; this one also refuses to change them. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    Object.freeze(this);
  }

  override set(): never {
    throw new TypeError('a configuration is frozen');
  }

  override delete(): never {
    throw new TypeError('a configuration is frozen');
  }

  override clear(): never {
    throw new TypeError('a configuration is frozen');
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
