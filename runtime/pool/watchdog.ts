// One ticker for the whole pool, running only while somebody waits: ends threads whose invocation has passed its wall
// deadline, takes work away from threads that are stuck, and fails who has waited too long. Main thread.

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
  replace(thread: Thread, reason: ThreadEndReason, fn: PooledFunction): void;
}

/** A deadline is noticed this much late at most, in milliseconds. */
const TICK_MS = 5;
/** An invocation that ended just in time has this long until its answer must have arrived, in milliseconds. */
const GRACE_MS = 10;
/** What waits on a thread behind an invocation that has run this long is given to another, in milliseconds. */
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
    for (const pending of this.#pool.admission.takeExpired(nowMs)) this.#pool.fail(pending, queueTimeoutError(pending));
    for (const thread of this.#pool.threads()) {
      const running = thread.running();
      if (running !== undefined) this.#checkRunning(thread, running.pending, running.startedAtMs, nowMs);
    }
  }

  #checkRunning(thread: Thread, pending: Pending, startedAtMs: number, nowMs: number): void {
    const { wallMs } = pending.fn.definition;
    const isCancelled = nowMs >= pending.stopAtMs;
    if (isCancelled || nowMs >= startedAtMs + wallMs + GRACE_MS) {
      thread.abandon(pending);
      this.#pool.replace(thread, isCancelled ? 'cancelled' : 'deadline', pending.fn);
      this.#pool.fail(pending, deadlineError(pending, wallMs));
    } else if (nowMs >= startedAtMs + STUCK_MS && !thread.isStuck) {
      thread.isStuck = true;
      this.#pool.readmit(thread.revokeAll());
    }
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
