import { expect, test } from 'vitest';
import { collectAnswer } from '../collect-answer.ts';
import * as guests from '../testing/guests.ts';
import { loadGuest, openRuntime, request, textOf } from '../testing/runtime-fixture.ts';
import { Runtime } from '../runtime.ts';

test('a closing runtime answers what is in flight and refuses what comes', async () => {
  const { runtime } = await openRuntime();
  const sleeper = await loadGuest(runtime, guests.sleeping(50));
  const inFlight = Array.from({ length: 20 }, () => collectAnswer(sleeper, request()));
  const closed = runtime.close(60_000);
  const late = await collectAnswer(sleeper, request());
  expect(textOf(late)).toBe('ERR_DRAINING');
  for (const answer of await Promise.all(inFlight)) expect(textOf(answer)).toBe('200 slept');
  await closed;
  expect(textOf(await collectAnswer(sleeper, request()))).toBe('ERR_DRAINING');
});

test('a closing runtime gives up what does not end in time, wherever it is', async () => {
  const { runtime } = await openRuntime();
  const loop = await loadGuest(runtime, guests.ENDLESS_LOOP);
  const sleeper = await loadGuest(runtime, guests.sleeping(60_000));
  // More than a thread takes: some run, some are put aside, some wait.
  const inFlight = Array.from({ length: 300 }, (_, i) => collectAnswer(i % 2 === 0 ? loop : sleeper, request()));
  const good = await loadGuest(runtime, guests.printing('{"body":"good"}'));
  await runtime.close(1);
  for (const answer of await Promise.all(inFlight)) expect(textOf(answer)).toBe('ERR_DRAINING');
  expect(textOf(await collectAnswer(good, request()))).toBe('ERR_DRAINING');
});

test('a runtime that nobody uses closes at once, and closing it again is no error', async () => {
  const { runtime } = await openRuntime();
  await runtime.close(60_000);
  await runtime.close();
});

test('a runtime that closes while a thread is being replaced answers what ran on it', async () => {
  let threadReplaced: () => void = () => undefined;
  const isReplaced = new Promise<void>((resolve) => (threadReplaced = resolve));
  const runtime = await Runtime.open({ threads: 1, queueLength: 100, observer: { threadReplaced } });
  const loop = await loadGuest(runtime, guests.ENDLESS_LOOP);
  const memoryBytes = 512 * 1024 * 1024;
  const slow = await loadGuest(runtime, guests.fillingHuge(40), { wallMs: 10, memoryBytes });
  const inFlight = [loop, loop, slow].map((fn) => collectAnswer(fn, request()));
  await isReplaced;
  await runtime.close(0);
  const texts = (await Promise.all(inFlight)).map(textOf);
  expect(texts[2]).toBe('ERR_GUEST_DEADLINE');
  for (const text of texts.slice(0, 2)) expect(['ERR_THREAD_LOST', 'ERR_DRAINING']).toContain(text);
});

test('a function is unloaded when its last invocation has been answered', async () => {
  const { runtime } = await openRuntime();
  const sleeper = await loadGuest(runtime, guests.sleeping(30));
  const events: string[] = [];
  const answered = collectAnswer(sleeper, request()).then((answer) => events.push(textOf(answer)));
  await sleeper.unload().then(() => events.push('unloaded'));
  await answered;
  expect(events).toEqual(['200 slept', 'unloaded']);
  await runtime.close();
});
