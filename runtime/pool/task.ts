// An invocation that has started on a thread, between its sandbox and the scheduler. Worker thread only.

import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Turn } from '../sandbox/turn.ts';
import type { Ticket } from './control-block.ts';

/** What a task asks of its scheduler. */
export interface TaskScheduler {
  isCancelled(task: Task): boolean;
  yieldTurn(task: Task): Promise<void> | undefined;
  leave(task: Task): void;
  comeBack(task: Task): Promise<void>;
}

export interface TaskOptions {
  readonly ticket: Ticket;
  readonly functionId: number;
  /** On the clock of `monotonicMs`. */
  readonly startedAtMs: number;
  readonly sandbox: Sandbox;
}

export class Task implements Turn {
  readonly ticket: Ticket;
  readonly functionId: number;
  readonly startedAtMs: number;
  readonly sandbox: Sandbox;
  /** CPU time that the schedule has counted, in milliseconds. */
  chargedMs = 0;
  readonly #scheduler: TaskScheduler;
  #onResume: (() => void) | undefined;
  #onCancel: (() => void) | undefined;

  constructor({ ticket, functionId, startedAtMs, sandbox }: TaskOptions, scheduler: TaskScheduler) {
    this.ticket = ticket;
    this.functionId = functionId;
    this.startedAtMs = startedAtMs;
    this.sandbox = sandbox;
    this.#scheduler = scheduler;
  }

  get isCancelled(): boolean {
    return this.#scheduler.isCancelled(this);
  }

  /** True if it can only be resumed to end. */
  get mustStop(): boolean {
    return this.isCancelled || this.sandbox.isOverdue;
  }

  yieldTurn(): Promise<void> | undefined {
    return this.#scheduler.yieldTurn(this);
  }

  startWaiting(): Promise<void> {
    this.#scheduler.leave(this);
    return new Promise((resolve) => {
      this.#onCancel = resolve;
      // Cancelled since its last check: nobody will wake it for that again.
      if (this.isCancelled) resolve();
    });
  }

  endWaiting(): Promise<void> {
    this.#onCancel = undefined;
    return this.#scheduler.comeBack(this);
  }

  /** Ends its wait, if it waits. */
  wakeFromWait(): void {
    this.#onCancel?.();
  }

  /** Pending until `resume`. */
  aside(): Promise<void> {
    return new Promise((resolve) => (this.#onResume = resolve));
  }

  /** It has the thread again; it runs once the caller has returned to the event loop. */
  resume(): void {
    this.#onResume!();
  }
}
