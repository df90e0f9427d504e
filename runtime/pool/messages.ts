// The whole protocol between the main thread and a worker. Jobs go out in batches, one message for all that one turn of
// the event loop brought; answers come back in batches of at most a time slice, and in parts.

import type { MessagePort } from 'node:worker_threads';
import type { ContractName } from '../contract/contracts.ts';
import type { InvocationErrorMessage } from '../errors.ts';
import type {
  BackgroundEvent,
  GuestLogLine,
  HttpEvent,
  InvocationCost,
  InvocationEvent,
  TraceContext,
} from '../invocation.ts';
import type { PreparedModule } from '../module/prepare.ts';
import type { SandboxLimits, StateMode } from '../sandbox/sandbox.ts';
import type { Ticket } from './control-block.ts';

/** What a worker needs to run a function; sent once per thread. */
export interface ThreadFunction {
  readonly name: string;
  readonly prepared: PreparedModule;
  readonly contract: ContractName;
  readonly env: Readonly<Record<string, string>>;
  readonly state: StateMode;
  readonly limits: SandboxLimits;
}

/** Handed over when the thread starts. */
export interface ThreadInit {
  readonly port: MessagePort;
  readonly control: SharedArrayBuffer;
  /** The memory of the thread's countdown. */
  readonly countdown: WebAssembly.Memory;
}

export type ToThread =
  | { readonly kind: 'load'; readonly functionId: number; readonly definition: ThreadFunction }
  | { readonly kind: 'unload'; readonly functionId: number }
  | { readonly kind: 'run'; readonly jobs: readonly Job[] }
  /** Jobs that had started have been cancelled; their claims say which. */
  | { readonly kind: 'cancel' };

/** Bytes on their way: up to 64 KiB as a Latin-1 string, whose clone is one copy and needs no buffer of its own. */
export type PackedBytes = string | Uint8Array<ArrayBuffer>;

/** As a list: to clone an object costs twice as much, since the names of its fields travel with every one. */
export type PackedHttpEvent = readonly [
  route: string,
  method: string,
  scheme: HttpEvent['scheme'],
  host: string,
  remoteAddress: string,
  path: string,
  query: string,
  /** Null: none. */
  params: Readonly<Record<string, string>> | null,
  rawHeaders: readonly string[],
  body: PackedBytes,
];

export type Job = readonly [
  ticket: Ticket,
  functionId: number,
  id: string,
  event: PackedHttpEvent | BackgroundEvent,
  trace: TraceContext | undefined,
];

export type FromThread = { readonly kind: 'ready' } | { readonly kind: 'answers'; readonly answers: AnswerParts[] };

/** Any of the parts of an answer, in their order; the JSON contract's answers are complete in one message. */
export type AnswerParts = readonly [
  ticket: Ticket,
  head: readonly [status: number, headers: readonly string[]] | null,
  chunk: PackedBytes | null,
  end: Ending | null,
];

export interface Ending {
  readonly error: InvocationErrorMessage | null;
  readonly startedAtMs: number;
  /** Queue time excepted, which only the main thread knows. */
  readonly cost: Omit<InvocationCost, 'queueMs'>;
  readonly logs: readonly GuestLogLine[];
  readonly droppedLogLines: number;
}

const PACKED_AS_STRING_BYTES = 64 * 1024;

/** A large buffer is moved, not copied: it is pushed to `transfer`, and its owner must not use it any more. */
export function packBytes(bytes: Uint8Array, transfer: ArrayBuffer[]): PackedBytes {
  if (bytes.byteLength <= PACKED_AS_STRING_BYTES) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
  // A view of a larger buffer (node's pool, the sandbox's output) is copied out, or the clone would carry all of it.
  const owned = new Uint8Array(bytes);
  transfer.push(owned.buffer);
  return owned;
}

export function unpackBytes(packed: PackedBytes): Uint8Array {
  return typeof packed === 'string' ? Buffer.from(packed, 'latin1') : packed;
}

/** A large body is moved, see {@link packBytes}. */
export function packEvent(event: InvocationEvent, transfer: ArrayBuffer[]): PackedHttpEvent | BackgroundEvent {
  if (event.trigger !== 'http') return event;
  const { route, method, scheme, host, remoteAddress, path, query, params, rawHeaders } = event;
  const body = packBytes(event.body, transfer);
  return [route, method, scheme, host, remoteAddress, path, query, hasKeys(params) ? params : null, rawHeaders, body];
}

export function unpackEvent(packed: PackedHttpEvent | BackgroundEvent): InvocationEvent {
  if (!isHttpEvent(packed)) return packed;
  const [route, method, scheme, host, remoteAddress, path, query, params, rawHeaders, body] = packed;
  return {
    trigger: 'http',
    route,
    method,
    scheme,
    host,
    remoteAddress,
    path,
    query,
    params: params ?? {},
    rawHeaders,
    body: unpackBytes(body),
  };
}

function isHttpEvent(packed: PackedHttpEvent | BackgroundEvent): packed is PackedHttpEvent {
  return Array.isArray(packed);
}

function hasKeys(record: object): boolean {
  for (const _ in record) return true;
  return false;
}
