import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { instrument } from './instrument.ts';
import { TestHost } from './test-host.ts';
import { binary, wat } from './test-modules.ts';

const interruptible = (fields: string): ReturnType<typeof instrument> =>
  instrument(wat(`(module ${fields})`), { interrupt: true });

/** Endless runs, each a function "run" that takes an i32 of 1. */
const ENDLESS: readonly { shape: string; fields: string }[] = [
  { shape: 'an empty loop', fields: '(func (export "run") (param i32) (loop (br 0)))' },
  {
    shape: 'a loop in a loop that ends',
    fields: `(func (export "run") (param $x i32) (local $i i32)
      (loop $outer
        (local.set $i (i32.const 100))
        (loop $inner (br_if $inner (local.tee $i (i32.sub (local.get $i) (local.get $x)))))
        (br $outer)))`,
  },
  {
    shape: 'an endless loop in a loop, whose headers follow each other',
    fields: `(func (export "run") (param $x i32) (local $i i32)
      (loop $outer (loop $inner
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $inner (local.get $x)) (br $outer))))`,
  },
  {
    shape: 'a loop that stores',
    fields: `(memory 1) (func (export "run") (param $x i32)
      (loop (i32.store (i32.const 16) (i32.add (local.get $x) (i32.load (i32.const 16)))) (br 0)))`,
  },
  { shape: 'a loop that calls', fields: '(func $f) (func (export "run") (param i32) (loop (call $f) (br 0)))' },
  {
    shape: 'a loop of bulk operations',
    fields: `(memory 16) (func (export "run") (param i32)
      (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000000)) (br 0)))`,
  },
  {
    shape: 'tail calls of each other',
    fields: `(func $a (export "run") (param i32) (return_call $b (local.get 0)))
      (func $b (param i32) (return_call $a (local.get 0)))`,
  },
  {
    shape: 'recursion that grows exponentially',
    fields: `(func $f (export "run") (param i32)
      (if (i32.lt_u (local.get 0) (i32.const 1000))
        (then (call $f (i32.add (local.get 0) (i32.const 1))) (call $f (i32.add (local.get 0) (i32.const 1))))))`,
  },
  {
    shape: 'a branch table',
    fields: `(func (export "run") (param i32)
      (loop $again (block $a (block $b (br_table $a $b $again (local.get 0))) (br $again)) (br $again)))`,
  },
];

const run = promisify(execFile);

/**
 * Runs a guest where only the optimising compiler is, while another thread counts up so many ticks that the guest is
 * deep in its loop when the countdown runs out.
 */
const OPTIMISED_GUEST = `
  const { readFileSync } = require('node:fs');
  const { Worker } = require('node:worker_threads');
  const { wasm, limits } = JSON.parse(readFileSync(0, 'utf8'));
  const countdown = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Int32Array(countdown.buffer);
  words[0] = -10_000_000;
  const memory = limits && new WebAssembly.Memory({ initial: limits.minPages, maximum: limits.maxPages });
  const host = { countdown, memory, interrupt: () => 1 };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm, 'base64')), { 'wasmgate:host': host });
  const ticker = new Worker(
    \`const { workerData, parentPort } = require('node:worker_threads');
    parentPort.postMessage('ticking');
    while (Atomics.add(workerData, 0, 1) < 0);\`, { eval: true, workerData: words });
  ticker.once('message', () => {
    try { exports.run(1); } catch (error) { process.stdout.write(error.constructor.name); }
  });
`;

describe('stops', () => {
  test.for(ENDLESS)('$shape as soon as the countdown has run out', ({ fields }) => {
    const host = new TestHost(interruptible(fields), () => 1);
    host.countdown[0] = 0;
    expect(() => host.call('run', 1)).toThrow(WebAssembly.RuntimeError);
    expect(host.interruptCalls).toBe(1);
  });

  // An optimising compiler could keep what it loaded once, which nothing in one thread would show.
  test.for(ENDLESS)('$shape in optimised code, from another thread', async ({ fields }) => {
    const { bytes, facts } = interruptible(fields);
    const child = run(process.execPath, ['--no-liftoff', '--eval', OPTIMISED_GUEST], { timeout: 15_000 });
    child.child.stdin?.end(JSON.stringify({ wasm: Buffer.from(bytes).toString('base64'), limits: facts.memory }));
    const { stdout } = await child;
    expect(stdout).toBe('RuntimeError');
  });

  test('a guest that catches everything', () => {
    const host = new TestHost(interruptible('(func (export "run") (try (do (loop (br 0))) (catch_all)))'), () => 1);
    host.countdown[0] = 0;
    expect(() => host.call('run')).toThrow(WebAssembly.RuntimeError);
  });

  test('a start function, which the host calls when the pass exports it', () => {
    const bytes = wat('(module (func $main (loop (br 0))) (start $main))');
    const host = new TestHost(instrument(bytes, { interrupt: true, exportStart: true }), () => 1);
    host.countdown[0] = 0;
    expect(() => host.call('wasmgate:start')).toThrow(WebAssembly.RuntimeError);
  });
});

describe('goes on', () => {
  const SUM = `(func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again (result i32)
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      (local.get $sum)))`;

  test('with the same result when the host sets the countdown again', () => {
    const host = new TestHost(interruptible(SUM));
    host.countdown[0] = 0;
    expect(host.call('run', 1000)).toBe(500_500);
    expect(host.interruptCalls).toBe(1);
  });

  test('however often it is asked', () => {
    const host = new TestHost(interruptible(SUM), (host) => {
      // Asked again at once three times, then let go.
      host.countdown[0] = host.interruptCalls % 4 === 0 ? -1 : 0;
      return 0;
    });
    for (let run = 0; run < 10; run++) {
      host.countdown[0] = 0;
      expect(host.call('run', 100)).toBe(5050);
    }
    expect(host.interruptCalls).toBe(40);
  });

  test('with the same result when a ticker interrupts it again and again', async () => {
    const host = new TestHost(interruptible(SUM));
    const ticker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       parentPort.postMessage('ticking');
       for (;;) Atomics.add(workerData, 0, 1);`,
      { eval: true, workerData: host.countdown },
    );
    await once(ticker, 'message');
    for (let run = 0; host.interruptCalls < 1000; run++) expect(host.call('run', 10_000)).toBe(50_005_000);
    await ticker.terminate();
  });

  test('without asking while the countdown is below zero', () => {
    const host = new TestHost(interruptible(SUM), () => 1);
    host.countdown[0] = -(2 ** 31);
    expect(host.call('run', 1000)).toBe(500_500);
    expect(host.interruptCalls).toBe(0);
  });

  test.for([
    { branch: '(br_if 1 (local.get $x)) (br 0)', out: 'br_if' },
    { branch: '(block (br_table 0 2 1 (local.get $x))) (br 0)', out: 'br_table' },
    { branch: '(if (local.get $x) (then (br 2))) (br 0)', out: 'br in an if' },
    { branch: '(if (local.get $x) (then (return))) (br 0)', out: 'return' },
    { branch: '(br_if 2 (local.get $x)) (br 0)', out: 'a branch out of the function' },
    { branch: '(try (do (br_if 2 (local.get $x)))) (br 0)', out: 'a branch out of a try' },
  ])('past the end of a tight loop that is left by $out', ({ branch }) => {
    const host = new TestHost(
      interruptible(`(global $passed (export "passed") (mut i32) (i32.const 0))
        (func (export "run") (param $x i32)
          (block (loop ${branch}) (unreachable))
          (global.set $passed (i32.const 1)))`),
    );
    host.countdown[0] = 0;
    expect(() => host.call('run', 1)).not.toThrow();
    expect(host.interruptCalls).toBe(1);
  });
});

describe('exceptions', () => {
  /** (tag (param i32)) (func (export "run") (result i32) …) with these bytes for its code; wabt has no try_table. */
  const withTag = (code: readonly number[]): Uint8Array<ArrayBuffer> =>
    binary(
      [1, [2, 0x60, 1, 0x7f, 0, 0x60, 0, 1, 0x7f]],
      [3, [1, 1]],
      [13, [1, 0, 0]],
      [7, [1, 3, ...Buffer.from('run'), 0, 0]],
      [10, [1, code.length + 2, 0, ...code, 0x0b]],
    );
  const tagged = (body: string): Uint8Array<ArrayBuffer> =>
    wat(`(module (tag $oops (param i32)) (func (export "run") (result i32) ${body}))`);

  test.for([
    {
      way: 'a try_table clause',
      // block (result i32) loop try_table (catch 0 1) i32.const 7 throw 0 end br 0 end unreachable end
      bytes: withTag([
        0x02, 0x7f, 0x03, 0x40, 0x1f, 0x40, 1, 0, 0, 1, 0x41, 7, 0x08, 0, 0x0b, 0x0c, 0, 0x0b, 0x00, 0x0b,
      ]),
    },
    {
      way: 'rethrow',
      bytes: tagged(`(try (result i32)
        (do (try (do (throw $oops (i32.const 7))) (catch $oops (drop) (loop (rethrow 1)))) (i32.const 0))
        (catch $oops))`),
    },
    {
      way: 'delegate',
      bytes: tagged(`(try (result i32)
        (do (loop (try (do (throw $oops (i32.const 7))) (delegate 1))) (i32.const 0))
        (catch $oops))`),
    },
    {
      way: 'throw',
      bytes: tagged('(try (result i32) (do (loop (throw $oops (i32.const 7))) (i32.const 0)) (catch $oops))'),
    },
  ])('leave a tight loop by $way', ({ bytes }) => {
    const host = new TestHost(instrument(bytes, { interrupt: true, fuel: { initial: 1000n } }));
    host.countdown[0] = 0;
    expect(host.call('run')).toBe(7);
    expect(host.interruptCalls).toBe(1);
    expect(host.fuel).toBeLessThan(1000n);
  });
});

describe('leaves', () => {
  test('a function alone that neither loops nor calls', () => {
    const add = '(func (export "run") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))';
    const { bytes } = interruptible(add);
    const body = [0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b];
    expect(Buffer.from(bytes).includes(Buffer.from([body.length, ...body]))).toBe(true);
  });

  test('indices of functions in traps as they were, names too', () => {
    const { bytes } = interruptible(`
      (import "env" "log" (func $log))
      (func $first (call $second))
      (func $second (unreachable))
      (func (export "run") (call $first))`);
    const host = new TestHost({ bytes, facts: { memory: null, state: null, startExport: null } }, undefined, {
      env: { log: () => {} },
    });
    let stack = '';
    try {
      host.call('run');
    } catch (error) {
      if (error instanceof Error) stack = error.stack ?? '';
    }
    expect(stack).toMatch(/second.*wasm-function\[2\]/);
    // The first function gave its index to the imported one and is the last now.
    expect(stack).toMatch(/first.*wasm-function\[4\]/);
  });

  test('every way to name the function that gave up its index', () => {
    const host = new TestHost(
      interruptible(`
        (type $answer (func (result i32)))
        (table $table 2 funcref)
        (global $reference (export "reference") funcref (ref.func $moved))
        (func $moved (export "moved") (result i32) (i32.const 42))
        (elem (table $table) (i32.const 0) func $moved)
        (elem (table $table) (i32.const 1) funcref (item (ref.func $moved)))
        (func (export "call") (result i32) (call $moved))
        (func (export "tailCall") (result i32) (return_call $moved))
        (func (export "first") (result i32) (call_indirect $table (type $answer) (i32.const 0)))
        (func (export "second") (result i32) (call_indirect $table (type $answer) (i32.const 1)))
        (func (export "reference2") (result funcref) (ref.func $moved))`),
    );
    for (const name of ['moved', 'call', 'tailCall', 'first', 'second']) expect(host.call(name)).toBe(42);
    for (const reference of [host.global('reference').value, host.call('reference2')]) {
      expect(reference).toBe(host.instance.exports['moved']);
    }
  });
});
