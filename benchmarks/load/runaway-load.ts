// Requests that never end by themselves, at random times: what comes from many clients who know nothing of each other.

import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

export const RUNAWAY_PATH = '/api/loop';

const EXPECTED_STATUS = 504;
const EXPECTED_CODE = 'ERR_GUEST_CPU_BUDGET';

export interface RunawayOptions {
  readonly port: number;
  /** Requests per second, on average. */
  readonly rate: number;
}

export class RunawayLoad {
  readonly #options: RunawayOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #stopping = new AbortController();
  readonly #answered: Promise<number>[] = [];
  readonly #sending: Promise<void>;

  constructor(options: RunawayOptions) {
    this.#options = options;
    this.#sending = this.#send();
  }

  /**
   * Sends no more, waits for the last answers.
   * @returns how long each took, in milliseconds
   * @throws Error if one was answered with anything but 504 and the code of the CPU budget
   */
  async stop(): Promise<readonly number[]> {
    this.#stopping.abort();
    await this.#sending;
    try {
      return await Promise.all(this.#answered);
    } finally {
      this.#agent.destroy();
    }
  }

  async #send(): Promise<void> {
    const { signal } = this.#stopping;
    let dueAtMs = performance.now();
    while (!signal.aborted) {
      // Exponential gaps: the next request comes as likely now as at any other time.
      dueAtMs += (-Math.log(1 - Math.random()) * 1000) / this.#options.rate;
      await delay(Math.max(0, dueAtMs - performance.now()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const answered = this.#ask();
      // A failure is told by `stop`.
      answered.catch(() => undefined);
      this.#answered.push(answered);
    }
  }

  async #ask(): Promise<number> {
    const startedAtMs = performance.now();
    const { port } = this.#options;
    const sent = request({ host: '127.0.0.1', port, path: RUNAWAY_PATH, method: 'POST', agent: this.#agent });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    sent.on('response', resolve).on('error', reject).end();
    const response = await promise;
    const body = await text(response);
    if (response.statusCode !== EXPECTED_STATUS || !body.includes(`"${EXPECTED_CODE}"`)) {
      throw new Error(`an endless loop was answered with ${response.statusCode} ${body}`);
    }
    return performance.now() - startedAtMs;
  }
}
