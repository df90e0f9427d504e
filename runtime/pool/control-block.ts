// The memory that the main thread and one worker share: which jobs are claimed, which one has the thread and since when.
// A job is claimed by one compare-and-swap, by the worker that starts it or by the main thread that takes it back
// (client gone, thread stuck, thread ended): exactly one of them gets it, whatever the timing.

/**
 * Most jobs that a thread can have at a time, those included that wait in a host call or were put aside: each of these
 * holds an instance, its memory and a stack. More wait in their queues, where the limits of the queues hold.
 */
export const SLOTS = 256;

const QUEUED = 0;
const STARTED = 1;
const REVOKED = 2;
/** Was started, and nobody waits for its answer any more. */
const CANCELLED = 3;

const STARTED_AT_MS = 0;
const SLICE_START_MS = 1;
const TIMES_BYTES = 2 * Float64Array.BYTES_PER_ELEMENT;

const EXECUTING_TICKET = 0;
const MESSAGES_SENT = 1;
const CLAIMS = 2;
const WORDS_BYTES = (CLAIMS + SLOTS) * Int32Array.BYTES_PER_ELEMENT;

const NOTHING_EXECUTES = 0;

/**
 * A ticket names one assignment of one job to one slot: the slot in its low byte, a sequence number above it, 29 bits in
 * all so that a claim has room for the state. A slot can thus be used again while the worker still holds the message of
 * a job that was revoked: the claim of the old ticket fails.
 */
export type Ticket = number;

const SEQUENCE_BITS = 21;

/** Never 0, not even when the sequence starts over: a zeroed word must not look like a job. */
export function toTicket(sequence: number, slot: number): Ticket {
  return ((1 + (sequence % (2 ** SEQUENCE_BITS - 1))) << 8) | slot;
}

export function slotOf(ticket: Ticket): number {
  return ticket & (SLOTS - 1);
}

/** Times are on the clock of `monotonicMs`. */
export interface Executing {
  readonly ticket: Ticket;
  /** When the job started. */
  readonly startedAtMs: number;
  /** When it got the thread, this time. */
  readonly sliceStartMs: number;
}

export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  #messagesTaken = 0;

  constructor(buffer = new SharedArrayBuffer(TIMES_BYTES + WORDS_BYTES)) {
    this.buffer = buffer;
    this.#times = new Float64Array(buffer, 0, 2);
    this.#words = new Int32Array(buffer, TIMES_BYTES);
  }

  /** Main thread, before the job is sent. */
  offer(ticket: Ticket): void {
    Atomics.store(this.#words, CLAIMS + slotOf(ticket), (ticket << 2) | QUEUED);
  }

  /** Main thread: a message is on its way. */
  messageSent(): void {
    Atomics.add(this.#words, MESSAGES_SENT, 1);
  }

  /** Worker: a message has come out of the port. */
  messageTaken(): void {
    this.#messagesTaken = (this.#messagesTaken + 1) | 0;
  }

  /** Worker: messages wait in the port. */
  get hasMessages(): boolean {
    return Atomics.load(this.#words, MESSAGES_SENT) !== this.#messagesTaken;
  }

  /** Worker: true if the job is now its own to run; it has the thread then. */
  start(ticket: Ticket, nowMs: number): boolean {
    if (!this.#claim(ticket, QUEUED, STARTED)) return false;
    this.execute(ticket, nowMs, nowMs);
    return true;
  }

  /** Worker: the job has the thread. */
  execute(ticket: Ticket, startedAtMs: number, nowMs: number): void {
    this.#times[STARTED_AT_MS] = startedAtMs;
    this.#times[SLICE_START_MS] = nowMs;
    Atomics.store(this.#words, EXECUTING_TICKET, ticket);
  }

  /** Worker: nobody has the thread. */
  rest(): void {
    Atomics.store(this.#words, EXECUTING_TICKET, NOTHING_EXECUTES);
  }

  /** Main thread: true if the job had not started and will not start on this thread any more. */
  revoke(ticket: Ticket): boolean {
    return this.#claim(ticket, QUEUED, REVOKED);
  }

  /** Main thread: the job, which has started, is to be stopped. */
  cancel(ticket: Ticket): void {
    this.#claim(ticket, STARTED, CANCELLED);
  }

  /** Worker: the job is to be stopped. */
  isCancelled(ticket: Ticket): boolean {
    return Atomics.load(this.#words, CLAIMS + slotOf(ticket)) === ((ticket << 2) | CANCELLED);
  }

  /** Main thread: the job waits in the port or in the worker's queue. */
  isQueued(ticket: Ticket): boolean {
    return Atomics.load(this.#words, CLAIMS + slotOf(ticket)) === ((ticket << 2) | QUEUED);
  }

  /** Main thread: who has the thread at this moment. */
  executing(): Executing | undefined {
    const ticket = Atomics.load(this.#words, EXECUTING_TICKET);
    if (ticket === NOTHING_EXECUTES) return undefined;
    const [startedAtMs, sliceStartMs] = this.#times as unknown as [number, number];
    // The worker may have gone on to another job between the loads.
    const isSame = Atomics.load(this.#words, EXECUTING_TICKET) === ticket;
    return isSame ? { ticket, startedAtMs, sliceStartMs } : undefined;
  }

  #claim(ticket: Ticket, from: number, to: number): boolean {
    const expected = (ticket << 2) | from;
    return Atomics.compareExchange(this.#words, CLAIMS + slotOf(ticket), expected, (ticket << 2) | to) === expected;
  }
}
