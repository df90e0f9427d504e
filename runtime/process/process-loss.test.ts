// What ends a process of isolated functions, and that it costs no more than the invocations in flight.

import { rm } from 'node:fs/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SLOTS } from '../pool/control-block.ts';
import * as guests from '../testing/guests.ts';
import { answerOf, isRunning, openIsolatedForTest, signalProcess } from '../testing/isolated-fixture.ts';
import { loadGuest } from '../testing/runtime-fixture.ts';

const GOOD = guests.printing('{"body":"good"}');

describe('a process that is ended', () => {
  test.for(['SIGKILL', 'SIGABRT', 'SIGSEGV'] as const)(
    'by %s fails what it was running, and the next one is answered',
    async (signal) => {
      const { runtime, nextEnd, serving } = await openIsolatedForTest();
      const sleeper = await loadGuest(runtime, guests.sleeping(60_000));
      const loop = await loadGuest(runtime, guests.ENDLESS_LOOP);
      const good = await loadGuest(runtime, GOOD);
      const before = runtime.processId;
      const inFlight = Array.from({ length: 20 }, (_, i) => answerOf(i % 2 === 0 ? sleeper : loop));
      // Answered by the thread that now has the others.
      expect(await answerOf(good)).toBe('200 good');
      const end = nextEnd();
      signalProcess(runtime, signal);
      expect(await Promise.all(inFlight)).toEqual(Array.from({ length: 20 }, () => 'ERR_PROCESS_LOST'));
      expect(await answerOf(good)).toBe('200 good');
      expect(await end).toBe('ended');
      await serving();
      expect(runtime.processId).not.toBe(before);
      expect(runtime.readyThreads).toBe(1);
    },
  );

  test('by an abort of the engine is replaced', async () => {
    const { runtime, nextEnd } = await openIsolatedForTest();
    const good = await loadGuest(runtime, GOOD);
    const sleeper = await loadGuest(runtime, guests.sleeping(60_000));
    // More than the heap of a thread holds, which ends the process and not the thread.
    const tables = '(table 10000000 funcref)'.repeat(10);
    const bomb = await loadGuest(runtime, guests.command('nop', '', tables), { tableEntries: 10_000_000 });
    const end = nextEnd();
    expect(await Promise.all([answerOf(sleeper), answerOf(bomb)])).toEqual(['ERR_PROCESS_LOST', 'ERR_PROCESS_LOST']);
    expect(await end).toBe('ended');
    expect(await answerOf(good)).toBe('200 good');
  });

  test('ten times in a row is replaced each time', async () => {
    const { runtime, processesReplaced, serving } = await openIsolatedForTest();
    const good = await loadGuest(runtime, GOOD);
    const sleeper = await loadGuest(runtime, guests.sleeping(60_000));
    const pids = new Set<number>();
    for (let i = 0; i < 10; i++) {
      await serving();
      expect(await answerOf(good)).toBe('200 good');
      pids.add(runtime.processId!);
      const lost = answerOf(sleeper);
      signalProcess(runtime);
      expect(await lost).toBe('ERR_PROCESS_LOST');
    }
    expect(await answerOf(good)).toBe('200 good');
    expect(pids.size).toBe(10);
    expect(processesReplaced).toHaveLength(10);
    expect([...pids].filter(isRunning)).toEqual([]);
  });

  test('runs in its next one the module that was loaded, whatever has become of the file', async () => {
    const { runtime, nextEnd } = await openIsolatedForTest();
    const fn = await loadGuest(runtime, GOOD);
    await rm(fn.definition.modulePath);
    const end = nextEnd();
    signalProcess(runtime);
    await end;
    expect(await answerOf(fn)).toBe('200 good');
  });

  test('while a module is being loaded loads it in the next one', async () => {
    const { runtime, nextEnd } = await openIsolatedForTest();
    const end = nextEnd();
    const loading = loadGuest(runtime, GOOD);
    signalProcess(runtime);
    await end;
    expect(await answerOf(await loading)).toBe('200 good');
  });

  test('lets nobody wait for the next one for longer than limits.queueTimeout', async () => {
    const { runtime, nextEnd } = await openIsolatedForTest();
    const hurried = await loadGuest(runtime, GOOD, { queueTimeoutMs: 1, queueLength: 2 });
    const end = nextEnd();
    signalProcess(runtime);
    await end;
    expect(runtime.readyThreads).toBe(0);
    const answers = await Promise.all([1, 2, 3].map(() => answerOf(hurried)));
    expect(answers).toEqual(['ERR_QUEUE_TIMEOUT', 'ERR_QUEUE_TIMEOUT', 'ERR_QUEUE_FULL']);
  });

  test('by ourselves because it gives no sign of life is replaced', async () => {
    const { runtime, nextEnd } = await openIsolatedForTest({ unresponsiveMs: 1_000 });
    const good = await loadGuest(runtime, GOOD);
    const end = nextEnd();
    signalProcess(runtime, 'SIGSTOP');
    expect(await answerOf(good)).toBe('ERR_PROCESS_LOST');
    expect(await end).toBe('unresponsive');
    expect(await answerOf(good)).toBe('200 good');
  });

  test('over and over before it serves is started later and later, and nothing is ready meanwhile', async () => {
    const { runtime, nextEnd } = await openIsolatedForTest();
    const good = await loadGuest(runtime, GOOD);
    for (let i = 0; i < 3; i++) {
      const end = nextEnd();
      await vi.waitFor(() => signalProcess(runtime), { interval: 1 });
      await end;
      expect(runtime.readyThreads).toBe(0);
    }
    expect(await answerOf(good)).toBe('200 good');
    expect(runtime.readyThreads).toBe(1);
  });

  test('again and again by a module that is being loaded refuses that module, and serves the others', async () => {
    const { runtime, processesReplaced } = await openIsolatedForTest();
    const good = await loadGuest(runtime, GOOD);
    let isSettled = false;
    const killing = vi.waitFor(
      () => {
        if (isSettled) return;
        if (runtime.processId !== undefined) signalProcess(runtime);
        throw new Error('not settled');
      },
      { interval: 1, timeout: 10_000 },
    );
    const loading = loadGuest(runtime, guests.ECHO).finally(() => (isSettled = true));
    await expect(loading).rejects.toMatchObject({
      code: 'ERR_MODULE_COMPILE',
      message: expect.stringContaining('was being loaded when 3 processes in a row ended'),
    });
    await killing;
    expect(processesReplaced.length).toBeGreaterThanOrEqual(3);
    expect(await answerOf(good)).toBe('200 good');
  });
});

describe('a process', () => {
  test('that cannot be started is told at once', async () => {
    const { execPath } = process;
    onTestFinished(() => void (process.execPath = execPath));
    process.execPath = '/no/such/program';
    await expect(openIsolatedForTest()).rejects.toMatchObject({
      message: 'the process for isolated functions does not start',
      cause: { message: 'it could not be started', cause: { code: 'ENOENT' } },
    });
  });

  test('that does not answer gets no more than its queues hold', async () => {
    const { runtime } = await openIsolatedForTest({ queueLength: 10 });
    const good = await loadGuest(runtime, GOOD);
    signalProcess(runtime, 'SIGSTOP');
    const answers = Array.from({ length: 10 + SLOTS + 3 }, () => answerOf(good));
    expect(await Promise.race(answers)).toBe('ERR_QUEUE_FULL');
    signalProcess(runtime, 'SIGCONT');
    const texts = await Promise.all(answers);
    expect(texts.filter((text) => text === 'ERR_QUEUE_FULL').length).toBeGreaterThanOrEqual(3);
    expect(await answerOf(good)).toBe('200 good');
  });

  test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('leaves %s to its parent', async (signal) => {
    const { runtime } = await openIsolatedForTest();
    const pid = runtime.processId;
    const sleeper = await loadGuest(runtime, guests.sleeping(200));
    const answer = answerOf(sleeper);
    signalProcess(runtime, signal);
    expect(await answer).toBe('200 slept');
    expect(runtime.processId).toBe(pid);
  });
});
