// The thread of the ticker; see ticker.ts.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Countdown, TICK_MS } from '../sandbox/countdown.ts';
import { ASLEEP, AWAKE, type TickerMessage, type TickerState } from './ticker.ts';

const state = new Int32Array(workerData as TickerState);
const countdowns = new Map<number, Countdown>();

for (;;) {
  Atomics.wait(state, 0, ASLEEP);
  // This thread never returns to its event loop, so it takes its messages out itself.
  for (let next = receiveMessageOnPort(parentPort!); next !== undefined; next = receiveMessageOnPort(parentPort!)) {
    const { kind, threadId, countdown } = next.message as TickerMessage;
    if (kind === 'add') countdowns.set(threadId, new Countdown(countdown));
    else countdowns.delete(threadId);
  }
  // Nobody notifies an awake ticker: this is a sleep of one tick.
  Atomics.wait(state, 0, AWAKE, TICK_MS);
  for (const countdown of countdowns.values()) countdown.tick();
}
