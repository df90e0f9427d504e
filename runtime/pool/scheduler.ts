// Runs the jobs of one worker thread like a small operating system: a fresh job starts at once, one that has used up its
// time slice is put aside while others want the thread, one that waits in a host call does not hold it. Worker thread.

import { InvocationError, toErrorMessage } from '../errors.ts';
import type { Outcome } from '../sandbox/sandbox.ts';
import { type ControlBlock, SLOTS } from './control-block.ts';
import type { FunctionSandboxes } from './function-sandboxes.ts';
import { type AnswerParts, type Job, packBytes, unpackEvent } from './messages.ts';
import { monotonicMs } from './monotonic-clock.ts';
import { SchedulePolicy } from './schedule-policy.ts';
import { Task } from './task.ts';

export interface SchedulerOptions {
  readonly control: ControlBlock;
  readonly functions: ReadonlyMap<number, FunctionSandboxes>;
  /** Sends answers to the main thread. */
  readonly send: (answers: AnswerParts[], transfer: ArrayBuffer[]) => void;
  /** Takes in the messages that have arrived meanwhile. */
  readonly receiveMore: () => void;
}

/**
 * Answers are sent when this many are there, when there is nothing else to do, and at the end of each time slice. A few
 * at a time keep both threads busy: with 32 connections and all answers at the end of a batch each waited for the other.
 */
const MAX_ANSWERS = 4;
/** Time after which the event loop gets its turn, for messages and timers, in milliseconds. */
const TURN_MS = 1;

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #policy = new SchedulePolicy<Job, Task>(SLOTS);
  readonly #live = new Set<Task>();
  /** Who has the thread. */
  #executing: Task | undefined;
  #isTurnScheduled = false;
  #turnStartMs = 0;
  #answers: AnswerParts[] = [];
  /** Jobs have started since the last message: the main thread gives more work for what is no longer queued here. */
  #hasStarted = false;
  #transfer: ArrayBuffer[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  enqueue(jobs: readonly Job[]): void {
    for (const job of jobs) this.#policy.addFresh(job, job[1]);
  }

  /** Some jobs have been cancelled: those that wait or were put aside are ended now, the others at their next check. */
  cancelled(): void {
    for (const task of this.#live) if (task.isCancelled) task.wakeFromWait();
  }

  /** The next one may run, unless somebody does. To be called after `enqueue` and `cancelled`. */
  wake(): void {
    if (this.#executing !== undefined || this.#isTurnScheduled) return;
    this.#turnStartMs = monotonicMs();
    this.#next();
  }

  #next(): void {
    if (this.#options.control.hasMessages) this.#options.receiveMore();
    const stopped = this.#policy.takeAside((task) => task.mustStop);
    if (stopped !== undefined) return this.#resume(stopped);
    for (let choice = this.#policy.next(); choice !== undefined; choice = this.#policy.next()) {
      if (choice.task !== undefined) return this.#resume(choice.task);
      if (this.#start(choice.fresh!)) return;
    }
    this.#flush();
  }

  /** After the messages and timers that are due. */
  #nextTurn(): void {
    if (this.#isTurnScheduled) return;
    this.#isTurnScheduled = true;
    setImmediate(() => {
      this.#isTurnScheduled = false;
      this.wake();
    });
  }

  #resume(task: Task): void {
    this.#executing = task;
    this.#options.control.execute(task.ticket, task.startedAtMs, monotonicMs());
    task.resume();
  }

  /** False if the job is no longer there to be run: its client left, or another thread took it. */
  #start([ticket, functionId, id, event, trace]: Job): boolean {
    const nowMs = monotonicMs();
    const { control, functions } = this.#options;
    if (!control.start(ticket, nowMs)) {
      this.#policy.ended();
      return false;
    }
    // The main thread unloads a function only when none of its jobs is left.
    const fn = functions.get(functionId)!;
    const { name, limits } = fn.definition;
    const sandbox = fn.acquire();
    const task = new Task({ ticket, functionId, startedAtMs: nowMs, sandbox }, this);
    this.#executing = task;
    this.#hasStarted = true;
    this.#live.add(task);
    const input = { id, functionName: name, event: unpackEvent(event), trace, deadlineMs: limits.wallMs };
    void sandbox.run(input, task).then((outcome) => {
      fn.release(sandbox);
      this.#ended(task, outcome);
    });
    return true;
  }

  #ended(task: Task, outcome: Outcome): void {
    this.#live.delete(task);
    this.#policy.charge(task.functionId, outcome.cost.cpuMs - task.chargedMs);
    this.#policy.ended();
    this.#answers.push(toAnswerParts(task, outcome, this.#transfer));
    if (this.#executing !== task) return;
    this.#executing = undefined;
    this.#options.control.rest();
    if (this.#answers.length >= MAX_ANSWERS) this.#flush();
    if (monotonicMs() - this.#turnStartMs < TURN_MS) this.#next();
    else this.#nextTurn();
  }

  isCancelled({ ticket }: Task): boolean {
    return this.#options.control.isCancelled(ticket);
  }

  /** The end of a task's time slice. Undefined: it keeps the thread. */
  yieldTurn(task: Task): Promise<void> | undefined {
    this.#flush();
    const { control } = this.#options;
    if (control.hasMessages) this.#options.receiveMore();
    this.#charge(task);
    if (!this.#policy.hasRunnable) {
      control.execute(task.ticket, task.startedAtMs, monotonicMs());
      return undefined;
    }
    this.leave(task);
    return this.comeBack(task);
  }

  /** The task gives the thread to others. */
  leave(task: Task): void {
    this.#charge(task);
    this.#executing = undefined;
    this.#options.control.rest();
    this.#nextTurn();
  }

  /** The task wants the thread again; resolves when it has it. */
  comeBack(task: Task): Promise<void> {
    this.#policy.addAside(task, task.functionId);
    if (this.#executing === undefined) this.#nextTurn();
    return task.aside();
  }

  #charge(task: Task): void {
    const { cpuMs } = task.sandbox;
    this.#policy.charge(task.functionId, cpuMs - task.chargedMs);
    task.chargedMs = cpuMs;
  }

  #flush(): void {
    if (this.#answers.length === 0 && !this.#hasStarted) return;
    this.#hasStarted = false;
    this.#options.send(this.#answers, this.#transfer);
    this.#answers = [];
    this.#transfer = [];
  }
}

function toAnswerParts(task: Task, outcome: Outcome, transfer: ArrayBuffer[]): AnswerParts {
  const { ticket, startedAtMs } = task;
  const { result, cost, logs, droppedLogLines } = outcome;
  if (result instanceof InvocationError) {
    return [ticket, null, null, { error: toErrorMessage(result), startedAtMs, cost, logs, droppedLogLines }];
  }
  const end = { error: null, startedAtMs, cost, logs, droppedLogLines };
  return [ticket, [result.status, result.headers], packBytes(result.body, transfer), end];
}
