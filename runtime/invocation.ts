// What goes into a function and what comes out, the same for every trigger. Types only: a trigger makes an
// Invocation and hands over an AnswerReceiver; it never sees a thread.

import type { InvocationError } from './errors.ts';

/** A request as the HTTP listener hands it over: already normalised, nothing parsed that a worker thread can parse. */
export interface HttpEvent {
  readonly trigger: 'http';
  /** The pattern of the route that matched, as written in the config. */
  readonly route: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, with the port if the client sent one. */
  readonly host: string;
  readonly remoteAddress: string;
  /** The normalised path, percent-encoded. */
  readonly path: string;
  /** Without the question mark; empty if there was none. */
  readonly query: string;
  /** Decoded route parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** Name, value, name, value … as received; names in the client's case. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** What a trigger other than HTTP hands over; `event` is JSON. */
export interface BackgroundEvent {
  readonly trigger: 'cron' | 'queue' | 'event' | 'invoke';
  readonly event: unknown;
}

export type InvocationEvent = HttpEvent | BackgroundEvent;

/** W3C trace context of the caller, passed on as it came. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string;
}

export interface Invocation {
  /** Unique; the request id that clients and logs see. */
  readonly id: string;
  readonly event: InvocationEvent;
  readonly trace?: TraceContext;
}

/** One line that the guest wrote to stderr, without its newline. */
export interface GuestLogLine {
  readonly text: string;
  /** True if the line was longer than the limit of a log entry and its end was dropped. */
  readonly truncated: boolean;
}

/** What one invocation cost. Times in milliseconds. */
export interface InvocationCost {
  /** From admission to the start on a thread. */
  readonly queueMs: number;
  /** Creating the instance. */
  readonly instantiateMs: number;
  /** From the instance to the guest's end, waiting and other invocations of its thread included. */
  readonly runMs: number;
  /** CPU time of the guest on its thread, exact to a time slice. */
  readonly cpuMs: number;
  /** Instructions that the guest executed, as metered; null if the function has no fuel limit. */
  readonly fuel: number | null;
  /** Size of linear memory at the end, in bytes. */
  readonly memoryBytes: number;
  readonly hostCalls: number;
}

export interface InvocationReport {
  readonly cost: InvocationCost;
  readonly logs: readonly GuestLogLine[];
  /** Lines dropped because the guest logged more than it may. */
  readonly droppedLogLines: number;
}

/**
 * Takes the answer in parts. Either `head`, any number of `chunk`, `end`; or `failed`, which may also come instead of
 * any later part once answers are streamed. Called on the thread that invoked, never synchronously from `invoke`.
 */
export interface AnswerReceiver {
  /** `headers` is flat: name, value, name, value …; names in lower case. */
  head(status: number, headers: readonly string[]): void;
  chunk(bytes: Uint8Array): void;
  end(report: InvocationReport): void;
  failed(error: InvocationError, report: InvocationReport): void;
}
