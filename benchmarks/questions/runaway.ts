// What functions that never end do to the others: latency of good requests without and beside endless loops, all through
// one gateway.

import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatMs } from '../../gateway/cli/terminal.ts';
import { ENDLESS_LOOP, writeGuest } from '../../runtime/testing/guests.ts';
import { buildTaxModules } from '../example-modules.ts';
import { type LatencySummary } from '../load/latency-histogram.ts';
import type { LoadResult } from '../load/load-run.ts';
import { RUNAWAY_PATH, RunawayLoad } from '../load/runaway-load.ts';
import { TAX_PATH } from '../load/tax-workload.ts';
import { medianLatency } from '../load/median-latency.ts';
import { spawnLoadClient } from '../load-client.ts';
import type { Answer, Progress, Question, RunOptions } from '../question.ts';
import { startGateway } from '../servers/contestants.ts';
import type { RunningServer } from '../servers/server-process.ts';
import { median, quantile } from '../statistics.ts';

/** For each of quiet and beside runaways. */
const DEFAULT_SECONDS = 30;
const ROUNDS = 5;
const WARM_UP_SECONDS = 0.5;
const CAPACITY_SECONDS = 2;

const RUNAWAY_SHARE = 0.1;
const CAPACITY_SHARE = 0.5;
const LOOP_CPU_MS = 20;
/** Two time slices of 1 ms. */
const TARGET_MS = 2;

const REPLACED = 'worker thread replaced';

const METHOD = `One gateway with one worker thread. The load is ${(1 - RUNAWAY_SHARE) * 100} % good requests and ${RUNAWAY_SHARE * 100} % endless loops with a CPU budget of
${LOOP_CPU_MS} ms, at ${CAPACITY_SHARE * 100} % of what the thread can do of that mix, which follows from the good requests that it answers in a closed
loop. Good requests are due at fixed times, latency from then; loops come at random times (Poisson). Quiet is the same
rate of good requests alone. The two take turns; numbers are medians of ${ROUNDS} rounds. Every good answer is checked, every loop
must be answered with 504 (ERR_GUEST_CPU_BUDGET), and no worker thread may be replaced, or there is no result.`;

export const runaway: Question = {
  name: 'runaway',
  title: 'What do endless loops do to the others?',
  answer: async (options, progress) => {
    const [quickstart] = await buildTaxModules(['quickstart']);
    const loop = await writeGuest(ENDLESS_LOOP, 'loop');
    try {
      return toAnswer(await measureWith(quickstart!.path, loop, options, progress));
    } finally {
      await rm(dirname(loop), { recursive: true });
    }
  },
};

/** @throws Error if a worker thread was replaced */
async function measureWith(tax: string, loop: string, options: RunOptions, progress: Progress): Promise<Measurement> {
  const replaced: string[] = [];
  const server = await startGateway(
    (port) => configFor(port, { tax, loop }, options.connections),
    (line) => void (line.includes(REPLACED) && replaced.push(line)),
  );
  let measurement;
  try {
    measurement = await measure(server, options, progress);
  } finally {
    await server.stop();
  }
  if (replaced.length > 0) throw new Error(`${replaced.length} worker threads were replaced\n${replaced.join('\n')}`);
  return measurement;
}

function configFor(port: number, modules: { tax: string; loop: string }, connections: number): object {
  const limits = { queue: 10_000, queueTimeout: '10s', wall: '10s' };
  return {
    version: 1,
    listen: `127.0.0.1:${port}`,
    pool: { threads: 1, queue: Math.max(10_000, connections) },
    log: { level: 'warn', access: false },
    functions: {
      tax: { module: modules.tax, limits },
      loop: { module: modules.loop, limits: { ...limits, cpu: `${LOOP_CPU_MS}ms` } },
    },
    routes: [
      { path: TAX_PATH, methods: ['POST'], function: 'tax' },
      { path: RUNAWAY_PATH, methods: ['POST'], function: 'loop' },
    ],
  };
}

interface Rates {
  readonly goodPerSecond: number;
  readonly loopsPerSecond: number;
  /** Share of the worker thread that the loops' budgets take. */
  readonly loopShare: number;
}

/**
 * The mix at its share of capacity.
 * @param capacity - good requests per second that the thread answers if there is nothing else
 */
export function mixedRates(capacity: number): Rates {
  const goodMs = 1000 / capacity;
  const meanMs = (1 - RUNAWAY_SHARE) * goodMs + RUNAWAY_SHARE * LOOP_CPU_MS;
  const perSecond = (CAPACITY_SHARE * 1000) / meanMs;
  const loopsPerSecond = RUNAWAY_SHARE * perSecond;
  return {
    goodPerSecond: perSecond - loopsPerSecond,
    loopsPerSecond,
    loopShare: (loopsPerSecond * LOOP_CPU_MS) / 1000,
  };
}

interface Measurement {
  readonly capacity: number;
  readonly rates: Rates;
  readonly quiet: readonly LoadResult[];
  readonly beside: readonly LoadResult[];
  /** How long each loop took to be answered, in milliseconds. */
  readonly loopsMs: readonly number[];
}

async function measure(server: RunningServer, options: RunOptions, progress: Progress): Promise<Measurement> {
  const { connections, quick } = options;
  const { port } = server;
  const seconds = (options.seconds ?? DEFAULT_SECONDS) / ROUNDS;
  const closed = { port, connections, seconds: quick ? seconds : CAPACITY_SECONDS, warmUpSeconds: WARM_UP_SECONDS };
  const capacity = (await spawnLoadClient(closed)).requestsPerSecond;
  const rates = mixedRates(capacity);
  const { goodPerSecond, loopsPerSecond } = rates;
  progress(`${Math.round(goodPerSecond)} good requests/s, ${loopsPerSecond.toFixed(1)} loops/s`);
  const open = { port, connections, seconds, warmUpSeconds: WARM_UP_SECONDS, rate: goodPerSecond };
  const [quiet, beside]: [LoadResult[], LoadResult[]] = [[], []];
  const loopsMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    quiet.push(await spawnLoadClient(open));
    const runaways = new RunawayLoad({ port, rate: loopsPerSecond });
    try {
      beside.push(await spawnLoadClient(open));
    } finally {
      for (const ms of await runaways.stop()) loopsMs.push(ms);
    }
    const [quietMs, besideMs] = [quiet, beside].map((results) => formatMs(results.at(-1)!.latency.p99Ms));
    progress(`round ${round} of ${ROUNDS}: p99 ${quietMs} quiet, ${besideMs} beside runaways`);
  }
  return { capacity, rates, quiet, beside, loopsMs };
}

function toAnswer(measurement: Measurement): Answer {
  const { rates, quiet, beside, loopsMs } = measurement;
  const lanes = [
    { name: 'quiet', latency: medianLatency(quiet) },
    { name: 'beside runaways', latency: medianLatency(beside) },
  ];
  const [before, after] = lanes.map(({ latency }) => latency) as [LatencySummary, LatencySummary];
  return {
    method: METHOD,
    tables: [
      {
        title: `${Math.round(rates.goodPerSecond)} good requests/s`,
        columns: ['', 'p50', 'p90', 'p99', 'max'],
        rows: [
          ...lanes.map(({ name, latency }) => [name, ...cellsOf(latency)]),
          ['difference', ...LATENCIES.map((key) => `${(after[key] - before[key]).toFixed(2)} ms`)],
          ['target', '', '', `≤ ${TARGET_MS.toFixed(2)} ms`, ''],
        ],
      },
      {
        title: 'The endless loops',
        columns: ['', 'per second', 'share of the thread', 'answered with 504', 'p50', 'p99', 'threads replaced'],
        rows: [
          [
            'loops',
            rates.loopsPerSecond.toFixed(1),
            `${Math.round(rates.loopShare * 100)} %`,
            `${loopsMs.length} of ${loopsMs.length}`,
            formatMs(median(loopsMs)),
            formatMs(quantile(loopsMs, 0.99)),
            '0',
          ],
        ],
      },
    ],
    chart: {
      title: 'p99 of good requests',
      bars: lanes.map(({ name, latency: { p99Ms } }) => ({ label: name, value: p99Ms, text: formatMs(p99Ms) })),
    },
    measurements: measurement,
  };
}

const LATENCIES = ['p50Ms', 'p90Ms', 'p99Ms', 'maxMs'] as const;

function cellsOf(latency: LatencySummary): string[] {
  return LATENCIES.map((key) => formatMs(latency[key]));
}
