// An admitted invocation on its way through the pool, and the function it belongs to. Main thread.

import type { AnswerReceiver, Invocation } from '../invocation.ts';
import { TICK_MS } from '../sandbox/countdown.ts';
import type { Ticket } from './control-block.ts';
import type { ThreadFunction } from './messages.ts';

export interface QueueLimits {
  /** Most invocations of the function that wait at a time. */
  readonly queueLength: number;
  /** Longest wait for a thread, in milliseconds. */
  readonly queueTimeoutMs: number;
}

/** Weight of the newest run in the moving average. */
const NEWEST_WEIGHT = 0.2;

export class PooledFunction {
  readonly id: number;
  readonly definition: ThreadFunction;
  readonly limits: QueueLimits;
  /** Admitted and not yet answered. */
  unanswered = 0;
  /** Called when `unanswered` comes back to 0 after the function was unloaded. */
  onIdle: (() => void) | undefined;
  /** Before the first one has ended, the worst is expected. */
  #expectedMs = TICK_MS;

  constructor(id: number, definition: ThreadFunction, limits: QueueLimits) {
    this.id = id;
    this.definition = definition;
    this.limits = limits;
  }

  /** How long the next invocation will likely hold up the ones behind it, in milliseconds. */
  get expectedMs(): number {
    return this.#expectedMs;
  }

  ran(ms: number): void {
    // A fresh invocation holds its thread for one time slice at most.
    this.#expectedMs += (Math.min(ms, TICK_MS) - this.#expectedMs) * NEWEST_WEIGHT;
  }
}

/** The thread that has an invocation, for whoever wants it back. */
export interface AssignedThread {
  /** Takes it back, unless it has started. */
  revoke(pending: Pending): boolean;
  /** Stops it, if it has started; it still answers. */
  cancel(pending: Pending): void;
}

export type PendingState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'assigned'; readonly thread: AssignedThread; readonly ticket: Ticket }
  | { readonly kind: 'ended' };

export const WAITING: PendingState = { kind: 'waiting' };
export const ENDED: PendingState = { kind: 'ended' };

export class Pending {
  readonly fn: PooledFunction;
  readonly invocation: Invocation;
  readonly receiver: AnswerReceiver;
  readonly admittedAtMs: number;
  state: PendingState = WAITING;
  /** Its client has left: nothing is reported any more. */
  isCancelled = false;

  constructor(fn: PooledFunction, invocation: Invocation, receiver: AnswerReceiver, nowMs: number) {
    this.fn = fn;
    this.invocation = invocation;
    this.receiver = receiver;
    this.admittedAtMs = nowMs;
  }

  get queueDeadlineMs(): number {
    return this.admittedAtMs + this.fn.limits.queueTimeoutMs;
  }
}
