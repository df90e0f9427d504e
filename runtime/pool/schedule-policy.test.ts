// The policy on a thread of its own making: a virtual clock, time slices of 1 ms, no real threads.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SchedulePolicy } from './schedule-policy.ts';

const SLICE_MS = 1;

interface Arrival {
  readonly fn: number;
  readonly atMs: number;
  /** CPU time until it ends; Infinity for an endless loop. */
  readonly needMs: number;
}

interface Run extends Arrival {
  usedMs: number;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
}

/** One thread, as the scheduler drives the policy. */
class Simulation {
  readonly policy: SchedulePolicy<Run, Run>;
  nowMs = 0;
  mostLive = 0;
  readonly #coming: Run[] = [];

  constructor(maxLive = 128) {
    this.policy = new SchedulePolicy(maxLive);
  }

  arrive(fn: number, needMs: number, atMs = this.nowMs): Run {
    const run = { fn, atMs, needMs, usedMs: 0, startedAtMs: undefined, endedAtMs: undefined };
    this.#coming.push(run);
    this.#coming.sort((one, other) => one.atMs - other.atMs);
    return run;
  }

  /** A steady stream of them, from now on. */
  stream(fn: number, needMs: number, everyMs: number, count: number): Run[] {
    return Array.from({ length: count }, (_, i) => this.arrive(fn, needMs, this.nowMs + i * everyMs));
  }

  /** Runs until `untilMs`, or until nobody is left. */
  run(untilMs = Infinity): void {
    while (this.nowMs < untilMs) {
      this.#admit();
      const choice = this.policy.next();
      if (choice === undefined) {
        if (this.#coming.length === 0) return;
        this.nowMs = this.#coming[0]!.atMs;
        continue;
      }
      this.mostLive = Math.max(this.mostLive, this.policy.live);
      this.#execute(choice.fresh ?? choice.task!, choice.fresh !== undefined, untilMs);
    }
  }

  #admit(): void {
    while (this.#coming.length > 0 && this.#coming[0]!.atMs <= this.nowMs) {
      const run = this.#coming.shift()!;
      this.policy.addFresh(run, run.fn);
    }
  }

  #execute(run: Run, isFresh: boolean, untilMs: number): void {
    expect(run.endedAtMs).toBeUndefined();
    expect(run.startedAtMs === undefined).toBe(isFresh);
    run.startedAtMs ??= this.nowMs;
    do {
      const sliceMs = Math.min(SLICE_MS, run.needMs - run.usedMs);
      this.nowMs += sliceMs;
      run.usedMs += sliceMs;
      this.#admit();
      this.policy.charge(run.fn, sliceMs);
      if (run.usedMs >= run.needMs) {
        run.endedAtMs = this.nowMs;
        this.policy.ended();
        return;
      }
    } while (!this.policy.hasRunnable && this.nowMs < untilMs);
    this.policy.addAside(run, run.fn);
  }
}

function usedMs(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.usedMs, 0);
}

function waitsMs(runs: readonly Run[]): number[] {
  return runs.map(({ atMs, startedAtMs }) => startedAtMs! - atMs);
}

describe('fresh invocations', () => {
  test('wait at most for a time slice beside endless loops', () => {
    const simulation = new Simulation();
    for (let i = 0; i < 4; i++) simulation.arrive(1, Infinity);
    simulation.run(500);
    const short = simulation.stream(2, 0.2, 2.3, 1_000);
    simulation.run(3_000);
    expect(Math.max(...waitsMs(short))).toBeLessThanOrEqual(SLICE_MS);
    expect(short.every((run) => run.endedAtMs === run.startedAtMs! + 0.2)).toBe(true);
  });

  test('wait at most for two time slices beside loops of their own function', () => {
    const simulation = new Simulation();
    for (let i = 0; i < 4; i++) simulation.arrive(1, Infinity);
    simulation.run(500);
    const short = simulation.stream(1, 0.2, 2.3, 1_000);
    simulation.run(3_000);
    expect(Math.max(...waitsMs(short))).toBeLessThanOrEqual(2 * SLICE_MS + 0.2);
  });

  test('start in the order in which they came', () => {
    const simulation = new Simulation();
    const runs = simulation.stream(1, 0.5, 0.1, 50);
    simulation.run();
    const started = runs.map((run) => run.startedAtMs!);
    expect(started).toEqual(started.toSorted((one, other) => one - other));
  });
});

describe('CPU time', () => {
  test.for([
    { first: 1, second: 1 },
    { first: 1, second: 20 },
    { first: 20, second: 1 },
    { first: 3, second: 7 },
  ])('is shared evenly by two functions with $first and $second endless loops', ({ first, second }) => {
    const simulation = new Simulation();
    const ones = simulation.stream(1, Infinity, 0, first);
    const others = simulation.stream(2, Infinity, 0, second);
    simulation.run(1_000);
    expect(usedMs(ones) + usedMs(others)).toBe(1_000);
    expect(Math.abs(usedMs(ones) - usedMs(others))).toBeLessThanOrEqual(100);
    for (const runs of [ones, others]) {
      const each = runs.map((run) => run.usedMs);
      expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(2 * SLICE_MS);
    }
  });

  test('is shared evenly with a function that comes later', () => {
    const simulation = new Simulation();
    const early = simulation.arrive(1, Infinity);
    simulation.run(10_000);
    const late = simulation.arrive(2, Infinity);
    simulation.run(10_100);
    expect(late.usedMs).toBeGreaterThanOrEqual(45);
    expect(early.usedMs - 10_000).toBeGreaterThanOrEqual(40);
  });

  test('is not caught up by a function whose only invocation waited', () => {
    const simulation = new Simulation();
    const { policy } = simulation;
    const sleeper: Run = { fn: 1, atMs: 0, needMs: Infinity, usedMs: 0, startedAtMs: undefined, endedAtMs: undefined };
    policy.addFresh(sleeper, 1);
    policy.next();
    sleeper.startedAtMs = 0;
    const loop = simulation.arrive(2, Infinity);
    simulation.run(5_000);
    policy.addAside(sleeper, 1);
    const before = loop.usedMs;
    simulation.run(5_100);
    expect(loop.usedMs - before).toBeGreaterThanOrEqual(45);
  });

  test('that a function used before it was idle does not count against it', () => {
    const simulation = new Simulation();
    simulation.arrive(1, 5_000);
    simulation.run();
    const loop = simulation.arrive(2, Infinity);
    simulation.run(5_500);
    const back = simulation.arrive(1, Infinity);
    simulation.run(5_600);
    expect(back.usedMs).toBeGreaterThanOrEqual(45);
    expect(loop.usedMs).toBeGreaterThanOrEqual(540);
  });

  test('is not won by breaks: what a function has used counts while others want the thread', () => {
    const simulation = new Simulation();
    const loop = simulation.arrive(1, Infinity);
    // Each is alone in its function and gone before the next one comes.
    const bursts = simulation.stream(2, 9, 10, 100);
    simulation.run(1_000);
    expect(loop.usedMs).toBeGreaterThanOrEqual(450);
    expect(usedMs(bursts)).toBeGreaterThanOrEqual(450);
  });
});

describe('a flood of fresh invocations', () => {
  test('does not starve what another function has put aside', () => {
    const simulation = new Simulation();
    const loop = simulation.arrive(1, Infinity);
    simulation.run(10);
    const flood = simulation.stream(2, 0.5, 0.4, 5_000);
    simulation.run(1_010);
    expect(loop.usedMs - 10).toBeGreaterThanOrEqual(450);
    expect(usedMs(flood)).toBeGreaterThanOrEqual(450);
  });

  test('does not starve what its own function has put aside', () => {
    const simulation = new Simulation();
    const long = simulation.arrive(1, 20);
    simulation.stream(1, 0.5, 0.4, 5_000);
    simulation.run(1_000);
    expect(long.endedAtMs).toBeLessThan(600);
  });

  test('leaves the short ones of other functions a slice away', () => {
    const simulation = new Simulation();
    simulation.stream(1, Infinity, 1, 60);
    const short = simulation.stream(2, 0.2, 3, 300);
    simulation.run(900);
    expect(Math.max(...waitsMs(short))).toBeLessThanOrEqual(2 * SLICE_MS);
  });
});

describe('the bound of live invocations', () => {
  test('holds, and who waits for it starts when another ends', () => {
    const simulation = new Simulation(4);
    const runs = simulation.stream(1, 3, 0, 10);
    simulation.run();
    expect(simulation.mostLive).toBe(4);
    expect(runs.every((run) => run.endedAtMs !== undefined)).toBe(true);
    expect(simulation.policy.live).toBe(0);
  });

  test('lets nobody run who is not there', () => {
    const policy = new SchedulePolicy<{ id: number }, { id: number }>(1);
    policy.addFresh({ id: 1 }, 1);
    policy.addFresh({ id: 2 }, 1);
    expect(policy.next()).toEqual({ fresh: { id: 1 } });
    expect(policy.hasRunnable).toBe(false);
    expect(policy.next()).toBeUndefined();
    policy.ended();
    expect(policy.hasRunnable).toBe(true);
    expect(policy.next()).toEqual({ fresh: { id: 2 } });
  });
});

test('takes out the first one put aside that must stop, whatever its function', () => {
  const policy = new SchedulePolicy<object, { id: number }>(10);
  for (const id of [1, 2, 3, 4]) policy.addAside({ id }, id % 2);
  const mustStop = ({ id }: { id: number }): boolean => id >= 3;
  expect(policy.takeAside(mustStop)).toEqual({ id: 3 });
  expect(policy.takeAside(mustStop)).toEqual({ id: 4 });
  expect(policy.takeAside(mustStop)).toBeUndefined();
  const left = [policy.next(), policy.next()].map((choice) => choice?.task?.id);
  expect(new Set(left)).toEqual(new Set([1, 2]));
  expect(policy.next()).toBeUndefined();
});

test('loses nobody, runs nobody twice and starves nobody, whatever arrives', () => {
  const arrival = fc.record({
    fn: fc.integer({ min: 1, max: 5 }),
    atMs: fc.double({ min: 0, max: 200, noNaN: true }),
    needMs: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 30, noNaN: true })),
  });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (arrivals, maxLive) => {
      const simulation = new Simulation(maxLive);
      simulation.arrive(6, Infinity);
      const runs = arrivals.map(({ fn, needMs, atMs }) => simulation.arrive(fn, needMs, atMs));
      const workMs = arrivals.reduce((sum, { needMs }) => sum + needMs, 0);
      simulation.run(200 + 6 * workMs + 100);
      for (const run of runs) {
        expect(run.endedAtMs).toBeDefined();
        expect(run.usedMs).toBeCloseTo(run.needMs, 6);
      }
      expect(simulation.mostLive).toBeLessThanOrEqual(maxLive);
    }),
    { numRuns: 300 },
  );
});
