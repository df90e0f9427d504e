// What hostile guests do, and that their thread outlives it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectAnswer } from '../collect-answer.ts';
import type { LoadedFunction } from '../runtime.ts';
import * as guests from '../testing/guests.ts';
import * as hostile from '../testing/hostile-guests.ts';
import { loadGuest, type OpenRuntime, openRuntime, request, textOf } from '../testing/runtime-fixture.ts';

const PAGE_BYTES = 65_536;

let opened: OpenRuntime;
let good: LoadedFunction;

beforeAll(async () => {
  opened = await openRuntime();
  good = await loadGuest(opened.runtime, guests.printing('{"body":"good"}'));
});

afterAll(() => opened.runtime.close());

test.for([
  { what: 'loops in _start', source: guests.ENDLESS_LOOP, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'loops in its start function', source: hostile.START_LOOP, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'fills memory for ever', source: guests.ENDLESS_FILL, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'recurses mutually', source: hostile.MUTUAL_RECURSION, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'makes tail calls for ever', source: hostile.TAIL_CALLS, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'calls the host for ever', source: hostile.HOST_CALL_LOOP, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'catches being stopped', source: hostile.CATCHES_STOP, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'catches everything for ever', source: hostile.CATCHES_EVERYTHING, code: 'ERR_GUEST_CPU_BUDGET' },
  { what: 'catches its proc_exit', source: hostile.CATCHES_EXIT, code: 'ERR_GUEST_EXIT' },
  { what: 'catches the limit of its output', source: hostile.CATCHES_OUTPUT_LIMIT, code: 'ERR_GUEST_OUTPUT_TOO_LARGE' },
  { what: 'catches its deep recursion', source: hostile.CATCHES_DEEP_RECURSION, code: 'ERR_GUEST_TRAP' },
  { what: 'recurses too deeply', source: hostile.DEEP_RECURSION, code: 'ERR_GUEST_TRAP' },
])('stops a guest that $what', async ({ source, code }) => {
  const fn = await loadGuest(opened.runtime, source, { cpuMs: 30 });
  for (let i = 0; i < 3; i++) {
    expect(textOf(await collectAnswer(fn, request()))).toBe(code);
    expect(textOf(await collectAnswer(good, request()))).toBe('200 good');
  }
  expect(opened.replaced).toEqual([]);
});

test('stops a guest that catches the end of its sleep at its deadline', async () => {
  const fn = await loadGuest(opened.runtime, hostile.sleepingInCatch(60_000), { wallMs: 50 });
  expect(textOf(await collectAnswer(fn, request()))).toBe('ERR_GUEST_DEADLINE');
  expect(opened.replaced).toEqual([]);
});

test('lets a guest sleep in its start function', async () => {
  const fn = await loadGuest(opened.runtime, hostile.sleepingInStart(5), { cpuMs: 50 });
  const answers = await Promise.all(Array.from({ length: 10 }, () => collectAnswer(fn, request())));
  expect(answers.map(textOf)).toEqual(Array.from({ length: 10 }, () => '200 slept'));
});

test('stops a guest that sleeps in its start function at its deadline', async () => {
  const fn = await loadGuest(opened.runtime, hostile.sleepingInStart(60_000), { wallMs: 30 });
  expect(textOf(await collectAnswer(fn, request()))).toBe('ERR_GUEST_DEADLINE');
});

test.for([1, 2, 100])('gives a guest its memory of %i pages and no more, every time', async (pages) => {
  const fn = await loadGuest(opened.runtime, hostile.GROWS_TO_LIMIT, { memoryBytes: pages * PAGE_BYTES });
  for (let i = 0; i < 20; i++) {
    const answer = await collectAnswer(fn, request());
    expect(textOf(answer)).toBe('200 grown');
    expect(answer.report.cost.memoryBytes).toBe(pages * PAGE_BYTES);
  }
});

test('ends six million writes of one byte at the limit of the output', async () => {
  const fn = await loadGuest(opened.runtime, hostile.BYTE_WRITES, { outputBytes: 100_000 });
  const answer = await collectAnswer(fn, request());
  expect(textOf(answer)).toBe('ERR_GUEST_OUTPUT_TOO_LARGE');
  expect(answer.report.cost.hostCalls).toBe(100_001);
});

test('keeps its thread through a thousand endless loops', { timeout: 120_000 }, async () => {
  const fn = await loadGuest(opened.runtime, guests.ENDLESS_LOOP, { cpuMs: 5 });
  const startFn = await loadGuest(opened.runtime, hostile.START_LOOP, { cpuMs: 5 });
  for (let batch = 0; batch < 10; batch++) {
    const answers = Array.from({ length: 100 }, (_, i) => collectAnswer(i % 2 === 0 ? fn : startFn, request()));
    for (const answer of await Promise.all(answers)) expect(textOf(answer)).toBe('ERR_GUEST_CPU_BUDGET');
  }
  expect(opened.replaced).toEqual([]);
  expect(textOf(await collectAnswer(good, request()))).toBe('200 good');
});
