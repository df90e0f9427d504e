// The main thread's side of one worker thread: its jobs, their tickets, the batch that goes out next. Knows nothing of
// other threads or of queues.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Countdown } from '../sandbox/countdown.ts';
import { ControlBlock, type Executing, SLOTS, slotOf, type Ticket, toTicket } from './control-block.ts';
import { type AnswerParts, type FromThread, type Job, packEvent, type ToThread } from './messages.ts';
import { ENDED, type Pending, type PooledFunction, WAITING } from './pending.ts';
import type { ThreadHost, ThreadLease } from './thread-host.ts';

export interface ThreadEvents {
  ready(thread: Thread): void;
  answered(pending: Pending, parts: AnswerParts): void;
  /** Jobs have started or ended: there may be room for more. */
  progressed(): void;
  ended(thread: Thread, end: ThreadEnd): void;
}

export interface ThreadEnd {
  /** Had started and will never be answered. */
  readonly lost: readonly Pending[];
  readonly unstarted: readonly Pending[];
  readonly cause: Error | undefined;
}

export type ThreadState = 'starting' | 'ready' | 'ending' | 'ended';

interface Unstarted {
  readonly ticket: Ticket;
  readonly expectedMs: number;
}

export class Thread {
  #state: ThreadState = 'starting';
  readonly #port: MessagePort;
  readonly #control = new ControlBlock();
  readonly countdown = new Countdown();
  readonly #lease: ThreadLease;
  readonly #events: ThreadEvents;
  /** By slot. */
  readonly #assigned: (Pending | undefined)[] = Array.from({ length: SLOTS });
  readonly #freeSlots: number[] = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #jobsOf = new Map<PooledFunction, number>();
  #sequence = 0;
  /** Assigned and, when last looked at, not started; in the order in which they will be. */
  #unstarted: Unstarted[] = [];
  #backlogMs = 0;
  #outbox: Job[] = [];
  #transfer: ArrayBuffer[] = [];
  #cause: Error | undefined;
  /** It has not come to the end of a time slice for long: what waits on it is better off elsewhere. */
  isStuck = false;

  constructor(host: ThreadHost, events: ThreadEvents) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: FromThread) => this.#receive(message));
    // Comes after the last message of the thread, however it ended.
    port1.on('close', () => this.#end());
    const init = { port: port2, control: this.#control.buffer, countdown: this.countdown.memory };
    this.#lease = host.start(init, (cause) => {
      this.#cause = cause;
      // A thread that never had the other port cannot close it; one that had it may have answers on their way.
      if (this.#state === 'starting') port1.close();
    });
  }

  get state(): ThreadState {
    return this.#state;
  }

  get isIdle(): boolean {
    return this.#freeSlots.length === SLOTS;
  }

  /** Work that it has been given and has not started, as expected run time in milliseconds. */
  get backlogMs(): number {
    // Each job comes out once, so this costs no more than counting them out one by one would.
    while (this.#unstarted.length > 0 && !this.#control.isQueued(this.#unstarted[0]!.ticket)) {
      this.#backlogMs -= this.#unstarted.shift()!.expectedMs;
    }
    // Sums of fractions drift.
    if (this.#unstarted.length === 0) this.#backlogMs = 0;
    return this.#backlogMs;
  }

  get hasFreeSlot(): boolean {
    return this.#freeSlots.length > 0;
  }

  /**
   * Whether a function may have one more job here: while it has fewer than are free, so that no function, however many
   * of its jobs wait or loop, can take the last half of the slots from the others.
   */
  hasRoomFor(fn: PooledFunction): boolean {
    return (this.#jobsOf.get(fn) ?? 0) < this.#freeSlots.length;
  }

  load(fn: PooledFunction): void {
    this.#post({ kind: 'load', functionId: fn.id, definition: fn.definition });
  }

  unload(fn: PooledFunction): void {
    this.#post({ kind: 'unload', functionId: fn.id });
  }

  /** Puts an invocation into the next batch. */
  assign(pending: Pending): void {
    const slot = this.#freeSlots.pop()!;
    const ticket = toTicket(++this.#sequence, slot);
    const { fn, invocation } = pending;
    const { id, event, trace } = invocation;
    this.#assigned[slot] = pending;
    this.#jobsOf.set(fn, (this.#jobsOf.get(fn) ?? 0) + 1);
    this.#control.offer(ticket);
    pending.state = { kind: 'assigned', thread: this, ticket };
    this.#unstarted.push({ ticket, expectedMs: fn.expectedMs });
    this.#backlogMs += fn.expectedMs;
    this.#outbox.push([ticket, fn.id, id, packEvent(event, this.#transfer), trace]);
  }

  /** Sends the batch. */
  flush(): void {
    if (this.#outbox.length === 0) return;
    this.#post({ kind: 'run', jobs: this.#outbox }, this.#transfer);
    this.#outbox = [];
    this.#transfer = [];
  }

  /** Takes an invocation back, unless it has started. */
  revoke(pending: Pending): boolean {
    if (pending.state.kind !== 'assigned' || !this.#control.revoke(pending.state.ticket)) return false;
    this.#release(pending.state.ticket);
    pending.state = WAITING;
    return true;
  }

  /** Takes back everything that has not started. */
  revokeAll(): Pending[] {
    return this.unanswered().filter((pending) => this.revoke(pending));
  }

  /** All that it was given and has not answered. */
  unanswered(): Pending[] {
    return this.#assigned.filter((pending) => pending !== undefined);
  }

  /** Stops an invocation that has started; it still answers. */
  cancel(pending: Pending): void {
    if (pending.state.kind !== 'assigned') return;
    this.#control.cancel(pending.state.ticket);
    this.#post({ kind: 'cancel' });
  }

  /** Who has the thread at this moment. */
  executing(): { readonly pending: Pending; readonly executing: Executing } | undefined {
    const executing = this.#control.executing();
    if (executing === undefined) return undefined;
    const pending = this.#assigned[slotOf(executing.ticket)];
    if (pending?.state.kind !== 'assigned' || pending.state.ticket !== executing.ticket) return undefined;
    return { pending, executing };
  }

  /** Ends the thread at once; answers that it gave before still arrive. */
  terminate(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ending';
    this.#lease.terminate();
  }

  /** The invocation is over for its receiver; an answer that still comes is dropped. */
  abandon(pending: Pending): void {
    if (pending.state.kind === 'assigned') this.#release(pending.state.ticket);
    pending.state = ENDED;
  }

  #receive(message: FromThread): void {
    if (message.kind === 'answers') {
      for (const parts of message.answers) this.#answered(parts);
      this.#events.progressed();
    } else if (this.#state === 'starting') {
      this.#state = 'ready';
      this.#events.ready(this);
    }
  }

  #answered(parts: AnswerParts): void {
    const [ticket, , , end] = parts;
    const pending = this.#assigned[slotOf(ticket)];
    if (pending?.state.kind !== 'assigned' || pending.state.ticket !== ticket) return;
    if (end !== null) this.abandon(pending);
    this.#events.answered(pending, parts);
  }

  #release(ticket: Ticket): void {
    const slot = slotOf(ticket);
    const fn = this.#assigned[slot]!.fn;
    const jobs = this.#jobsOf.get(fn)! - 1;
    if (jobs === 0) this.#jobsOf.delete(fn);
    else this.#jobsOf.set(fn, jobs);
    this.#assigned[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const unstarted = this.revokeAll();
    const lost = this.unanswered();
    for (const pending of lost) this.abandon(pending);
    this.#events.ended(this, { lost, unstarted, cause: this.#cause });
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#control.messageSent();
    this.#port.postMessage(message, transfer);
  }
}
