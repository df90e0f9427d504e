// How many requests per second, and how fast each: the same work over HTTP by a bare node:http handler, by the least that
// serving a wasm function from another thread costs, by wasmgate, and by workerd.

import { formatMs } from '../../gateway/cli/terminal.ts';
import { buildTaxModules } from '../example-modules.ts';
import type { LoadResult } from '../load/load-run.ts';
import { medianLatency } from '../load/median-latency.ts';
import { spawnLoadClient } from '../load-client.ts';
import type { Answer, Progress, Question, RunOptions, Table } from '../question.ts';
import { bareHttp, type Contestant, onTaxReactor, prototype, wasmgate } from '../servers/contestants.ts';
import type { RunningServer } from '../servers/server-process.ts';
import { findWorkerd, workerd, WORKERD_INSTALL } from '../servers/workerd.ts';
import { median } from '../statistics.ts';

/** Share of its own throughput at which the latency of a contestant is measured in the open loop. */
const OPEN_LOOP_SHARE = 0.5;
/** For each contestant, half of it in each kind of loop. */
const DEFAULT_SECONDS = 8;
const MAX_ROUNDS = 5;
/** A round is at least this long, as far as the time given allows. */
const MIN_ROUND_SECONDS = 2;
/** Before the first round: V8 has optimised what is hot by then. */
const SERVER_WARM_UP_SECONDS = 1.5;
/** Before each round: likewise for the load client, which is a new process every time. */
const CLIENT_WARM_UP_SECONDS = 0.3;

const METHOD = `POST /api/tax over HTTP on the same machine; keep-alive, a fresh body for every request, every answer checked byte for
byte. All servers run side by side and are loaded in turn, round after round, so that a machine that changes its
speed changes it for all; a number is the median of its rounds, max the largest of all. CPU of the client is its share of
one core: near 100 %, it and not the server may be what limits. Shared state and workerd's instance per isolate are the
same reactor, which collects its own garbage; all others run the quickstart, which does not live long enough to.`;

/** Resolves the contestants when the question is asked; the first is what the others are compared with. */
export type Line = (options: RunOptions, progress: Progress) => Promise<readonly Contestant[]>;

export const throughput = throughputOf(async ({ connections }, progress) => {
  const [quickstart, c] = await buildTaxModules(['quickstart', 'compute-tax-c']);
  const line = [bareHttp, prototype(quickstart!.path), wasmgate('wasmgate', quickstart!.path, connections)];
  if (c !== undefined) line.push(wasmgate('wasmgate, C module', c.path, connections));
  const shared = 'wasmgate, shared state';
  line.push(onTaxReactor(shared, (path) => wasmgate(shared, path, connections, 'shared')));
  const executable = findWorkerd();
  if (executable === undefined) {
    progress(`workerd: left out, it is not installed; to get it: ${WORKERD_INSTALL}`);
    return line;
  }
  const perRequest = workerd('workerd, instance per request', executable, quickstart!.path);
  const perIsolate = 'workerd, instance per isolate';
  return [...line, perRequest, onTaxReactor(perIsolate, (path) => workerd(perIsolate, executable, path))];
});

export function throughputOf(line: Line): Question {
  return {
    name: 'throughput',
    title: 'How many requests per second?',
    answer: async (options, progress) => measure(await line(options, progress), options, progress),
  };
}

interface Lane {
  readonly name: string;
  readonly server: RunningServer;
  readonly closed: LoadResult[];
  readonly open: LoadResult[];
}

async function measure(line: readonly Contestant[], options: RunOptions, progress: Progress): Promise<Answer> {
  const lanes: Lane[] = [];
  try {
    for (const contestant of line) {
      progress(`${contestant.name}: starting`);
      lanes.push({ name: contestant.name, server: await contestant.start(), closed: [], open: [] });
    }
    await runRounds(lanes, options, progress);
  } finally {
    await Promise.all(lanes.map(({ server }) => server.stop()));
  }
  return toAnswer(lanes);
}

async function runRounds(lanes: readonly Lane[], options: RunOptions, progress: Progress): Promise<void> {
  const loopSeconds = (options.seconds ?? DEFAULT_SECONDS) / 2;
  const rounds = Math.max(1, Math.min(MAX_ROUNDS, Math.floor(loopSeconds / MIN_ROUND_SECONDS)));
  const seconds = loopSeconds / rounds;
  const warmUpSeconds = Math.min(CLIENT_WARM_UP_SECONDS, seconds / 4);
  for (const lane of lanes) {
    progress(`${lane.name}: warming up`);
    await load(lane, { seconds: Math.min(SERVER_WARM_UP_SECONDS, loopSeconds), warmUpSeconds: 0 }, options);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const lane of lanes) {
      const result = await load(lane, { seconds, warmUpSeconds }, options);
      lane.closed.push(result);
      progress(`${lane.name}: round ${round} of ${rounds}, ${formatRate(result.requestsPerSecond)} requests/s`);
    }
  }
  for (let round = 1; round <= rounds; round++) {
    for (const lane of lanes) {
      const rate = Math.round(requestsPerSecond(lane) * OPEN_LOOP_SHARE);
      const result = await load(lane, { seconds, warmUpSeconds, rate }, options);
      lane.open.push(result);
      const p99 = formatMs(result.latency.p99Ms);
      progress(`${lane.name}: round ${round} of ${rounds} at ${formatRate(rate)} requests/s, p99 ${p99}`);
    }
  }
}

interface Slice {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly rate?: number;
}

/** @throws Error that names the contestant and shows the request and the answer, if one was wrong */
async function load({ name, server: { port } }: Lane, slice: Slice, { connections }: RunOptions): Promise<LoadResult> {
  try {
    return await spawnLoadClient({ ...slice, port, connections });
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

function requestsPerSecond({ closed }: Lane): number {
  return median(closed.map((result) => result.requestsPerSecond));
}

function toAnswer(lanes: readonly Lane[]): Answer {
  const best = requestsPerSecond(lanes[0]!);
  return {
    method: METHOD,
    tables: [throughputTable(lanes, best), latencyTable(lanes)],
    chart: {
      title: 'Requests per second, tiny function',
      bars: lanes.map((lane) => {
        const value = requestsPerSecond(lane);
        return { label: lane.name, value, text: `${formatRate(value)} (${(value / best).toFixed(2)})` };
      }),
    },
    measurements: lanes.map((lane) => ({
      name: lane.name,
      requestsPerSecond: requestsPerSecond(lane),
      ratio: requestsPerSecond(lane) / best,
      closedLoop: { latency: medianLatency(lane.closed), rounds: lane.closed },
      openLoop: { latency: medianLatency(lane.open), rounds: lane.open },
    })),
  };
}

const LATENCY_COLUMNS = ['p50', 'p90', 'p99', 'max'];

function throughputTable(lanes: readonly Lane[], best: number): Table {
  return {
    title: 'Closed loop: the next request when the answer is there',
    columns: [
      'server',
      'requests/s',
      `of ${lanes[0]!.name}`,
      ...LATENCY_COLUMNS,
      'slowest–fastest round',
      'client CPU',
    ],
    rows: lanes.map((lane) => {
      const rates = lane.closed.map((result) => result.requestsPerSecond);
      const range = `${formatRate(Math.min(...rates))}–${formatRate(Math.max(...rates))}`;
      const ratio = (requestsPerSecond(lane) / best).toFixed(2);
      const latency = latencyCells(lane.closed);
      return [lane.name, formatRate(requestsPerSecond(lane)), ratio, ...latency, range, clientCpu(lane.closed)];
    }),
  };
}

function latencyTable(lanes: readonly Lane[]): Table {
  return {
    title: `Open loop: ${OPEN_LOOP_SHARE * 100} % of each one's own throughput, latency from the time when a request was due`,
    columns: ['server', 'requests/s', ...LATENCY_COLUMNS, 'client CPU'],
    rows: lanes.map((lane) => {
      const rate = formatRate(median(lane.open.map((result) => result.requestsPerSecond)));
      return [lane.name, rate, ...latencyCells(lane.open), clientCpu(lane.open)];
    }),
  };
}

function latencyCells(results: readonly LoadResult[]): string[] {
  const { p50Ms, p90Ms, p99Ms, maxMs } = medianLatency(results);
  return [p50Ms, p90Ms, p99Ms, maxMs].map(formatMs);
}

function clientCpu(results: readonly LoadResult[]): string {
  return `${Math.round(median(results.map((result) => result.clientCpu)) * 100)} %`;
}

function formatRate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en-US');
}
