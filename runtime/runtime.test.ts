import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectAnswer } from './collect-answer.ts';
import type { ThreadEndReason } from './observer.ts';
import type { FunctionLimits, LoadedFunction, Runtime } from './runtime.ts';
import type { StateMode } from './sandbox/sandbox.ts';
import * as guests from './testing/guests.ts';
import { loadGuest, openRuntime, request, textOf } from './testing/runtime-fixture.ts';

let runtime: Runtime;
let replaced: readonly ThreadEndReason[];

beforeAll(async () => {
  ({ runtime, replaced } = await openRuntime({ threads: 2, queueLength: 200 }));
});

afterAll(() => runtime.close());

function load(source: string, limits: Partial<FunctionLimits> = {}, state?: StateMode): Promise<LoadedFunction> {
  return loadGuest(runtime, source, { wallMs: 300, queueLength: 100, queueTimeoutMs: 5_000, ...limits }, state);
}

describe('an invocation', () => {
  test('answers with what the guest wrote to stdout', async () => {
    const fn = await load(guests.printing('{"status":201,"headers":{"x-a":["1","2"]},"body":"hi"}'));
    const answer = await collectAnswer(fn, request());
    expect(answer).toMatchObject({ ok: true, status: 201, headers: ['x-a', '1', 'x-a', '2'] });
    expect(textOf(answer)).toBe('201 hi');
    expect(answer.report.cost).toMatchObject({ memoryBytes: 65_536, hostCalls: 1 });
  });

  test.for([0, 1, 65_536, 65_537, 1024 * 1024])('carries a binary body of %i bytes in and out', async (length) => {
    const fn = await load(guests.ECHO, { wallMs: 5_000 });
    const body = randomBytes(length);
    const answer = await collectAnswer(fn, request(body));
    expect(answer.ok && answer.body.equals(body)).toBe(true);
  });

  test.for([
    { name: 'a command', source: guests.COUNTER, expected: '200 1' },
    { name: 'a reactor', source: guests.REACTOR, expected: '200 2' },
  ])('starts from the same state every time: $name', async ({ source, expected }) => {
    const fn = await load(source);
    for (let i = 0; i < 20; i++) expect(textOf(await collectAnswer(fn, request()))).toBe(expected);
  });

  test('shares the state of a reactor if it is told to, and drops it with a guest that failed', async () => {
    const fn = await load(guests.COUNTING_REACTOR, {}, 'shared');
    const texts: string[] = [];
    // One after another, so all on the same thread and the same instance; the fourth traps.
    for (let i = 0; i < 6; i++) texts.push(textOf(await collectAnswer(fn, request())));
    expect(texts).toEqual(['200 2', '200 3', '200 4', 'ERR_GUEST_TRAP', '200 2', '200 3']);
    await expect(load(guests.COUNTER, {}, 'shared')).rejects.toThrow('use state: fresh, or build a reactor');
  });

  test('hands over what the guest wrote to stderr', async () => {
    const fn = await load(guests.logging('one\ntwo\n\u001b[31mthree'));
    const answer = await collectAnswer(fn, request());
    expect(answer.report.logs.map((line) => line.text)).toEqual(['one', 'two', '\u001b[31mthree']);
  });

  test.for([
    { what: 'a trap', source: guests.TRAP, code: 'ERR_GUEST_TRAP' },
    { what: 'proc_exit(1) after an answer', source: exitingWith(1), code: 'ERR_GUEST_EXIT' },
    { what: 'proc_exit(255)', source: exitingWith(255), code: 'ERR_GUEST_EXIT' },
    { what: 'proc_exit(2^31)', source: exitingWith(0x8000_0000), code: 'ERR_GUEST_EXIT' },
    { what: 'no output', source: guests.command('nop'), code: 'ERR_GUEST_OUTPUT' },
    { what: 'endless output', source: endlessOutput(), code: 'ERR_GUEST_OUTPUT_TOO_LARGE' },
    { what: 'endless recursion', source: recursion(), code: 'ERR_GUEST_TRAP' },
    { what: 'an answer and then an endless loop', source: thenLoop(), code: 'ERR_GUEST_DEADLINE' },
    { what: 'an endless loop', source: guests.ENDLESS_LOOP, code: 'ERR_GUEST_DEADLINE' },
    { what: 'an endless loop in the start function', source: startLoop(), code: 'ERR_GUEST_DEADLINE' },
    { what: 'a trap in the start function', source: startTrap(), code: 'ERR_GUEST_TRAP' },
  ])('fails after $what with $code, and the next one is answered', async ({ source, code }) => {
    const fn = await load(source);
    const next = await load(guests.printing('{"body":"next"}'));
    expect(textOf(await collectAnswer(fn, request()))).toBe(code);
    expect(textOf(await collectAnswer(next, request()))).toBe('200 next');
  });

  test('ends well with proc_exit(0)', async () => {
    const fn = await load(exitingWith(0));
    expect(textOf(await collectAnswer(fn, request()))).toBe('200 before exit');
  });

  test('cannot grow its memory or a table past the limits', async () => {
    const grow = `(if (i32.ne (memory.grow (i32.const 15)) (i32.const -1)) (then unreachable))
      (if (i32.eq (memory.grow (i32.const 14)) (i32.const -1)) (then unreachable))
      (if (i32.ne (table.grow $t (ref.null func) (i32.const 91)) (i32.const -1)) (then unreachable))
      (if (i32.eq (table.grow $t (ref.null func) (i32.const 90)) (i32.const -1)) (then unreachable))
      (call $print (i32.const 1) (i32.const 1024) (i32.const 13))`;
    const source = guests.command(grow, '{"body":"ok"}', '(table $t 10 funcref)');
    const fn = await load(source, { memoryBytes: 15 * 65_536, tableEntries: 100 });
    expect(textOf(await collectAnswer(fn, request()))).toBe('200 ok');
  });
});

describe('a thread', () => {
  test('outlives the guests that it stops, and serves others beside them', async () => {
    const before = replaced.length;
    const loop = await load(guests.ENDLESS_LOOP, { wallMs: 200 });
    const fill = await load(guests.ENDLESS_FILL, { wallMs: 200 });
    const good = await load(guests.printing('{"body":"good"}'));
    const hostile = [loop, fill];
    const answers = Array.from({ length: 60 }, (_, i) =>
      collectAnswer(i % 10 === 7 ? hostile[i % 20 === 7 ? 0 : 1]! : good, request()),
    );
    const texts = (await Promise.all(answers)).map(textOf);
    expect(texts.filter((text) => text === 'ERR_GUEST_DEADLINE')).toHaveLength(6);
    expect(texts.filter((text) => text === '200 good')).toHaveLength(54);
    expect(replaced).toHaveLength(before);
  });

  test('stops a guest at its CPU budget, waiting not counted', async () => {
    const limits = { cpuMs: 30, wallMs: 5_000 };
    const stopped = await collectAnswer(await load(guests.ENDLESS_LOOP, limits), request());
    expect(textOf(stopped)).toBe('ERR_GUEST_CPU_BUDGET');
    expect(stopped.report.cost.cpuMs).toBeGreaterThan(30);
    const slept = await collectAnswer(await load(guests.sleeping(100), limits), request());
    expect(textOf(slept)).toBe('200 slept');
    expect(slept.report.cost.cpuMs).toBeLessThan(30);
    expect(slept.report.cost.runMs).toBeGreaterThanOrEqual(100);
  });

  test('stops a guest that runs out of fuel, and meters the same work alike every time', async () => {
    const stopped = await collectAnswer(await load(guests.ENDLESS_LOOP, { fuel: 100_000 }), request());
    expect(textOf(stopped)).toBe('ERR_GUEST_FUEL');
    const metered = await load(guests.printing('{"body":"metered"}'), { fuel: 100_000 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => collectAnswer(metered, request())));
    expect(new Set(answers.map((answer) => `${textOf(answer)} ${answer.report.cost.fuel}`)).size).toBe(1);
    expect(answers[0]!.report.cost.fuel).toBeGreaterThan(0);
  });

  test('goes on with others while guests sleep', async () => {
    const sleeper = await load(guests.sleeping(200), { wallMs: 5_000 });
    const startedAtMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => collectAnswer(sleeper, request())));
    expect(answers.map(textOf)).toEqual(Array.from({ length: 100 }, () => '200 slept'));
    // One after another on two threads they would take ten seconds.
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });

  test('stops a guest that sleeps past its deadline', async () => {
    const sleeper = await load(guests.sleeping(60_000), { wallMs: 50 });
    expect(textOf(await collectAnswer(sleeper, request()))).toBe('ERR_GUEST_DEADLINE');
  });

  test('that does not come to the end of an instruction is replaced, again and again', async () => {
    const slow = await load(guests.fillingHuge(40), { wallMs: 10, memoryBytes: 512 * 1024 * 1024 });
    const good = await load(guests.printing('{"body":"good"}'));
    const before = replaced.length;
    for (let i = 0; i < 3; i++) {
      expect(textOf(await collectAnswer(slow, request()))).toBe('ERR_GUEST_DEADLINE');
      expect(textOf(await collectAnswer(good, request()))).toBe('200 good');
    }
    expect(replaced.slice(before)).toContain('deadline');
  });
});

describe('admission', () => {
  test('refuses at once what exceeds the queue of the function, and serves the rest', async () => {
    const fn = await load(guests.printing('{"body":"served"}'), { queueLength: 5 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => collectAnswer(fn, request())));
    const texts = answers.map(textOf);
    expect(texts.filter((text) => text === '200 served')).toHaveLength(5);
    expect(texts.filter((text) => text === 'ERR_QUEUE_FULL')).toHaveLength(3);
  });

  test('fails who waits longer than the queue timeout', async () => {
    const slow = await load(guests.fillingHuge(1), { wallMs: 10_000, memoryBytes: 512 * 1024 * 1024 });
    const holders = [1, 2].map(() => collectAnswer(slow, request()));
    // Loading takes longer than handing those to the two threads.
    const hurried = await load(guests.printing('{"body":"late"}'), { queueTimeoutMs: 30 });
    expect(textOf(await collectAnswer(hurried, request()))).toBe('ERR_QUEUE_TIMEOUT');
    await Promise.all(holders);
  });

  test('lets a client that leaves take its waiting and its running invocation with it', async () => {
    const loop = await load(guests.ENDLESS_LOOP, { wallMs: 60_000, queueTimeoutMs: 60_000 });
    const ended: string[] = [];
    const receiver = {
      head: () => undefined,
      chunk: () => undefined,
      end: () => void ended.push('end'),
      failed: () => void ended.push('failed'),
    };
    const cancels = Array.from({ length: 10 }, () => loop.invoke(request(), receiver));
    const good = await load(guests.printing('{"body":"free again"}'));
    for (const cancel of cancels) cancel();
    expect(textOf(await collectAnswer(good, request()))).toBe('200 free again');
    await loop.unload();
    expect(ended).toEqual([]);
  });
});

function exitingWith(code: number): string {
  return guests.printingThen('{"body":"before exit"}', `(call $proc_exit (i32.const ${code | 0}))`);
}

function endlessOutput(): string {
  return guests.command('(loop $again (call $print (i32.const 1) (i32.const 1024) (i32.const 60000)) (br $again))');
}

function recursion(): string {
  return guests.command('(call $deeper)', '', '(func $deeper (call $deeper) (call $deeper))');
}

function thenLoop(): string {
  return guests.printingThen('{"body":"too early"}', '(loop $again (br $again))');
}

function startLoop(): string {
  return guests.command('nop', '', '(func $init (loop $again (br $again))) (start $init)');
}

function startTrap(): string {
  return guests.command('nop', '', '(func $init unreachable) (start $init)');
}
