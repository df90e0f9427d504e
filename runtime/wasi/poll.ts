// poll_oneoff: sleeping, and asking whether a standard stream is ready (it always is). A guest that sleeps is suspended.

import type { Guest } from '../sandbox/guest.ts';
import type { WaitingHostFunction } from '../sandbox/host-module.ts';
import { checkClock, CLOCK_REALTIME, type WasiClock } from './clock.ts';
import { EBADF, EFAULT, EINVAL, SUCCESS } from './errno.ts';
import { isInBounds } from './linear-memory.ts';
import { CLOSED, STDIN, streamAt } from './stdio.ts';

/** Most subscriptions of one call. */
export const MAX_SUBSCRIPTIONS = 1024;

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const TAG_CLOCK = 0;
const TAG_FD_READ = 1;
const TAG_FD_WRITE = 2;
const FLAG_ABSOLUTE = 1;
const FLAG_HANGUP = 1;
/** What a stream takes without waiting, as a Linux pipe would say. */
const WRITABLE_BYTES = 65_536n;

export function pollFunctions(guest: Guest, clock: WasiClock): Record<string, WaitingHostFunction> {
  return {
    poll_oneoff: { waits: (...args: [number, number, number, number]) => pollOneoff(guest, clock, ...args) },
  };
}

function pollOneoff(
  guest: Guest,
  clock: WasiClock,
  subscriptions: number,
  events: number,
  count: number,
  resultPointer: number,
): number | Promise<number> {
  const subscriptionCount = count >>> 0;
  if (subscriptionCount === 0 || subscriptionCount > MAX_SUBSCRIPTIONS) return EINVAL;
  if (
    !isInBounds(guest, subscriptions, subscriptionCount * SUBSCRIPTION_BYTES) ||
    !isInBounds(guest, events, subscriptionCount * EVENT_BYTES) ||
    !isInBounds(guest, resultPointer, 4)
  ) {
    return EFAULT;
  }
  const start = subscriptions >>> 0;
  for (let index = 0; index < subscriptionCount; index++) {
    if (guest.view().getUint8(start + index * SUBSCRIPTION_BYTES + 8) > TAG_FD_WRITE) return EINVAL;
  }
  const poll = new Poll(guest, clock, start, subscriptionCount);
  const finish = (): number => {
    const eventCount = poll.writeEvents(events >>> 0);
    guest.view().setUint32(resultPointer >>> 0, eventCount, true);
    return SUCCESS;
  };
  const { waitMs } = poll;
  // Nobody waits past the deadline, at which the invocation is stopped.
  return waitMs === 0 ? finish() : clock.wait(Math.min(waitMs, guest.remainingWallMs())).then(finish);
}

/** One call: both clocks are read once, so that all its subscriptions are judged at the same moment. */
class Poll {
  readonly #guest: Guest;
  readonly #start: number;
  readonly #end: number;
  readonly #realtimeNs: bigint;
  readonly #monotonicNs: bigint;
  readonly #waitNs: bigint;

  constructor(guest: Guest, clock: WasiClock, subscriptions: number, count: number) {
    this.#guest = guest;
    this.#start = subscriptions;
    this.#end = subscriptions + count * SUBSCRIPTION_BYTES;
    this.#realtimeNs = clock.realtimeNs();
    this.#monotonicNs = clock.monotonicNs();
    this.#waitNs = this.#timeToFirstNs();
  }

  /** Time until the first subscription has an event, in milliseconds; 0 if one has it now. */
  get waitMs(): number {
    return Number(this.#waitNs) / 1e6;
  }

  /** Writes an event for each subscription that is ready after the wait. Answers their number. */
  writeEvents(events: number): number {
    let eventCount = 0;
    for (let at = this.#start; at < this.#end; at += SUBSCRIPTION_BYTES) {
      if (this.#remainingNs(at) <= this.#waitNs) this.#writeEvent(at, events + eventCount++ * EVENT_BYTES);
    }
    return eventCount;
  }

  #timeToFirstNs(): bigint {
    let waitNs = this.#remainingNs(this.#start);
    for (let at = this.#start + SUBSCRIPTION_BYTES; at < this.#end && waitNs > 0n; at += SUBSCRIPTION_BYTES) {
      const remainingNs = this.#remainingNs(at);
      if (remainingNs < waitNs) waitNs = remainingNs;
    }
    return waitNs;
  }

  /** Time until a subscription has an event; 0 if it has one now. */
  #remainingNs(at: number): bigint {
    const view = this.#guest.view();
    if (view.getUint8(at + 8) !== TAG_CLOCK) return 0n;
    const clockId = view.getUint32(at + 16, true);
    if (checkClock(clockId) !== SUCCESS) return 0n;
    const timeoutNs = view.getBigUint64(at + 24, true);
    if ((view.getUint16(at + 40, true) & FLAG_ABSOLUTE) === 0) return timeoutNs;
    const remainingNs = timeoutNs - (clockId === CLOCK_REALTIME ? this.#realtimeNs : this.#monotonicNs);
    return remainingNs > 0n ? remainingNs : 0n;
  }

  #writeEvent(subscription: number, event: number): void {
    const view = this.#guest.view();
    // Everything is read first: the guest may have put the events on top of the subscriptions.
    const userData = view.getBigUint64(subscription, true);
    const tag = view.getUint8(subscription + 8);
    const subject = view.getUint32(subscription + 16, true);
    this.#guest.bytes().fill(0, event, event + EVENT_BYTES);
    view.setBigUint64(event, userData, true);
    view.setUint8(event + 10, tag);
    if (tag === TAG_CLOCK) {
      view.setUint16(event + 8, checkClock(subject), true);
      return;
    }
    const stream = streamAt(this.#guest, subject);
    if (stream === CLOSED || (stream === STDIN) !== (tag === TAG_FD_READ)) {
      view.setUint16(event + 8, EBADF, true);
      return;
    }
    const readable = BigInt(this.#guest.stdin.byteLength - this.#guest.stdinPosition);
    view.setBigUint64(event + 16, stream === STDIN ? readable : WRITABLE_BYTES, true);
    if (stream === STDIN && readable === 0n) view.setUint16(event + 24, FLAG_HANGUP, true);
  }
}
