import { describe, expect, test } from 'vitest';
import { Budget, type BudgetClock, threadClock } from './budget.ts';

const LIMITS = { cpuMs: 50, wallMs: 1_000 };

class FakeClock implements BudgetClock {
  #nowMs = 123_456;
  #cpuMs = 789;
  cpuReads = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  threadCpuMs(): number {
    this.cpuReads++;
    return this.#cpuMs;
  }

  /** The thread computes. */
  compute(ms: number): void {
    this.#nowMs += ms;
    this.#cpuMs += ms;
  }

  /** Time goes by, and others have the processor. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }
}

function started(limits = LIMITS): { clock: FakeClock; budget: Budget } {
  const clock = new FakeClock();
  const budget = new Budget(limits, clock);
  budget.start();
  return { clock, budget };
}

describe('CPU time', () => {
  test.for([
    { usedMs: 49, exceeded: undefined },
    { usedMs: 50, exceeded: undefined },
    { usedMs: 51, exceeded: 'cpu' },
  ])('of $usedMs ms exceeds a budget of 50 ms: $exceeded', ({ usedMs, exceeded }) => {
    const { clock, budget } = started();
    clock.compute(usedMs);
    expect(budget.exceeded()).toBe(exceeded);
    expect(budget.cpuMs).toBe(usedMs);
  });

  test('adds up over time slices and checks', () => {
    const { clock, budget } = started();
    for (let slice = 1; slice <= 50; slice++) {
      clock.compute(1);
      expect(budget.exceeded()).toBeUndefined();
    }
    clock.compute(1);
    expect(budget.exceeded()).toBe('cpu');
    expect(budget.cpuMs).toBe(51);
  });

  test('is wall time in the first time slice, and the processor’s own count after it', () => {
    const { clock, budget } = started();
    clock.compute(1);
    clock.pass(2);
    expect(budget.exceeded()).toBeUndefined();
    expect(budget.cpuMs).toBe(3);
    clock.compute(1);
    clock.pass(100);
    expect(budget.exceeded()).toBeUndefined();
    expect(budget.cpuMs).toBe(4);
  });

  test('does not pass while the guest waits or is put aside', () => {
    const { clock, budget } = started();
    clock.compute(10);
    budget.pause();
    expect(budget.cpuMs).toBe(10);
    // The thread computes for others.
    clock.compute(500);
    expect(budget.exceeded()).toBeUndefined();
    budget.resume();
    clock.compute(40);
    expect(budget.exceeded()).toBeUndefined();
    clock.compute(1);
    expect(budget.exceeded()).toBe('cpu');
  });

  test('is counted once, however often it is paused, resumed and checked', () => {
    const { clock, budget } = started();
    clock.compute(5);
    budget.pause();
    budget.pause();
    clock.compute(7);
    budget.resume();
    clock.compute(3);
    budget.resume();
    budget.exceeded();
    budget.exceeded();
    budget.end();
    budget.end();
    expect(budget.cpuMs).toBe(8);
  });

  test('of an invocation that ends in its first time slice is counted without a system call', () => {
    const { clock, budget } = started();
    clock.compute(0.3);
    budget.end();
    expect(budget.cpuMs).toBeCloseTo(0.3, 9);
    expect(clock.cpuReads).toBe(0);
  });

  test('of the last time slice is counted at the end, and none after a pause', () => {
    const { clock, budget } = started();
    clock.compute(2);
    budget.exceeded();
    clock.compute(3);
    budget.end();
    expect(budget.cpuMs).toBe(5);
    budget.start();
    clock.compute(1);
    budget.pause();
    clock.compute(9);
    budget.end();
    expect(budget.cpuMs).toBe(1);
  });
});

describe('wall time', () => {
  test.for([
    { passedMs: 999, exceeded: undefined },
    { passedMs: 1_000, exceeded: 'wall' },
    { passedMs: 1_001, exceeded: 'wall' },
  ])('of $passedMs ms exceeds a deadline of 1000 ms: $exceeded', ({ passedMs, exceeded }) => {
    const { clock, budget } = started();
    budget.pause();
    clock.pass(passedMs);
    expect(budget.remainingWallMs()).toBe(1_000 - passedMs);
    expect(budget.exceeded()).toBe(exceeded);
  });

  test('passed together with the CPU budget counts as the CPU budget', () => {
    const { clock, budget } = started();
    clock.compute(2_000);
    expect(budget.exceeded()).toBe('cpu');
  });
});

test('starts afresh for the next invocation', () => {
  const { clock, budget } = started();
  clock.compute(2_000);
  expect(budget.exceeded()).toBe('cpu');
  budget.end();
  budget.start();
  expect(budget.cpuMs).toBe(0);
  expect(budget.remainingWallMs()).toBe(1_000);
  expect(budget.exceeded()).toBeUndefined();
});

test('counts what its own thread computes', () => {
  const startMs = threadClock.threadCpuMs();
  // It ends only if the count goes up.
  while (threadClock.threadCpuMs() < startMs + 2);
  expect(threadClock.nowMs()).toBeGreaterThan(0);
});
