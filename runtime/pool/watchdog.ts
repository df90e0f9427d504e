// One ticker for the whole pool, running only while somebody waits: ends threads whose guest does not
// stop at its wall deadline, takes work away from threads that are stuck, and fails who has waited too long. Main thread.

import { InvocationError } from '../errors.ts';
import type { ThreadEndReason } from '../observer.ts';
import type { Admission } from './admission.ts';
import { monotonicMs } from './monotonic-clock.ts';
import type { Pending, PooledFunction } from './pending.ts';
import type { Thread } from './thread.ts';

export interface WatchedPool {
  threads(): readonly Thread[];
  readonly admission: Admission;
  fail(pending: Pending, error: InvocationError): void;
  readmit(pendings: readonly Pending[]): void;
  /** Hands out what waits, to threads that are no longer stuck. */
  flush(): void;
  /** Nobody waits for an answer. */
  isIdle(): boolean;
  /** Called when the ticker stops. */
  rest(): void;
  replace(thread: Thread, reason: ThreadEndReason, fn: PooledFunction): void;
}

/** A deadline is noticed this much late at most, in milliseconds. */
const TICK_MS = 5;
/**
 * A guest stops by itself at its deadline, at the end of the instruction that it is in. A thread that still executes it
 * this much later, in milliseconds, is ended.
 */
const GRACE_MS = 250;
/** What waits on a thread for the end of a time slice that has lasted this long, in milliseconds, goes to another one. */
const STUCK_MS = 5;

export class Watchdog {
  readonly #pool: WatchedPool;
  #ticker: NodeJS.Timeout | undefined;

  constructor(pool: WatchedPool) {
    this.#pool = pool;
  }

  watch(): void {
    this.#ticker ??= setInterval(() => this.#tick(monotonicMs()), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  #tick(nowMs: number): void {
    if (this.#pool.isIdle()) return this.#rest();
    for (const pending of this.#pool.admission.takeExpired(nowMs)) this.#pool.fail(pending, queueTimeoutError(pending));
    for (const thread of this.#pool.threads()) this.#checkThread(thread, nowMs);
    this.#pool.flush();
  }

  /** Not at the last answer: under load the next invocation comes before the next tick. */
  #rest(): void {
    this.stop();
    this.#pool.rest();
  }

  #checkThread(thread: Thread, nowMs: number): void {
    const found = thread.executing();
    thread.isStuck = found !== undefined && nowMs >= found.executing.sliceStartMs + STUCK_MS;
    if (found === undefined || !thread.isStuck) return;
    const { pending, executing } = found;
    const { wallMs } = pending.fn.definition.limits;
    const lastMoment = Math.max(executing.startedAtMs + wallMs, executing.sliceStartMs) + GRACE_MS;
    if (nowMs < lastMoment) return this.#pool.readmit(thread.revokeAll());
    thread.abandon(pending);
    this.#pool.replace(thread, 'deadline', pending.fn);
    this.#pool.fail(pending, deadlineError(pending, wallMs));
  }
}

function deadlineError({ fn }: Pending, wallMs: number): InvocationError {
  const message = `function "${fn.definition.name}" passed its ${wallMs} ms deadline: make it faster, or raise limits.wall`;
  return new InvocationError('ERR_GUEST_DEADLINE', message, { wallMs });
}

function queueTimeoutError({ fn }: Pending): InvocationError {
  const { queueTimeoutMs } = fn.limits;
  const message = `function "${fn.definition.name}" got no thread within ${queueTimeoutMs} ms: try again later, or raise limits.queueTimeout or pool.threads`;
  return new InvocationError('ERR_QUEUE_TIMEOUT', message, { queueTimeoutMs });
}
