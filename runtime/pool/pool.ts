// The worker threads and who runs what on them: hands waiting invocations to threads in batches, a little ahead of what
// a thread can do so that it is never idle, replaces threads that had to be ended. Main thread.

import { checkAddressSpace } from '../address-space.ts';
import { InvocationError, fromErrorMessage } from '../errors.ts';
import type { AnswerReceiver, Invocation, InvocationReport } from '../invocation.ts';
import type { RuntimeObserver, ThreadEndReason } from '../observer.ts';
import { Admission } from './admission.ts';
import { type AnswerParts, type Ending, type ThreadFunction, unpackBytes } from './messages.ts';
import { monotonicMs } from './monotonic-clock.ts';
import { ENDED, Pending, PooledFunction, type QueueLimits } from './pending.ts';
import { openThreadHost, type ThreadHost } from './thread-host.ts';
import { Thread, type ThreadEnd } from './thread.ts';
import { Ticker } from './ticker.ts';
import { Watchdog } from './watchdog.ts';

export interface PoolOptions {
  /** Threads that run invocations; one more is kept warm, for when one of them has to be ended. */
  readonly threads: number;
  /** Most invocations that wait in the whole pool. */
  readonly queueLength: number;
  readonly observer: RuntimeObserver;
}

/** A thread gets more work until this much lies before it, in milliseconds of expected run time. */
const BACKLOG_MS = 1;
const SPARES = 1;

const NO_COST = { instantiateMs: 0, runMs: 0, cpuMs: 0, fuel: null, memoryBytes: 0, hostCalls: 0 };

export class Pool {
  readonly #options: PoolOptions;
  readonly #host: ThreadHost;
  readonly #ticker = new Ticker();
  readonly #admission: Admission;
  readonly #watchdog: Watchdog;
  readonly #functions = new Set<PooledFunction>();
  /** All that live, oldest first; the first that are ready take work, the rest are spares. */
  #threads: Thread[] = [];
  #active: Thread[] = [];
  #nextFunctionId = 1;
  #unanswered = 0;
  #isFlushing = false;
  #state: 'open' | 'draining' | 'closed' = 'open';
  #onIdle: (() => void) | undefined;
  /** Settled by the first thread that is ready, or that cannot start. */
  readonly #started = Promise.withResolvers<void>();

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#host = openThreadHost(options.threads + SPARES);
    this.#admission = new Admission(options.queueLength);
    this.#watchdog = new Watchdog({
      threads: () => this.#threads,
      admission: this.#admission,
      fail: (pending, error) => this.#fail(pending, error),
      readmit: (pendings) => this.#readmit(pendings),
      flush: () => this.#flushIfWaiting(),
      replace: (thread, reason, fn) => this.#replace(thread, reason, fn),
      isIdle: () => this.#unanswered === 0,
      rest: () => this.#ticker.sleep(),
    });
  }

  /**
   * Resolves when the first thread is ready.
   * @throws CodedError ERR_ADDRESS_SPACE if a limit of the process is too low for them; Error if they cannot start
   */
  static async open(options: PoolOptions): Promise<Pool> {
    checkAddressSpace(options.threads + SPARES);
    const pool = new Pool(options);
    for (let i = 0; i < options.threads + SPARES; i++) pool.#startThread();
    try {
      await pool.#started.promise;
      return pool;
    } catch (cause) {
      await pool.close(0);
      throw new Error('the worker threads of the pool do not start', { cause });
    }
  }

  /** Invocations admitted and not yet answered. */
  get unanswered(): number {
    return this.#unanswered;
  }

  get waiting(): number {
    return this.#admission.waiting;
  }

  /** Threads that take work now. */
  get readyThreads(): number {
    return this.#active.length;
  }

  load(definition: ThreadFunction, limits: QueueLimits): PooledFunction {
    const fn = new PooledFunction(this.#nextFunctionId++, definition, limits);
    this.#functions.add(fn);
    for (const thread of this.#threads) thread.load(fn);
    return fn;
  }

  /** Resolves when its last invocation has been answered and no thread holds it any more. */
  async unload(fn: PooledFunction): Promise<void> {
    if (!this.#functions.delete(fn)) return;
    if (fn.unanswered > 0) await new Promise<void>((resolve) => (fn.onIdle = resolve));
    for (const thread of this.#threads) thread.unload(fn);
  }

  /** Never calls the receiver before it has returned. */
  submit(fn: PooledFunction, invocation: Invocation, receiver: AnswerReceiver): Pending {
    const pending = new Pending(fn, invocation, receiver, monotonicMs());
    fn.unanswered++;
    this.#unanswered++;
    const refused = this.#state === 'open' ? this.#admission.admit(pending) : drainingError();
    if (refused === undefined) {
      this.#ticker.wake();
      this.#watchdog.watch();
      this.#flushSoon();
    } else {
      setImmediate(() => {
        // It may have been cancelled since.
        if (pending.state.kind !== 'ended') this.#fail(pending, refused);
      });
    }
    return pending;
  }

  /** The client has gone: nothing is reported any more, and what runs for it is stopped soon. */
  cancel(pending: Pending): void {
    if (pending.isCancelled || pending.state.kind === 'ended') return;
    pending.isCancelled = true;
    if (pending.state.kind === 'waiting') this.#admission.remove(pending);
    else if (!pending.state.thread.revoke(pending)) return pending.state.thread.cancel(pending);
    pending.state = ENDED;
    this.#account(pending);
    this.#flushSoon();
  }

  /** Admits nothing more; resolves when all is answered, or has been given up after `drainMs`. */
  async close(drainMs: number): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    if (this.#unanswered > 0) await this.#drain(drainMs);
    this.#state = 'closed';
    this.#watchdog.stop();
    await Promise.all([this.#ticker.close(), this.#host.close()]);
  }

  async #drain(drainMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, drainMs);
    await promise;
    clearTimeout(timer);
    for (let pending = this.#admission.next(); pending !== undefined; pending = this.#admission.next()) {
      this.#fail(pending, drainingError());
    }
    for (const thread of this.#threads) {
      for (const pending of thread.unanswered()) {
        thread.abandon(pending);
        this.#fail(pending, drainingError());
      }
    }
  }

  #startThread(): void {
    const thread = new Thread(this.#host, {
      ready: () => this.#threadReady(),
      answered: (pending, parts) => this.#answered(pending, parts),
      progressed: () => this.#flushIfWaiting(),
      ended: (thread, end) => this.#threadEnded(thread, end),
    });
    this.#threads.push(thread);
    this.#ticker.add(thread.countdown);
    for (const fn of this.#functions) thread.load(fn);
  }

  #threadReady(): void {
    this.#chooseActive();
    this.#started.resolve();
    this.#flushSoon();
  }

  #threadEnded(thread: Thread, { lost, unstarted, cause }: ThreadEnd): void {
    this.#ticker.remove(thread.countdown);
    this.#readmit(unstarted);
    for (const pending of lost) {
      const name = pending.fn.definition.name;
      const message = `function "${name}" was running on a worker thread that ended: ${cause?.message ?? 'it was stopped'}`;
      this.#fail(pending, new InvocationError('ERR_THREAD_LOST', message, {}, { cause }));
    }
    if (this.#state === 'closed' || !this.#threads.includes(thread)) return;
    this.#started.reject(cause);
    this.#replace(thread, 'crashed', lost[0]?.fn, cause);
  }

  /** Another thread takes its place at once; what it had not started runs elsewhere. */
  #replace(thread: Thread, reason: ThreadEndReason, fn: PooledFunction | undefined, cause?: Error): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
    this.#chooseActive();
    this.#readmit(thread.revokeAll());
    thread.terminate();
    this.#startThread();
    this.#options.observer.threadReplaced(reason, fn?.definition.name, cause);
  }

  #chooseActive(): void {
    this.#active = this.#threads.filter((thread) => thread.state === 'ready').slice(0, this.#options.threads);
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // After all sockets of this turn of the event loop were read: their requests make one batch.
    setImmediate(() => this.#flush());
  }

  #flushIfWaiting(): void {
    if (this.#admission.waiting > 0) this.#flushSoon();
  }

  #flush(): void {
    this.#isFlushing = false;
    let threads = this.#active;
    for (let thread = leastBusy(threads); thread !== undefined; thread = leastBusy(threads)) {
      const pending = this.#admission.next((fn) => thread.hasRoomFor(fn));
      if (pending !== undefined) thread.assign(pending);
      else if (this.#admission.waiting === 0) break;
      // Whoever waits has no room here, but perhaps on another one.
      else threads = threads.filter((other) => other !== thread);
    }
    for (const thread of this.#active) thread.flush();
  }

  #readmit(pendings: readonly Pending[]): void {
    if (pendings.length === 0) return;
    for (const pending of pendings.toReversed()) this.#admission.readmit(pending);
    this.#flushSoon();
  }

  #answered(pending: Pending, [, head, chunk, end]: AnswerParts): void {
    const { receiver, isCancelled } = pending;
    if (end !== null) {
      pending.fn.ran(end.cost.instantiateMs + end.cost.cpuMs);
      this.#account(pending);
    }
    if (isCancelled) return;
    if (head !== null) receiver.head(head[0], head[1]);
    if (chunk !== null) receiver.chunk(unpackBytes(chunk));
    if (end === null) return;
    const report = toReport(pending, end);
    if (end.error === null) receiver.end(report);
    else receiver.failed(fromErrorMessage(end.error), report);
  }

  #fail(pending: Pending, error: InvocationError): void {
    pending.state = ENDED;
    this.#account(pending);
    if (pending.isCancelled) return;
    const queueMs = monotonicMs() - pending.admittedAtMs;
    pending.receiver.failed(error, { cost: { ...NO_COST, queueMs }, logs: [], droppedLogLines: 0 });
  }

  #account({ fn }: Pending): void {
    fn.unanswered--;
    this.#unanswered--;
    if (fn.unanswered === 0) fn.onIdle?.();
    if (this.#unanswered > 0) return;
    this.#onIdle?.();
  }
}

function drainingError(): InvocationError {
  return new InvocationError('ERR_DRAINING', 'the gateway is shutting down: try again with another one', {});
}

function toReport(pending: Pending, end: Ending): InvocationReport {
  const queueMs = Math.max(0, end.startedAtMs - pending.admittedAtMs);
  return { cost: { ...end.cost, queueMs }, logs: end.logs, droppedLogLines: end.droppedLogLines };
}

/** The thread that will be free first, if any may have more. */
function leastBusy(threads: readonly Thread[]): Thread | undefined {
  let least: Thread | undefined;
  for (const thread of threads) {
    const hasRoom = thread.isIdle || (!thread.isStuck && thread.backlogMs < BACKLOG_MS && thread.hasFreeSlot);
    if (hasRoom && (least === undefined || thread.backlogMs < least.backlogMs)) least = thread;
  }
  return least;
}
