// The one ticker of the process: a thread that counts all threads' time slices while anything runs and sleeps otherwise.
// A timer per invocation would cost more than most invocations.

import { Worker } from 'node:worker_threads';
import type { Countdown } from '../sandbox/countdown.ts';

export const ASLEEP = 0;
export const AWAKE = 1;

/** One i32, `ASLEEP` or `AWAKE`. */
export type TickerState = SharedArrayBuffer;

export interface TickerMessage {
  readonly kind: 'add' | 'remove';
  readonly threadId: number;
  readonly countdown: WebAssembly.Memory;
}

export class Ticker {
  readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #worker: Worker;
  readonly #ids = new Map<Countdown, number>();
  #nextId = 0;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const workerData: TickerState = this.#state.buffer;
    this.#worker = new Worker(new URL(`./ticker-worker.${extension}`, import.meta.url), { workerData });
    this.#worker.unref();
  }

  add(countdown: Countdown): void {
    const threadId = this.#nextId++;
    this.#ids.set(countdown, threadId);
    this.#worker.postMessage({ kind: 'add', threadId, countdown: countdown.memory } satisfies TickerMessage);
  }

  remove(countdown: Countdown): void {
    const threadId = this.#ids.get(countdown);
    if (threadId === undefined) return;
    this.#ids.delete(countdown);
    this.#worker.postMessage({ kind: 'remove', threadId, countdown: countdown.memory } satisfies TickerMessage);
  }

  /** Ticks from now on. */
  wake(): void {
    if (Atomics.exchange(this.#state, 0, AWAKE) === ASLEEP) Atomics.notify(this.#state, 0);
  }

  /** Nothing runs: no ticks until it is woken. */
  sleep(): void {
    Atomics.store(this.#state, 0, ASLEEP);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
