// The memory that the main thread and one worker share: which jobs are claimed, what runs and since when. A job is
// claimed by one compare-and-swap, by the worker that starts it or by the main thread that takes it back (client gone,
// thread stuck, thread ended): exactly one of them gets it, whatever the timing.

/** Most jobs that a thread can have at a time, running one included. */
export const SLOTS = 256;

const QUEUED = 0;
const STARTED = 1;
const REVOKED = 2;

const RUNNING_TICKET = 0;
const CLAIMS = 2;
const HEADER_BYTES = 8;
const CLAIM_BYTES = (CLAIMS + SLOTS) * Int32Array.BYTES_PER_ELEMENT;

const NOTHING_RUNS = 0;

/**
 * A ticket names one assignment of one job to one slot: the slot in its low byte, a sequence number above it, 29 bits in
 * all so that a claim has room for the state. A slot can thus be used again while the worker still holds the message of
 * a job that was revoked: the claim of the old ticket fails.
 */
export type Ticket = number;

/** `sequence` counts from 1: a zeroed claim must not look like an offered job. */
export function toTicket(sequence: number, slot: number): Ticket {
  return ((sequence & 0x1f_ffff) << 8) | slot;
}

export function slotOf(ticket: Ticket): number {
  return ticket & (SLOTS - 1);
}

export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #startedAtMs: Float64Array;

  constructor(buffer = new SharedArrayBuffer(HEADER_BYTES + CLAIM_BYTES)) {
    this.buffer = buffer;
    this.#startedAtMs = new Float64Array(buffer, 0, 1);
    this.#words = new Int32Array(buffer, HEADER_BYTES);
  }

  /** Main thread, before the job is sent. */
  offer(ticket: Ticket): void {
    Atomics.store(this.#words, CLAIMS + slotOf(ticket), (ticket << 2) | QUEUED);
  }

  /** Worker: true if the job is now its own to run. */
  start(ticket: Ticket, nowMs: number): boolean {
    if (!this.#claim(ticket, STARTED)) return false;
    this.#startedAtMs[0] = nowMs;
    Atomics.store(this.#words, RUNNING_TICKET, ticket);
    return true;
  }

  /** Worker: nothing runs any more. */
  finish(): void {
    Atomics.store(this.#words, RUNNING_TICKET, NOTHING_RUNS);
  }

  /** Main thread: true if the job had not started and will not start on this thread any more. */
  revoke(ticket: Ticket): boolean {
    return this.#claim(ticket, REVOKED);
  }

  /** Main thread: what the worker runs at this moment. */
  running(): { ticket: Ticket; startedAtMs: number } | undefined {
    const word = Atomics.load(this.#words, RUNNING_TICKET);
    if (word === NOTHING_RUNS) return undefined;
    const startedAtMs = this.#startedAtMs[0]!;
    // The worker may have gone on to the next job between the two loads.
    return Atomics.load(this.#words, RUNNING_TICKET) === word ? { ticket: word, startedAtMs } : undefined;
  }

  #claim(ticket: Ticket, state: number): boolean {
    const queued = (ticket << 2) | QUEUED;
    const index = CLAIMS + slotOf(ticket);
    return Atomics.compareExchange(this.#words, index, queued, (ticket << 2) | state) === queued;
  }
}
