// What a loaded configuration is: frozen data with every default filled in, every unit converted and every path
// absolute. Types only; the rest of the gateway depends on this file and not on how the configuration was written.

import type { ContractName } from '../../runtime/contract/contracts.ts';
import type { FunctionLimits } from '../../runtime/runtime.ts';
import type { StateMode } from '../../runtime/sandbox/sandbox.ts';

/** Where something is written; lines and columns count from 1. Both are 0 for a problem with a file as a whole. */
export interface Place {
  /** As the user named it, or `command line`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a listener binds. */
export interface Address {
  /** An IP address without brackets, or a host name; null: all interfaces. */
  readonly host: string | null;
  /** 0 to 65535; 0 lets the operating system choose. */
  readonly port: number;
}

/** What clients may send, and how slowly. */
export interface HttpLimits {
  /** Longest request target, in bytes; default 8 KiB. */
  readonly requestLineBytes: number;
  /** All header fields of a request together, in bytes; default 16 KiB. */
  readonly headersBytes: number;
  /** Most header fields of a request; default 100. */
  readonly headerCount: number;
  /** Largest request body that a function gets, in bytes; default 1 MiB. Each route carries its own, see {@link RouteConfig}. */
  readonly bodyBytes: number;
  /** Time to receive the header section, in milliseconds; at most `requestTimeoutMs`, default 10,000 or that. */
  readonly headersTimeoutMs: number;
  /** Time to receive the whole request, in milliseconds; default 30,000. */
  readonly requestTimeoutMs: number;
  /** How long a kept-alive connection may be idle, in milliseconds; default 5,000. */
  readonly idleTimeoutMs: number;
  /** Most open connections; default 10,000. */
  readonly maxConnections: number;
  /** Whether clients are told the cost of an invocation in a `Server-Timing` field; default false. */
  readonly serverTiming: boolean;
}

/** The worker threads that run functions. */
export interface PoolConfig {
  /** 1 to 64; default: one less than the available cores, at least 1. */
  readonly threads: number;
  /** Most invocations waiting in the whole pool; default 1000. */
  readonly queueLength: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogConfig {
  /** Default `info`. */
  readonly level: LogLevel;
  /** Whether each request is logged; default true. */
  readonly access: boolean;
}

/** In which process guests run. */
export const ISOLATIONS = ['thread', 'process'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export interface FunctionConfig {
  readonly name: string;
  /** Absolute. Whether the file exists is checked when the module is loaded. */
  readonly modulePath: string;
  /** The digest that the module's bytes must have, 64 lower-case hex digits; null: not pinned. */
  readonly sha256: string | null;
  /** Default `json`. */
  readonly contract: ContractName;
  /** `fresh` (default): every invocation starts from the same state; `shared`: instances of a reactor live on. */
  readonly state: StateMode;
  /** `thread` (default): a worker thread of the gateway; `process`: a process beside it, with other functions of this kind. */
  readonly isolation: Isolation;
  readonly limits: FunctionLimits;
  /** Environment variables of the guest; default none. */
  readonly env: Readonly<Record<string, string>>;
  readonly at: Place;
}

export interface RouteConfig {
  /** Begins with `/`; a segment is literal, `:name`, or, as the last one, `*`. */
  readonly path: string;
  /** Upper case; null: any method. */
  readonly methods: readonly string[] | null;
  /** Lower case, without port: `shop.example`, or `*.example.com` for one or more labels before it; null: any host. */
  readonly host: string | null;
  /** A key of {@link Config.functions}. */
  readonly functionName: string;
  /** Largest request body, in bytes; default {@link HttpLimits.bodyBytes}. */
  readonly bodyBytes: number;
  readonly at: Place;
}

/** A whole configuration; deeply frozen. */
export interface Config {
  /** Absolute path of the file; null if there was none. */
  readonly file: string | null;
  /** Default 127.0.0.1:8080. */
  readonly listen: Address;
  /** The listener for operators, always on a loopback address; null: there is none. */
  readonly admin: { readonly listen: Address } | null;
  readonly http: HttpLimits;
  readonly pool: PoolConfig;
  readonly shutdown: {
    /** Time for requests in flight, in milliseconds; default 10,000. */
    readonly drainMs: number;
  };
  readonly log: LogConfig;
  readonly functions: ReadonlyMap<string, FunctionConfig>;
  /** In the order of the file. No two serve the same host, method and path. */
  readonly routes: readonly RouteConfig[];
}
