// Sends requests to one server for a while and measures how long each answer takes.
//
// Closed loop: each connection sends its next request when it has the answer to the last. Open loop: requests are due
// at fixed times, whether or not the server keeps up, and latency counts from the time when a request was due. A stall
// then shows in every request that it delayed and not only in the one that was in flight (coordinated omission).

import { HttpConnection, type LoadFailure } from './http-connection.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';
import { startMetronome } from './metronome.ts';
import { TaxWorkload } from './tax-workload.ts';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** How long requests count. */
  readonly seconds: number;
  /** How long requests are sent before that without counting. */
  readonly warmUpSeconds: number;
  /** Requests per second of an open loop; undefined for a closed loop. */
  readonly rate?: number | undefined;
}

export interface LoadResult {
  /** Requests that counted; every one was answered, and rightly. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly latency: LatencySummary;
  /** Share of one core that the load client used: near 1, it and not the server may be what limits. */
  readonly clientCpu: number;
}

/** How long the last answers may take after the last request. */
const PATIENCE_MS = 10_000;

/** @throws LoadFailure on the first answer that is wrong or does not come; Error if nothing listens on the port */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  return new LoadRun(options).result();
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #workload: TaxWorkload;
  readonly #histogram = new LatencyHistogram();
  readonly #connections: HttpConnection[] = [];
  readonly #idle: HttpConnection[] = [];
  readonly #finished = Promise.withResolvers<void>();
  #countFromMs = 0;
  #stopAtMs = 0;
  #nextDueAtMs = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#workload = new TaxWorkload(options.port);
    // A connection may fail before anything waits for the end.
    this.#finished.promise.catch(() => undefined);
  }

  async result(): Promise<LoadResult> {
    const { seconds, warmUpSeconds } = this.#options;
    try {
      await this.#connect();
      const cpuBefore = process.cpuUsage();
      const startedAtMs = performance.now();
      this.#nextDueAtMs = startedAtMs;
      this.#countFromMs = startedAtMs + warmUpSeconds * 1000;
      this.#stopAtMs = this.#countFromMs + seconds * 1000;
      await this.#send();
      const { user, system } = process.cpuUsage(cpuBefore);
      return {
        requests: this.#histogram.count,
        requestsPerSecond: this.#histogram.count / seconds,
        latency: this.#histogram.summary(),
        clientCpu: (user + system) / 1000 / (performance.now() - startedAtMs),
      };
    } finally {
      for (const connection of this.#connections) connection.close();
    }
  }

  async #connect(): Promise<void> {
    const { port, connections } = this.#options;
    const listener = {
      answered: (connection: HttpConnection) => this.#answered(connection),
      failed: (failure: LoadFailure) => this.#finished.reject(failure),
    };
    for (let i = 0; i < connections; i++) this.#connections.push(await HttpConnection.open(port, listener));
    this.#idle.push(...this.#connections);
  }

  async #send(): Promise<void> {
    const patience = setTimeout(() => this.#giveUp(), this.#stopAtMs - performance.now() + PATIENCE_MS);
    const beat = (): void => this.#sendDue(performance.now());
    const stopBeats = this.#options.rate === undefined ? undefined : startMetronome(beat);
    try {
      beat();
      await this.#finished.promise;
    } finally {
      clearTimeout(patience);
      stopBeats?.();
    }
  }

  #sendDue(nowMs: number): void {
    const { rate } = this.#options;
    while (this.#idle.length > 0) {
      const dueAtMs = rate === undefined ? nowMs : this.#nextDueAtMs;
      if (dueAtMs >= this.#stopAtMs) {
        if (this.#idle.length === this.#connections.length) this.#finished.resolve();
        return;
      }
      if (dueAtMs > nowMs) return;
      if (rate !== undefined) this.#nextDueAtMs += 1000 / rate;
      this.#idle.shift()!.send(this.#workload.next(), dueAtMs);
    }
  }

  #answered(connection: HttpConnection): void {
    const nowMs = performance.now();
    const { dueAtMs } = connection;
    if (dueAtMs >= this.#countFromMs) this.#histogram.record(nowMs - dueAtMs);
    this.#idle.push(connection);
    this.#sendDue(nowMs);
  }

  #giveUp(): void {
    const reason = `no answer within ${PATIENCE_MS} ms after the last request was due`;
    for (const connection of this.#connections) connection.giveUp(reason);
  }
}
