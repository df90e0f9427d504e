// Whether memory stays flat: the gateway's resident set over a long row of requests.

import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../gateway/cli/terminal.ts';
import { buildTaxModules } from '../example-modules.ts';
import { type LoadResult } from '../load/load-run.ts';
import { spawnLoadClient } from '../load-client.ts';
import { residentBytes } from '../machine.ts';
import type { Answer, Progress, Question, RunOptions } from '../question.ts';
import { wasmgate } from '../servers/contestants.ts';
import type { RunningServer } from '../servers/server-process.ts';
import { type Point, slope } from '../statistics.ts';

const DEFAULT_SECONDS = 60;
const SAMPLES_PER_RUN = 60;
/** Share of the time before the first sample: caches and pools fill, and the heap finds its size. */
const WARM_UP_SHARE = 1 / 6;

const UNIT_REQUESTS = 100_000;
const TARGET_BYTES = 1024 ** 2;

const METHOD = `One gateway with the quickstart module under closed-loop load, every answer checked. Its resident set is sampled at even
intervals after a warm-up; the slope is that of the straight line that fits the samples best, the requests spread evenly
over the time. Growth in steps, as heaps grow, needs millions of requests to show as flat (--requests).`;

export const memorySlope: Question = {
  name: 'memory-slope',
  title: 'Does memory grow with the requests?',
  answer: async (options, progress) => {
    const [quickstart] = await buildTaxModules(['quickstart']);
    const server = await wasmgate('wasmgate', quickstart!.path, options.connections).start();
    try {
      return toAnswer(await measure(server, options, progress));
    } finally {
      await server.stop();
    }
  },
};

interface Sample {
  /** Since the first sample. */
  readonly seconds: number;
  readonly bytes: number;
}

interface Measurement {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly samples: readonly Sample[];
}

async function measure(server: RunningServer, options: RunOptions, progress: Progress): Promise<Measurement> {
  const { connections, requests = 0, seconds = DEFAULT_SECONDS } = options;
  const { port, pid } = server;
  const load = (seconds: number): Promise<LoadResult> =>
    spawnLoadClient({ port, connections, seconds, warmUpSeconds: 0 });
  progress('warming up');
  await load(seconds * WARM_UP_SHARE);
  const samples: Sample[] = [];
  let done = 0;
  const startedAtMs = performance.now();
  const sampling = new AbortController();
  const sampled = sampleMemory(pid, (seconds * 1000) / SAMPLES_PER_RUN, sampling.signal, samples);
  try {
    do {
      done += (await load(seconds * (1 - WARM_UP_SHARE))).requests;
      progress(`${done.toLocaleString('en-US')} requests, ${formatBytes(samples.at(-1)?.bytes ?? 0)}`);
    } while (done < requests);
  } finally {
    sampling.abort();
    await sampled;
  }
  return { requests: done, requestsPerSecond: (done / (performance.now() - startedAtMs)) * 1000, samples };
}

/** Adds to `samples` until it is told to stop. */
async function sampleMemory(pid: number, intervalMs: number, signal: AbortSignal, samples: Sample[]): Promise<void> {
  const startedAtMs = performance.now();
  while (!signal.aborted) {
    const bytes = await residentBytes(pid);
    samples.push({ seconds: (performance.now() - startedAtMs) / 1000, bytes });
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

function toAnswer(measurement: Measurement): Answer {
  const { requests, requestsPerSecond, samples } = measurement;
  const points: Point[] = samples.map(({ seconds, bytes }) => ({ x: seconds * requestsPerSecond, y: bytes }));
  const bytesPerUnit = slope(points) * UNIT_REQUESTS;
  const sizes = samples.map(({ bytes }) => bytes);
  const ends = [
    { label: 'first', value: sizes[0]! },
    { label: 'smallest', value: Math.min(...sizes) },
    { label: 'largest', value: Math.max(...sizes) },
    { label: 'last', value: sizes.at(-1)! },
  ];
  const toMiB = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(2)} MiB`;
  return {
    method: METHOD,
    tables: [
      {
        title: `Over ${requests.toLocaleString('en-US')} requests`,
        columns: ['server', ...ends.map(({ label }) => label), 'per 100,000 requests', 'target'],
        rows: [['wasmgate', ...ends.map(({ value }) => toMiB(value)), toMiB(bytesPerUnit), `< ${toMiB(TARGET_BYTES)}`]],
      },
    ],
    chart: {
      title: `Resident memory over ${requests.toLocaleString('en-US')} requests`,
      bars: ends.map(({ label, value }) => ({ label, value, text: toMiB(value) })),
    },
    measurements: { bytesPer100000Requests: bytesPerUnit, ...measurement },
  };
}
