// What it costs that any call of a guest could be suspended: a call on a stack of its own that never is, one that is,
// and the memory of many that wait.

import { formatBytes, formatMs } from '../../gateway/cli/terminal.ts';
import { compileWat } from '../../runtime/testing/guests.ts';
import { residentBytes } from '../machine.ts';
import type { Answer, Question } from '../question.ts';
import { median } from '../statistics.ts';

const ROUNDS = 30;
const CALLS = 20_000;
const QUICK_CALLS = 500;
const WAITING = 5000;

/** What the host's function answers, and the guest after it. */
const VALUE = 42;
const TARGET_MS = 0.002;

const GUEST = `(module
  (import "host" "wait" (func $wait (result i32)))
  (func (export "run") (param $waits i32) (result i32)
    (if (result i32) (local.get $waits) (then (call $wait)) (else (i32.const ${VALUE})))))`;

const METHOD = `A guest whose one function may call the host and answers with its result; calls in rows of ${CALLS.toLocaleString('en-US')}, the kinds in turn,
median of ${ROUNDS} rounds, every result checked. The stack of its own is what WebAssembly.promising gives the call; only then can
an import suspend it. V8 suspends at each call of a suspending import, even if that answers at once. Memory is the growth
of this process's resident set by ${WAITING.toLocaleString('en-US')} calls that wait at the same time, of one instance: their stacks and promises,
without memories of their own.`;

type Guest = (waits: number) => unknown;
type Call = () => unknown;

const PLAIN = 'plain call';
const NEVER = 'suspendable, never suspended';
const KINDS = [PLAIN, NEVER, 'suspended, the host answers at once', 'suspended, the host answers a promise'] as const;
type Kind = (typeof KINDS)[number];

export const suspensionCost: Question = {
  name: 'suspension-cost',
  title: 'What does suspension cost those who do not need it?',
  answer: async ({ quick }, progress) => {
    const module = new WebAssembly.Module(await compileWat(GUEST));
    // First, while no stack of an earlier call can be used again.
    const waiting = await measureWaiting(module);
    progress(`${WAITING} waiting calls: ${formatBytes(waiting.bytesPerCall)} each`);
    const calls = callsOf(module);
    const perCallMs: Record<Kind, number[]> = {} as Record<Kind, number[]>;
    for (const kind of KINDS) perCallMs[kind] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of KINDS) perCallMs[kind].push(await measureCalls(calls[kind], quick ? QUICK_CALLS : CALLS));
    }
    return toAnswer(perCallMs, waiting);
  },
};

function instantiate(module: WebAssembly.Module, wait: unknown): Guest {
  return new WebAssembly.Instance(module, { host: { wait } }).exports['run'] as Guest;
}

function suspendable(module: WebAssembly.Module, answer: () => unknown): Guest {
  return WebAssembly.promising(instantiate(module, new WebAssembly.Suspending(answer)));
}

function callsOf(module: WebAssembly.Module): Readonly<Record<Kind, Call>> {
  const plain = instantiate(module, () => VALUE);
  const answering = suspendable(module, () => VALUE);
  const promising = suspendable(module, () => Promise.resolve(VALUE));
  return {
    [PLAIN]: () => plain(0),
    [NEVER]: () => answering(0),
    'suspended, the host answers at once': () => answering(1),
    'suspended, the host answers a promise': () => promising(1),
  };
}

/** Milliseconds per call. */
async function measureCalls(call: Call, count: number): Promise<number> {
  const startedAtMs = performance.now();
  for (let i = 0; i < count; i++) {
    const answer = call();
    // A plain call must not pay for an `await`.
    check(answer instanceof Promise ? await answer : answer);
  }
  return (performance.now() - startedAtMs) / count;
}

/** @throws Error if the guest did not answer with what the host told it */
function check(result: unknown): void {
  if (result !== VALUE) throw new Error(`the guest answered ${String(result)} instead of ${VALUE}`);
}

interface Waiting {
  readonly bytesPerCall: number;
  /** From the answer of the host to the end of the last call. */
  readonly resumeMs: number;
}

async function measureWaiting(module: WebAssembly.Module): Promise<Waiting> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const call = suspendable(module, () => promise);
  const bytesBefore = await residentBytes(process.pid);
  const results = Array.from({ length: WAITING }, () => call(1));
  const bytesPerCall = ((await residentBytes(process.pid)) - bytesBefore) / WAITING;
  const startedAtMs = performance.now();
  resolve(VALUE);
  for (const result of await Promise.all(results)) check(result);
  return { bytesPerCall, resumeMs: performance.now() - startedAtMs };
}

function toAnswer(perCallMs: Readonly<Record<Kind, readonly number[]>>, waiting: Waiting): Answer {
  const medians = KINDS.map((kind) => ({ kind, ms: median(perCallMs[kind]) }));
  const plainMs = medians[0]!.ms;
  const formatNs = (ms: number): string => `${Math.round(ms * 1e6)} ns`;
  return {
    method: METHOD,
    tables: [
      {
        title: 'One call',
        columns: ['call', 'time', 'more than plain', 'target'],
        rows: medians.map(({ kind, ms }) => {
          const target = kind === NEVER ? `< ${formatMs(TARGET_MS)}` : '';
          return [kind, formatNs(ms), kind === PLAIN ? '' : formatNs(ms - plainMs), target];
        }),
      },
      {
        title: `${WAITING.toLocaleString('en-US')} calls that wait`,
        columns: ['calls', 'memory of each', 'all resumed and ended in'],
        rows: [['waiting', formatBytes(waiting.bytesPerCall), formatMs(waiting.resumeMs)]],
      },
    ],
    chart: {
      title: 'One call of a guest, median',
      bars: medians.map(({ kind, ms }) => ({
        label: kind.replace('the host answers ', ''),
        value: ms,
        text: formatNs(ms),
      })),
    },
    measurements: { perCallMs, waiting },
  };
}
