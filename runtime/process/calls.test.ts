// What the parent keeps of invocations, against real processes that lie.

import { expect, onTestFinished, test } from 'vitest';
import type { AnswerReceiver } from '../invocation.ts';
import { answering, writeEntry } from '../testing/misbehaving-process.ts';
import { request } from '../testing/runtime-fixture.ts';
import { type CallLimits, Calls } from './calls.ts';
import { GuestProcess, type ProcessEnd } from './guest-process.ts';
import { IsolatedFunction } from './isolated-function.ts';
import type { AnswerPart } from './messages.ts';

const OUTPUT_BYTES = 1_000;
const COST = '{ queueMs: 0, instantiateMs: 0, runMs: 0, cpuMs: 0, fuel: null, memoryBytes: 0, hostCalls: 0 }';
const REPORT = `{ cost: ${COST}, logs: [], droppedLogLines: 0 }`;

function functionOf({ queueLength = 100, queueTimeoutMs = 60_000 } = {}): IsolatedFunction {
  const budgets = { cpuMs: 100, fuel: null, wallMs: 100, memoryBytes: 65_536, tableEntries: 10 };
  const definition = {
    name: 'guest',
    modulePath: 'guest.wasm',
    sha256: null,
    contract: 'json',
    env: {},
    state: 'fresh',
    limits: { ...budgets, outputBytes: OUTPUT_BYTES, queueLength, queueTimeoutMs },
  } as const;
  return new IsolatedFunction(1, definition, { bytes: new Uint8Array(), sha256: '' });
}

function callsOf(limits: Partial<CallLimits> = {}): Calls {
  return new Calls({ queueLength: 100, maxCalls: 100, ...limits });
}

/** Notes what it is told, one word a part. */
function noting(parts: string[], onEnd: () => void = () => undefined): AnswerReceiver {
  const note = (part: string): void => void parts.push(part);
  return {
    head: (status) => note(`head ${status}`),
    chunk: (bytes) => note(`chunk ${bytes.byteLength}`),
    end: () => {
      note('end');
      onEnd();
    },
    failed: ({ code }) => {
      note(code);
      onEnd();
    },
  };
}

/** A process that answers whatever it is told with these messages, given as JavaScript; the first call has the number 1. */
async function lying(calls: Calls, messages: string): Promise<{ guest: GuestProcess; ended: Promise<ProcessEnd> }> {
  const entry = await writeEntry(answering(messages));
  const { promise: ended, resolve } = Promise.withResolvers<ProcessEnd>();
  const guest = new GuestProcess(
    { unresponsiveMs: 10_000, entry },
    {
      received: (from, message) => calls.answered(from, message as AnswerPart),
      ended: (process, end) => {
        calls.processLost(process, end.cause);
        resolve(end);
      },
    },
  );
  onTestFinished(async () => {
    guest.kill('ended', new Error('the test has ended'));
    await guest.gone;
  });
  return { guest, ended };
}

function invoke(calls: Calls, fn: IsolatedFunction): Promise<readonly string[]> {
  const parts: string[] = [];
  return new Promise((resolve) => {
    calls.admit(
      fn,
      request(),
      noting(parts, () => resolve(parts)),
    );
  });
}

test.for([
  { length: OUTPUT_BYTES, parts: ['head 200', `chunk ${OUTPUT_BYTES}`, 'end'], reason: undefined },
  { length: OUTPUT_BYTES + 1, parts: ['head 200', 'ERR_PROCESS_LOST'], reason: 'garbled' },
])('takes a body of $length bytes for a limit of 1000 with $parts', async ({ length, parts, reason }) => {
  const calls = callsOf();
  const messages = `[
    { kind: 'head', callId: 1, status: 200, headers: [] },
    { kind: 'chunk', callId: 1, bytes: 'x'.repeat(${length}) },
    { kind: 'end', callId: 1, report: ${REPORT} }]`;
  const { guest, ended } = await lying(calls, messages);
  const fn = functionOf();
  fn.process = guest;
  expect(await invoke(calls, fn)).toEqual(parts);
  const end = reason === undefined ? undefined : await ended;
  expect(end?.reason).toBe(reason);
});

test('hears nothing of answers that come twice, or to nobody', async () => {
  const calls = callsOf();
  const failed = `{ kind: 'failed', callId: 1, error: { code: 'ERR_GUEST_TRAP', message: '', details: {} }, report: ${REPORT} }`;
  const messages = `[
    { kind: 'end', callId: 7, report: ${REPORT} },
    ${failed}, ${failed},
    { kind: 'head', callId: 1, status: 200, headers: [] },
    { kind: 'end', callId: 2, report: ${REPORT} }]`;
  const { guest } = await lying(calls, messages);
  const fn = functionOf();
  fn.process = guest;
  const answers = await Promise.all([invoke(calls, fn), invoke(calls, fn)]);
  expect(answers).toEqual([['ERR_GUEST_TRAP'], ['end']]);
});

test.for([
  { what: 'the function', limits: {}, queueLength: 2 },
  { what: 'all functions', limits: { queueLength: 2 }, queueLength: 100 },
  { what: 'the process', limits: { maxCalls: 2 }, queueLength: 100 },
])('refuses what is over the limit of $what while there is no process', async ({ limits, queueLength }) => {
  const calls = callsOf(limits);
  const fn = functionOf({ queueLength });
  const answers = [1, 2, 3].map(() => invoke(calls, fn));
  expect(await answers[2]).toEqual(['ERR_QUEUE_FULL']);
  await calls.drain(0);
  expect(await Promise.all(answers)).toEqual([['ERR_DRAINING'], ['ERR_DRAINING'], ['ERR_QUEUE_FULL']]);
});

test('tells nothing to whoever has cancelled, and gives the place to the next', async () => {
  const calls = callsOf({ maxCalls: 1 });
  const fn = functionOf();
  const parts: string[] = [];
  const cancelWaiting = calls.admit(fn, request(), noting(parts));
  const cancelRefused = calls.admit(fn, request(), noting(parts));
  cancelWaiting();
  cancelRefused();
  cancelWaiting();
  const next = invoke(calls, fn);
  await calls.drain(0);
  expect(await next).toEqual(['ERR_DRAINING']);
  expect(parts).toEqual([]);
});
