import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClaimRace } from '../testing/claim-worker.ts';
import { ControlBlock, SLOTS, slotOf, toTicket } from './control-block.ts';

/** The two sides of one block, as the main thread and the worker see it. */
function bothSides(): { main: ControlBlock; worker: ControlBlock } {
  const main = new ControlBlock();
  return { main, worker: new ControlBlock(main.buffer) };
}

describe('a ticket', () => {
  test('names its slot, is never 0 and leaves room for the state, also when the sequence starts over', () => {
    const sequence = fc.oneof(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: -3, max: 3 }).map(nearWrap));
    fc.assert(
      fc.property(sequence, fc.integer({ min: 0, max: SLOTS - 1 }), (count, slot) => {
        const ticket = toTicket(count, slot);
        expect(slotOf(ticket)).toBe(slot);
        expect(ticket).toBeGreaterThan(0);
        expect((ticket << 2) >>> 2).toBe(ticket);
      }),
    );
  });

  test('differs from the one before and the one after in the same slot', () => {
    for (const count of [1, 2, nearWrap(-1), nearWrap(0), nearWrap(1)]) {
      expect(toTicket(count, 5)).not.toBe(toTicket(count + 1, 5));
    }
  });

  test('of the wrap-around can be claimed and is seen executing', () => {
    for (const count of [nearWrap(-2), nearWrap(-1), nearWrap(0), nearWrap(1)]) {
      const { main, worker } = bothSides();
      const ticket = toTicket(count, 0);
      expect(worker.start(ticket, 0)).toBe(false);
      main.offer(ticket);
      expect(worker.start(ticket, 7)).toBe(true);
      expect(main.executing()).toEqual({ ticket, startedAtMs: 7, sliceStartMs: 7 });
    }
  });
});

describe('a claim', () => {
  test('is not there before the job is offered', () => {
    const { main, worker } = bothSides();
    const ticket = toTicket(1, 0);
    expect([worker.start(ticket, 0), main.revoke(ticket), main.isQueued(ticket)]).toEqual([false, false, false]);
  });

  test('goes to the worker that starts the job', () => {
    const { main, worker } = bothSides();
    const ticket = toTicket(1, 3);
    main.offer(ticket);
    expect(main.isQueued(ticket)).toBe(true);
    expect(worker.start(ticket, 0)).toBe(true);
    expect([main.isQueued(ticket), main.revoke(ticket), worker.start(ticket, 0)]).toEqual([false, false, false]);
  });

  test('goes to the main thread that takes the job back', () => {
    const { main, worker } = bothSides();
    const ticket = toTicket(1, 3);
    main.offer(ticket);
    expect(main.revoke(ticket)).toBe(true);
    expect([worker.start(ticket, 0), main.revoke(ticket)]).toEqual([false, false]);
  });

  test('of an old ticket fails after its slot was given to another job', () => {
    const { main, worker } = bothSides();
    const [old, current] = [toTicket(1, 3), toTicket(2, 3)];
    main.offer(old);
    main.revoke(old);
    main.offer(current);
    expect(worker.start(old, 0)).toBe(false);
    main.cancel(old);
    expect(worker.start(current, 0)).toBe(true);
    expect(worker.isCancelled(current)).toBe(false);
  });

  test('is cancelled only once the job has started', () => {
    const { main, worker } = bothSides();
    const ticket = toTicket(1, 3);
    main.offer(ticket);
    main.cancel(ticket);
    expect(worker.isCancelled(ticket)).toBe(false);
    worker.start(ticket, 0);
    main.cancel(ticket);
    expect(worker.isCancelled(ticket)).toBe(true);
    expect(main.revoke(ticket)).toBe(false);
  });

  test('is won by exactly one of two threads that race for it', async () => {
    const roundCount = 300;
    const control = new ControlBlock();
    const rounds = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
    const started = new Uint8Array(new SharedArrayBuffer(roundCount * SLOTS));
    const race: ClaimRace = { control: control.buffer, rounds: rounds.buffer, started: started.buffer, roundCount };
    const worker = new Worker(new URL('../testing/claim-worker.ts', import.meta.url), { workerData: race });
    await once(worker, 'online');
    const revoked = new Uint8Array(started.length);
    for (let round = 1; round <= roundCount; round++) {
      for (let slot = 0; slot < SLOTS; slot++) control.offer(toTicket(round, slot));
      Atomics.store(rounds, 0, round);
      Atomics.notify(rounds, 0);
      for (let slot = SLOTS - 1; slot >= 0; slot--) {
        if (control.revoke(toTicket(round, slot))) revoked[(round - 1) * SLOTS + slot] = 1;
      }
      while (Atomics.load(rounds, 1) !== round) Atomics.wait(rounds, 1, round - 1);
    }
    await once(worker, 'exit');
    expect(started.every((isStarted, job) => [0, 1].includes(isStarted) && revoked[job] === 1 - isStarted)).toBe(true);
  });
});

describe('messages', () => {
  test('wait until as many were taken as were sent', () => {
    const { main, worker } = bothSides();
    expect(worker.hasMessages).toBe(false);
    main.messageSent();
    main.messageSent();
    worker.messageTaken();
    expect(worker.hasMessages).toBe(true);
    worker.messageTaken();
    expect(worker.hasMessages).toBe(false);
  });
});

describe('who executes', () => {
  test('is nobody while the thread rests', () => {
    const { main, worker } = bothSides();
    expect(main.executing()).toBeUndefined();
    const ticket = toTicket(1, 0);
    main.offer(ticket);
    worker.start(ticket, 10);
    worker.execute(ticket, 10, 25);
    expect(main.executing()).toEqual({ ticket, startedAtMs: 10, sliceStartMs: 25 });
    worker.rest();
    expect(main.executing()).toBeUndefined();
  });
});

/** A count of jobs at which the sequence of a ticket starts over, or beside it. */
function nearWrap(offset: number): number {
  return 2 ** 21 + offset;
}
