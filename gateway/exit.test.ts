import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { compileWat } from '../runtime/testing/guests.ts';

const EXIT = new URL('./exit.ts', import.meta.url).href;

/** Tells that it has begun, then is deep in bulk operations for ever. */
const STUCK = `(module
  (import "host" "begun" (func $begun))
  (memory 1024)
  (func (export "run")
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))
    (call $begun)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))
      (br $again))))`;

const STUCK_WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const begun = () => parentPort.postMessage('begun');
  new WebAssembly.Instance(new WebAssembly.Module(workerData), { host: { begun } }).exports.run();`;

/** Runs a script of its own process that may call `exitForCertain`; tells how the process ended. */
async function run(script: string, ...args: string[]): Promise<{ code: unknown; signal: unknown }> {
  const source = `import { exitForCertain } from ${JSON.stringify(EXIT)};\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, ...args], { stdio: 'ignore' });
  const [code, signal]: unknown[] = await once(child, 'exit');
  return { code, signal };
}

test.for([0, 1, 3])('exits with code %i when nothing is in the way', async (code) => {
  expect(await run(`exitForCertain(${code})`)).toEqual({ code, signal: null });
});

test('exits with its code beside a worker thread in an endless loop', async () => {
  const script = `import { Worker } from 'node:worker_threads';
    new Worker('for (;;);', { eval: true }).once('online', () => exitForCertain(3));`;
  expect(await run(script)).toEqual({ code: 3, signal: null });
});

test('is killed when a worker thread cannot be ended', async () => {
  const wasm = Buffer.from(await compileWat(STUCK)).toString('base64');
  const script = `import { Worker } from 'node:worker_threads';
    const workerData = Buffer.from(process.argv[1], 'base64');
    new Worker(${JSON.stringify(STUCK_WORKER)}, { eval: true, execArgv: [], workerData }).once('message', () => exitForCertain(0));`;
  expect(await run(script, wasm)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('is killed when its last words block', async () => {
  const script = `exitForCertain(0, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));`;
  expect(await run(script)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('says its last words before it exits', async () => {
  expect(await run(`exitForCertain(0, () => process.exit(7))`)).toEqual({ code: 7, signal: null });
});
