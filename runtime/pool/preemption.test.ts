// Guests that share one thread: nothing here measures time, all is told by who is answered before whom.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectAnswer } from '../collect-answer.ts';
import type { LoadedFunction, Runtime } from '../runtime.ts';
import * as guests from '../testing/guests.ts';
import { loadGuest, onAnswer, type OpenRuntime, openRuntime, request, textOf } from '../testing/runtime-fixture.ts';

let opened: OpenRuntime;
let runtime: Runtime;
let short: LoadedFunction;

beforeAll(async () => {
  opened = await openRuntime();
  ({ runtime } = opened);
  short = await loadGuest(runtime, guests.printing('{"body":"short"}'));
});

afterAll(() => runtime.close());

/** Starts invocations that nobody waits for; `answered` counts them, `cancel` ends them. */
function start(fn: LoadedFunction, count: number): { answered: () => number; cancel: () => void } {
  let answered = 0;
  const cancels = Array.from({ length: count }, () =>
    fn.invoke(
      request(),
      onAnswer(() => answered++),
    ),
  );
  return {
    answered: () => answered,
    cancel() {
      for (const cancel of cancels) cancel();
    },
  };
}

describe('short invocations', () => {
  test.for([1, 4, 100])('are answered while %i endless loops go on', async (count) => {
    const loop = await loadGuest(runtime, guests.ENDLESS_LOOP);
    const loops = start(loop, count);
    for (let i = 0; i < 20; i++) expect(textOf(await collectAnswer(short, request()))).toBe('200 short');
    const together = await Promise.all(Array.from({ length: 20 }, () => collectAnswer(short, request())));
    expect(together.every(({ ok }) => ok)).toBe(true);
    expect(loops.answered()).toBe(0);
    loops.cancel();
    await loop.unload();
    expect(loops.answered()).toBe(0);
    expect(opened.replaced).toEqual([]);
  });

  test('are answered while loops run in the memory and the start functions of others', async () => {
    const fill = await loadGuest(runtime, guests.ENDLESS_FILL);
    const startLoop = await loadGuest(
      runtime,
      guests.command('nop', '', '(func $init (loop $again (br $again))) (start $init)'),
    );
    const loops = [start(fill, 2), start(startLoop, 2)];
    for (let i = 0; i < 10; i++) expect(textOf(await collectAnswer(short, request()))).toBe('200 short');
    for (const { answered, cancel } of loops) {
      expect(answered()).toBe(0);
      cancel();
    }
    await Promise.all([fill.unload(), startLoop.unload()]);
  });

  test('are answered while others sleep', async () => {
    const sleeper = await loadGuest(runtime, guests.sleeping(50_000));
    const sleepers = start(sleeper, 50);
    for (let i = 0; i < 20; i++) expect(textOf(await collectAnswer(short, request()))).toBe('200 short');
    expect(sleepers.answered()).toBe(0);
    sleepers.cancel();
    await sleeper.unload();
  });
});

describe('budgets', () => {
  test('of CPU time hold for each of many that take turns', async () => {
    const loop = await loadGuest(runtime, guests.ENDLESS_LOOP, { cpuMs: 20 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => collectAnswer(loop, request())));
    for (const answer of answers) {
      expect(textOf(answer)).toBe('ERR_GUEST_CPU_BUDGET');
      expect(answer.report.cost.cpuMs).toBeGreaterThan(20);
    }
  });

  test('of wall time hold for one that waits for its turn', async () => {
    const forever = await loadGuest(runtime, guests.ENDLESS_LOOP);
    const others = start(forever, 5);
    const loop = await loadGuest(runtime, guests.ENDLESS_LOOP, { wallMs: 50 });
    expect(textOf(await collectAnswer(loop, request()))).toBe('ERR_GUEST_DEADLINE');
    others.cancel();
    await forever.unload();
  });

  test('of wall time hold for one that sleeps beside loops', async () => {
    const forever = await loadGuest(runtime, guests.ENDLESS_LOOP);
    const others = start(forever, 5);
    const sleeper = await loadGuest(runtime, guests.sleeping(60_000), { wallMs: 50 });
    expect(textOf(await collectAnswer(sleeper, request()))).toBe('ERR_GUEST_DEADLINE');
    others.cancel();
    await forever.unload();
  });

  test('of CPU time leave out what others computed while it slept', async () => {
    const forever = await loadGuest(runtime, guests.ENDLESS_LOOP);
    const others = start(forever, 5);
    const sleeper = await loadGuest(runtime, guests.sleeping(100), { cpuMs: 40 });
    expect(textOf(await collectAnswer(sleeper, request()))).toBe('200 slept');
    others.cancel();
    await forever.unload();
  });
});

describe('a client that leaves', () => {
  test.for([
    { what: 'runs', source: guests.ENDLESS_LOOP, count: 1 },
    { what: 'is put aside', source: guests.ENDLESS_LOOP, count: 20 },
    { what: 'sleeps', source: guests.sleeping(50_000), count: 20 },
    { what: 'is queued', source: guests.ENDLESS_LOOP, count: 400 },
  ])('takes its invocation along that $what', async ({ source, count }) => {
    const fn = await loadGuest(runtime, source);
    const left = start(fn, count);
    // They have come to where they should be: this one has come and gone after them.
    if (count <= 20) for (let i = 0; i < 3; i++) await collectAnswer(short, request());
    left.cancel();
    await fn.unload();
    expect(left.answered()).toBe(0);
    expect(textOf(await collectAnswer(short, request()))).toBe('200 short');
  });

  test('at once after it was refused leaves the count of those who wait right', async () => {
    let answers = 0;
    const loop = await loadGuest(runtime, guests.ENDLESS_LOOP, { cpuMs: 10, queueLength: 0 });
    loop.invoke(
      request(),
      onAnswer(() => void answers++),
    )();
    const stopped = await loadGuest(runtime, guests.ENDLESS_LOOP, { cpuMs: 10 });
    // Were it wrong, the pool would take this one for nobody and never stop it.
    expect(textOf(await collectAnswer(stopped, request()))).toBe('ERR_GUEST_CPU_BUDGET');
    expect(answers).toBe(0);
    await loop.unload();
  });

  test('again after it was answered, or twice, changes nothing', async () => {
    let cancel: (() => void) | undefined;
    await new Promise<void>((resolve) => (cancel = short.invoke(request(), onAnswer(resolve))));
    cancel!();
    cancel!();
    const loop = await loadGuest(runtime, guests.ENDLESS_LOOP);
    const left = start(loop, 3);
    left.cancel();
    left.cancel();
    await loop.unload();
    expect(textOf(await collectAnswer(short, request()))).toBe('200 short');
  });
});
