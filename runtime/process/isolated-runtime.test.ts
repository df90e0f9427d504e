// Real processes, real wasm: what an isolated function answers is what it answers on a thread.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { collectAnswer } from '../collect-answer.ts';
import * as guests from '../testing/guests.ts';
import {
  answerOf,
  openIsolated,
  type OpenIsolatedRuntime,
  processGone,
  signalProcess,
} from '../testing/isolated-fixture.ts';
import { loadGuest, onAnswer, openRuntime, request, textOf } from '../testing/runtime-fixture.ts';
import type { IsolatedRuntime } from './isolated-runtime.ts';

const SECRET = 'WASMGATE_TEST_SECRET';
const GOOD = guests.printing('{"body":"good"}');

describe('an isolated function', () => {
  let opened: OpenIsolatedRuntime;
  let runtime: IsolatedRuntime;

  beforeAll(async () => {
    process.env[SECRET] = 'not for guests';
    opened = await openIsolated();
    ({ runtime } = opened);
  });
  afterAll(async () => {
    delete process.env[SECRET];
    await runtime.close();
  });

  test('runs in another process, which has nothing of our environment but what it needs', async () => {
    const fn = await loadGuest(runtime, GOOD);
    expect(await answerOf(fn)).toBe('200 good');
    expect(runtime.processId).not.toBe(process.pid);
    if (process.platform !== 'linux') return;
    const environment = readFileSync(`/proc/${runtime.processId}/environ`, 'latin1');
    const names = environment.split('\0').map((pair) => pair.split('=', 1)[0]!);
    expect(names.filter((name) => !['', 'PATH', 'LD_LIBRARY_PATH', 'TZ', 'NODE_V8_COVERAGE'].includes(name))).toEqual(
      [],
    );
    expect(readFileSync(`/proc/${runtime.processId}/oom_score_adj`, 'utf8')).toBe('1000\n');
  });

  test('answers with status, headers, body, cost and log lines', async () => {
    const fn = await loadGuest(runtime, guests.printing('{"status":201,"headers":{"x-a":["1","2"]},"body":"hi"}'));
    const answer = await collectAnswer(fn, request());
    expect(answer).toMatchObject({ ok: true, status: 201, headers: ['x-a', '1', 'x-a', '2'] });
    expect(answer.report.cost).toMatchObject({ memoryBytes: 65_536, hostCalls: 1, fuel: null });
    expect(answer.report.cost.queueMs).toBeGreaterThan(0);
    const logging = await collectAnswer(await loadGuest(runtime, guests.logging('one\ntwo')), request());
    expect(logging.report.logs).toEqual([
      { text: 'one', truncated: false },
      { text: 'two', truncated: false },
    ]);
  });

  test.for([0, 1, 65_536, 65_537, 1024 * 1024])('carries a binary body of %i bytes in and out', async (length) => {
    const fn = await loadGuest(runtime, guests.ECHO);
    const bodies = [randomBytes(length), randomBytes(length), randomBytes(length)];
    const answers = await Promise.all(bodies.map((body) => collectAnswer(fn, request(body))));
    expect(answers.map((answer, i) => answer.ok && answer.body.equals(bodies[i]!))).toEqual([true, true, true]);
  });

  test('has its contract, its variables and its facts', async () => {
    const fn = await loadGuest(runtime, guests.REACTOR);
    expect(fn.facts).toMatchObject({ kind: 'reactor', memory: { minPages: 1 } });
    expect(fn.sha256).toMatch(/^[0-9a-f]{64}$/);
    for (let i = 0; i < 5; i++) expect(await answerOf(fn)).toBe('200 2');
  });

  test.for([
    { what: 'a trap', source: guests.TRAP, limits: {}, code: 'ERR_GUEST_TRAP' },
    { what: 'no output', source: guests.command('nop'), limits: {}, code: 'ERR_GUEST_OUTPUT' },
    { what: 'a loop', source: guests.ENDLESS_LOOP, limits: { cpuMs: 30 }, code: 'ERR_GUEST_CPU_BUDGET' },
    { what: 'a loop', source: guests.ENDLESS_LOOP, limits: { wallMs: 30 }, code: 'ERR_GUEST_DEADLINE' },
    { what: 'a loop', source: guests.ENDLESS_LOOP, limits: { fuel: 10_000 }, code: 'ERR_GUEST_FUEL' },
  ])('fails after $what with $code, and the next one is answered', async ({ source, limits, code }) => {
    const pid = runtime.processId;
    const answer = await collectAnswer(await loadGuest(runtime, source, limits), request());
    expect(textOf(answer)).toBe(code);
    expect(!answer.ok && answer.error).toMatchObject({ name: 'InvocationError', details: expect.any(Object) });
    expect(await answerOf(await loadGuest(runtime, GOOD))).toBe('200 good');
    expect(runtime.processId).toBe(pid);
  });

  test('sleeps without holding up others', async () => {
    const sleeper = await loadGuest(runtime, guests.sleeping(300));
    const answers = await Promise.all(Array.from({ length: 100 }, () => answerOf(sleeper)));
    expect(new Set(answers)).toEqual(new Set(['200 slept']));
  });

  test('stops when its client leaves, running or waiting', async () => {
    const loop = await loadGuest(runtime, guests.ENDLESS_LOOP);
    const ended: string[] = [];
    const cancels = Array.from({ length: 10 }, () =>
      loop.invoke(
        request(),
        onAnswer(() => ended.push('ended')),
      ),
    );
    const good = await loadGuest(runtime, GOOD);
    for (const cancel of cancels) cancel();
    expect(await answerOf(good)).toBe('200 good');
    await loop.unload();
    expect(ended).toEqual([]);
  });

  test('tells that its thread was replaced', async () => {
    const limits = { wallMs: 10, memoryBytes: 512 * 1024 * 1024 };
    const slow = await loadGuest(runtime, guests.fillingHuge(40), limits);
    expect(await answerOf(slow)).toBe('ERR_GUEST_DEADLINE');
    expect(await answerOf(await loadGuest(runtime, GOOD))).toBe('200 good');
    expect(opened.threadsReplaced).toContain('deadline');
    expect(opened.processesReplaced).toEqual([]);
  });

  test('is refused with the same error as on a thread', async () => {
    const { runtime: threads } = await openRuntime();
    onTestFinished(() => threads.close());
    const sources = ['(module)', '(module (import "env" "f" (func)) (func (export "_start")))'];
    for (const source of sources) {
      const modulePath = await guests.writeGuest(source);
      const errors = await Promise.all(
        [threads, runtime].map((where) => where.load(definitionOf(modulePath)).catch((error: unknown) => error)),
      );
      const [expected, error] = errors as [Error, Error];
      expect(error).toMatchObject({ name: 'ModuleError', message: expected.message });
      expect(error).toHaveProperty('code', (expected as Error & { code: string }).code);
    }
    await expect(runtime.load(definitionOf('missing.wasm'))).rejects.toMatchObject({ code: 'ERR_MODULE_READ' });
  });
});

describe('closing', () => {
  test('answers what is in flight, admits nothing more, and leaves no process behind', async () => {
    const { runtime } = await openIsolated();
    const pid = runtime.processId!;
    const sleeper = await loadGuest(runtime, guests.sleeping(200));
    const inFlight = answerOf(sleeper);
    const closed = runtime.close(60_000);
    expect(await answerOf(sleeper)).toBe('ERR_DRAINING');
    expect(await inFlight).toBe('200 slept');
    await closed;
    await runtime.close();
    await processGone(pid);
    expect(runtime.readyThreads).toBe(0);
    await expect(loadGuest(runtime, GOOD)).rejects.toThrow('the runtime was closed');
  });

  test('gives up what does not end in time', async () => {
    const { runtime } = await openIsolated();
    const pid = runtime.processId!;
    const answers = await Promise.all(
      [guests.ENDLESS_LOOP, guests.ENDLESS_FILL].map((guest) => loadGuest(runtime, guest)),
    );
    const inFlight = answers.map(answerOf);
    await runtime.close(50);
    expect(await Promise.all(inFlight)).toEqual(['ERR_DRAINING', 'ERR_DRAINING']);
    await processGone(pid);
  });

  test('between two processes starts no other', async () => {
    const { runtime, nextEnd, processesReplaced } = await openIsolated();
    const good = await loadGuest(runtime, GOOD);
    const end = nextEnd();
    signalProcess(runtime);
    await end;
    const waiting = answerOf(good);
    await runtime.close();
    expect(await waiting).toBe('ERR_DRAINING');
    expect([runtime.processId, processesReplaced]).toEqual([undefined, ['ended']]);
  });
});

function definitionOf(modulePath: string) {
  const limits = { cpuMs: 100, fuel: null, wallMs: 100, memoryBytes: 65_536, outputBytes: 1, tableEntries: 1 };
  return {
    name: 'guest',
    modulePath,
    sha256: null,
    contract: 'json',
    env: {},
    state: 'fresh',
    limits: { ...limits, queueLength: 1, queueTimeoutMs: 100 },
  } as const;
}
