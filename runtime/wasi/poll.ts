// poll_oneoff: sleeping, and asking whether a standard stream is ready (it always is). The wait blocks the thread.

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
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

export function pollFunctions(guest: Guest, clock: WasiClock): Record<string, HostFunction> {
  return {
    poll_oneoff(subscriptions: number, events: number, count: number, resultPointer: number): number {
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
      const poll = new Poll(guest, clock);
      const eventCount = poll.run(start, subscriptionCount, events >>> 0);
      guest.view().setUint32(resultPointer >>> 0, eventCount, true);
      return SUCCESS;
    },
  };
}

/** One call: both clocks are read once, so that all its subscriptions are judged at the same moment. */
class Poll {
  readonly #guest: Guest;
  readonly #clock: WasiClock;
  readonly #realtimeNs: bigint;
  readonly #monotonicNs: bigint;

  constructor(guest: Guest, clock: WasiClock) {
    this.#guest = guest;
    this.#clock = clock;
    this.#realtimeNs = clock.realtimeNs();
    this.#monotonicNs = clock.monotonicNs();
  }

  /** Waits for the first subscription and writes an event for each that is ready then. Answers their number. */
  run(subscriptions: number, count: number, events: number): number {
    const end = subscriptions + count * SUBSCRIPTION_BYTES;
    let waitNs = this.#remainingNs(subscriptions);
    for (let at = subscriptions + SUBSCRIPTION_BYTES; at < end && waitNs > 0n; at += SUBSCRIPTION_BYTES) {
      const remainingNs = this.#remainingNs(at);
      if (remainingNs < waitNs) waitNs = remainingNs;
    }
    if (waitNs > 0n) this.#clock.wait(waitNs);
    let eventCount = 0;
    for (let at = subscriptions; at < end; at += SUBSCRIPTION_BYTES) {
      if (this.#remainingNs(at) <= waitNs) this.#writeEvent(at, events + eventCount++ * EVENT_BYTES);
    }
    return eventCount;
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
