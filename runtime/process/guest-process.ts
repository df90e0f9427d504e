// The parent's side of one process of isolated functions: starts it, talks to it, sees that it lives, ends it. Believes
// nothing that it says. Knows no function.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ProcessEndReason } from '../observer.ts';
import { isFromGuestProcess } from './check-message.ts';
import { Link, LINK_FD } from './link.ts';
import type { FromGuestProcess, ToGuestProcess } from './messages.ts';

/** The parent's environment has secrets. These are what a program needs to start. */
const INHERITED_VARIABLES = ['PATH', 'LD_LIBRARY_PATH', 'TZ'];

/** A process is told to be unresponsive after so many pings without an answer. */
const PINGS = 5;
/** It has so many times longer for its first answer: on a busy machine, a process starts in seconds. */
const START_FACTOR = 6;

export interface GuestProcessOptions {
  /** How long it may leave us without a sign of life, in milliseconds; six times as long when it starts. */
  readonly unresponsiveMs: number;
  /** What it runs; `child.ts` unless a test wants it to misbehave. */
  readonly entry?: string;
}

export interface ProcessEnd {
  readonly reason: ProcessEndReason;
  readonly cause: Error;
}

export interface GuestProcessEvents {
  received(process: GuestProcess, message: FromGuestProcess): void;
  /** Called once, when it is gone; nothing is received after it. */
  ended(process: GuestProcess, end: ProcessEnd): void;
}

type State =
  | { readonly kind: 'running' }
  /** Sent SIGKILL; its end is to come. */
  | { readonly kind: 'ending'; readonly end: ProcessEnd }
  | { readonly kind: 'ended' };

export class GuestProcess {
  readonly #child: ChildProcess | undefined;
  readonly #link: Link<ToGuestProcess> | undefined;
  readonly #events: GuestProcessEvents;
  readonly #pings: NodeJS.Timeout;
  readonly #gone = Promise.withResolvers<void>();
  #state: State = { kind: 'running' };
  readonly #unresponsiveMs: number;
  #hasAnswered = false;
  #unansweredPings = 0;

  constructor({ unresponsiveMs, entry = entryFile() }: GuestProcessOptions, events: GuestProcessEvents) {
    this.#events = events;
    this.#unresponsiveMs = unresponsiveMs;
    this.#pings = setInterval(() => this.#ping(), unresponsiveMs / PINGS);
    try {
      this.#child = startChild(entry);
    } catch (cause) {
      // Most reasons come as an event, some (no memory) are thrown.
      setImmediate(() => this.#end('it could not be started', cause));
      return;
    }
    this.#child.once('exit', (code, signal) => this.#end(`it ended ${signal ?? `with code ${code}`}`));
    this.#child.once('error', (cause) => {
      // There will be no exit.
      if (this.pid === undefined) this.#end('it could not be started', cause);
    });
    const stream = this.#child.stdio[LINK_FD] as Duplex | null | undefined;
    if (stream === null || stream === undefined) return;
    this.#link = new Link<ToGuestProcess>(stream, {
      received: (messages) => this.#receive(messages),
      garbled: (cause) => this.kill('garbled', cause),
      // Mostly because it has ended, and how is told by its exit.
      closed: () => void this.#child?.kill('SIGKILL'),
    });
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /**
   * Messages of one turn of the event loop travel together. Dropped if it is gone.
   * @param bytes of the body or module that is in the message
   */
  send(message: ToGuestProcess, bytes = 0): void {
    this.#link?.send(message, bytes);
  }

  /** Ends it at once, whatever it does. */
  kill(reason: ProcessEndReason, cause: Error): void {
    if (this.#state.kind !== 'running') return;
    this.#state = { kind: 'ending', end: { reason, cause } };
    this.#child?.kill('SIGKILL');
  }

  #receive(messages: readonly unknown[]): void {
    for (const message of messages) {
      if (this.#state.kind !== 'running') return;
      if (!isFromGuestProcess(message)) return this.kill('garbled', new Error('it sent a message that is none'));
      this.#hasAnswered = true;
      this.#unansweredPings = 0;
      this.#events.received(this, message);
    }
  }

  /** Counts pings and not time: if we were held up ourselves, its answer may lie unread. */
  #ping(): void {
    const factor = this.#hasAnswered ? 1 : START_FACTOR;
    if (this.#unansweredPings === PINGS * factor) {
      const cause = new Error(`it gave no sign of life for ${this.#unresponsiveMs * factor} ms`);
      return this.kill('unresponsive', cause);
    }
    this.#unansweredPings++;
    this.send({ kind: 'ping' });
  }

  #end(how: string, cause?: unknown): void {
    if (this.#state.kind === 'ended') return;
    const end =
      this.#state.kind === 'ending' ? this.#state.end : { reason: 'ended' as const, cause: new Error(how, { cause }) };
    this.#state = { kind: 'ended' };
    clearInterval(this.#pings);
    this.#gone.resolve();
    this.#events.ended(this, end);
  }
}

function startChild(entry: string): ChildProcess {
  return spawn(process.execPath, [entry], {
    env: inheritedEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
}

function entryFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
}

function inheritedEnvironment(): Record<string, string> {
  const pairs = INHERITED_VARIABLES.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
