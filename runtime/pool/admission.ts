// Who may wait and who is next: a bounded queue per function, a bound for all of them, round robin between functions so
// that a busy one does not hold up the others. Main thread; knows no thread.

import { InvocationError } from '../errors.ts';
import type { Pending, PooledFunction } from './pending.ts';

export class Admission {
  readonly #queueLength: number;
  /** Functions with somebody waiting; the first is served next. A Map keeps the order. */
  readonly #queues = new Map<PooledFunction, Queue>();
  #waiting = 0;

  /** @param queueLength most invocations that wait in the whole pool */
  constructor(queueLength: number) {
    this.#queueLength = queueLength;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Puts an invocation into its queue, or says why not. */
  admit(pending: Pending): InvocationError | undefined {
    const { fn } = pending;
    const { queueLength } = fn.limits;
    if ((this.#queues.get(fn)?.size ?? 0) >= queueLength) {
      const message = `function "${fn.definition.name}" has ${queueLength} invocations waiting, its limits.queue: try again later, or raise it`;
      return new InvocationError('ERR_QUEUE_FULL', message, { queueLength });
    }
    if (this.#waiting >= this.#queueLength) {
      const message = `the pool has ${this.#queueLength} invocations waiting, its pool.queue: try again later, or raise it`;
      return new InvocationError('ERR_QUEUE_FULL', message, { queueLength: this.#queueLength });
    }
    this.#queueOf(fn).push(pending);
    this.#waiting++;
    return undefined;
  }

  /** Back to the head of its queue, past any limit: it was admitted before. */
  readmit(pending: Pending): void {
    this.#queueOf(pending.fn).unshift(pending);
    this.#waiting++;
  }

  /** The next invocation to run, of those functions for which `mayRun` is true; undefined if nobody of them waits. */
  next(mayRun: (fn: PooledFunction) => boolean = () => true): Pending | undefined {
    for (const [fn, queue] of this.#queues) {
      if (!mayRun(fn)) continue;
      const pending = queue.shift();
      // To the end of the round, or out of it.
      this.#queues.delete(fn);
      if (queue.size > 0) this.#queues.set(fn, queue);
      if (pending === undefined) continue;
      this.#waiting--;
      return pending;
    }
    return undefined;
  }

  /** Takes a waiting invocation out: its client left. */
  remove(pending: Pending): void {
    const queue = this.#queues.get(pending.fn);
    if (queue?.remove(pending) !== true) return;
    this.#waiting--;
    if (queue.size === 0) this.#queues.delete(pending.fn);
  }

  /** Takes out whoever has waited past the queue timeout. */
  takeExpired(nowMs: number): Pending[] {
    const expired: Pending[] = [];
    for (const [fn, queue] of this.#queues) {
      // All of a queue have the same timeout, so the oldest is the first to expire.
      while (queue.peek() !== undefined && queue.peek()!.queueDeadlineMs <= nowMs) expired.push(queue.shift()!);
      if (queue.size === 0) this.#queues.delete(fn);
    }
    this.#waiting -= expired.length;
    return expired;
  }

  #queueOf(fn: PooledFunction): Queue {
    let queue = this.#queues.get(fn);
    if (queue === undefined) this.#queues.set(fn, (queue = new Queue()));
    return queue;
  }
}

/** First in, first out, over a Set: leaving from the middle (a client that left) costs as little as from the head. */
class Queue {
  #members = new Set<Pending>();

  get size(): number {
    return this.#members.size;
  }

  push(pending: Pending): void {
    this.#members.add(pending);
  }

  unshift(pending: Pending): void {
    // Rare (a thread was ended or got stuck), so copying is fine.
    this.#members = new Set([pending, ...this.#members]);
  }

  peek(): Pending | undefined {
    return this.#members.values().next().value;
  }

  shift(): Pending | undefined {
    const first = this.peek();
    if (first !== undefined) this.#members.delete(first);
    return first;
  }

  remove(pending: Pending): boolean {
    return this.#members.delete(pending);
  }
}
