import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instrument } from './instrument.ts';
import { programs } from './test-programs.ts';
import { TestHost } from './test-host.ts';
import { wat } from './test-modules.ts';

const PLENTY = 10n ** 12n;

const metered = (text: string, initial = PLENTY): TestHost =>
  new TestHost(instrument(wat(text), { importMemory: {}, fuel: { initial } }));

/** Fuel that one call takes. */
const cost = (fields: string, ...args: unknown[]): bigint => {
  const host = metered(`(module ${fields})`);
  host.call('run', ...args);
  return PLENTY - host.fuel;
};

describe('what code costs', () => {
  test.for([
    { code: '(nop)', fuel: 0n },
    { code: '(drop (i32.const 1))', fuel: 1n },
    { code: '(drop (i32.add (i32.const 1) (i32.const 2)))', fuel: 3n },
    { code: '(block (block (drop (i32.const 1))))', fuel: 1n },
    { code: '(block (br 0) (drop (i32.const 1)))', fuel: 1n },
    { code: '(if (i32.const 1) (then (drop (i32.const 1))) (else (drop (i32.clz (i32.const 1)))))', fuel: 3n },
    { code: '(if (i32.const 0) (then (drop (i32.const 1))) (else (drop (i32.clz (i32.const 1)))))', fuel: 4n },
    { code: '(block (br_if 0 (i32.const 1)) (drop (i32.const 1)))', fuel: 2n },
    { code: '(block (br_if 0 (i32.const 0)) (drop (i32.const 1)))', fuel: 3n },
    { code: '(return) (drop (i32.const 1))', fuel: 0n },
  ])('$code: $fuel', ({ code, fuel }) => {
    expect(cost(`(func (export "run") ${code})`)).toBe(fuel);
  });

  const countdown = `(func (export "run") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))`;

  test('a loop: its body times its iterations', () => {
    const once = cost(countdown, 1);
    expect(cost(countdown, 1000)).toBe(1000n * once);
  });

  test('calls: the instruction and what is called', () => {
    const leaf = '(func $leaf (drop (i32.const 1)))';
    expect(cost(`${leaf} (func (export "run") (call $leaf) (call $leaf))`)).toBe(4n);
    expect(cost(`${leaf} (func (export "run") (return_call $leaf))`)).toBe(2n);
  });

  test.for([
    { what: 'memory.fill', code: '(memory.fill (i32.const 0) (i32.const 0) (local.get 0))', perFuel: 8 },
    { what: 'memory.copy', code: '(memory.copy (i32.const 0) (i32.const 0) (local.get 0))', perFuel: 8 },
    { what: 'memory.init', code: '(memory.init $data (i32.const 0) (i32.const 0) (local.get 0))', perFuel: 8 },
    { what: 'table.fill', code: '(table.fill (i32.const 0) (ref.null func) (local.get 0))', perFuel: 1 },
    { what: 'table.copy', code: '(table.copy (i32.const 0) (i32.const 0) (local.get 0))', perFuel: 1 },
    { what: 'table.init', code: '(table.init $elements (i32.const 0) (i32.const 0) (local.get 0))', perFuel: 1 },
    { what: 'table.grow', code: '(drop (table.grow (ref.null func) (local.get 0)))', perFuel: 1 },
  ])('$what: one more for every $perFuel of its length', ({ code, perFuel }) => {
    const fields = `(memory 1) (table 1000 funcref) (data $data "${'x'.repeat(1000)}")
      (func $f) (elem $elements func ${'$f '.repeat(1000)})
      (func (export "run") (param i32) ${code})`;
    expect(cost(fields, 1000) - cost(fields, 0)).toBe(BigInt(1000 / perFuel));
  });

  test('locals: one for every eight, since they are set to zero', () => {
    expect(cost(`(func (export "run") ${'(local i64)'.repeat(800)})`)).toBe(100n);
  });

  test('the same after an exception as the counter that the callee left', () => {
    const fields = (body: string): string => `(tag $oops)
      (func $throws (drop (i32.const 1)) (throw $oops))
      (func (export "run") (local i32) (loop (try (do ${body}) (catch $oops))))`;
    // call and throw cost one each, the callee's constant one more.
    expect(cost(fields('(call $throws)')) - cost(fields('(nop)'))).toBe(3n);
  });
});

describe('out of fuel', () => {
  const endless = `(module (func (export "run") (loop (br 0))))`;

  test('is a trap with the counter below zero', () => {
    const host = metered(endless, 1000n);
    expect(() => host.call('run')).toThrow(WebAssembly.RuntimeError);
    expect(host.fuel).toBe(-1n);
  });

  test('is not caught by a guest that catches everything', () => {
    const host = metered('(module (func (export "run") (try (do (loop (br 0))) (catch_all))))', 1000n);
    expect(() => host.call('run')).toThrow(WebAssembly.RuntimeError);
    expect(host.fuel).toBeLessThan(0n);
  });

  test.for([
    { what: 'recursion', text: '(module (func $f (export "run") (call $f)))' },
    { what: 'a tail call', text: '(module (func $f (export "run") (return_call $f)))' },
    {
      what: 'a bulk operation',
      text: '(module (memory 1) (func (export "run") (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))))',
    },
  ])('stops $what', ({ text }) => {
    const host = metered(text, 1000n);
    expect(() => host.call('run')).toThrow(WebAssembly.RuntimeError);
    expect(host.fuel).toBeLessThan(0n);
  });

  test('stops a start function by the initial fuel', () => {
    const text = '(module (func $main (loop (br 0))) (start $main))';
    expect(() => metered(text, 1000n)).toThrow(WebAssembly.RuntimeError);
  });

  test('goes away when the host sets the counter', () => {
    const host = metered('(module (func (export "run") (result i32) (i32.clz (i32.const 1))))', 0n);
    host.fuel = 2n;
    expect(host.call('run')).toBe(31);
    expect(host.fuel).toBe(0n);
  });
});

const OUT_OF_FUEL = 'RuntimeError: unreachable';

interface Run {
  readonly result: unknown;
  readonly fuel: bigint;
}

const runWith = (host: TestHost, fuel: bigint): Run => {
  host.fuel = fuel;
  try {
    return { result: host.call('run', 5), fuel: host.fuel };
  } catch (error) {
    return { result: String(error), fuel: host.fuel };
  }
};

describe('any program', () => {
  test('takes the same fuel in each of 100 runs', () => {
    fc.assert(
      fc.property(programs, (text) => {
        const instrumented = instrument(wat(text), { importMemory: {}, fuel: { initial: PLENTY } });
        const runs = Array.from({ length: 100 }, () => runWith(new TestHost(instrumented), PLENTY));
        for (const run of runs) expect(run).toEqual(runs[0]);
      }),
      { numRuns: 20 },
    );
  });

  test('gives its result or runs out, and nothing else, for every fuel from 0 to 200', () => {
    fc.assert(
      fc.property(programs, (text) => {
        const instrumented = instrument(wat(text), { importMemory: {}, fuel: { initial: PLENTY } });
        const whole = runWith(new TestHost(instrumented), PLENTY);
        const taken = PLENTY - whole.fuel;
        for (let fuel = 0n; fuel <= 200n; fuel++) {
          const run = runWith(new TestHost(instrumented), fuel);
          const expected = run.fuel < 0n ? [whole.result, OUT_OF_FUEL] : [whole.result];
          expect(expected).toContain(run.result);
          expect(run.fuel < 0n || run.fuel === fuel - taken).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
