// What one invocation costs without HTTP: waiting for the thread, making the instance, running it. In this process, one
// invocation after the other.

import { formatMs } from '../../gateway/cli/terminal.ts';
import { collectAnswer } from '../../runtime/collect-answer.ts';
import type { Invocation, InvocationCost } from '../../runtime/invocation.ts';
import { type LoadedFunction, Runtime } from '../../runtime/runtime.ts';
import { buildTaxModules, type TaxModule } from '../example-modules.ts';
import { TAX_PATH, TaxWorkload } from '../load/tax-workload.ts';
import type { Answer, Progress, Question, RunOptions, Table } from '../question.ts';
import { median, quantile } from '../statistics.ts';

const INVOCATIONS = 2000;
const WARM_UP_INVOCATIONS = 500;
const QUICK_SHARE = 0.1;

const METHOD = `Invocations of the runtime in this process, one after the other on one thread, every answer checked. Queue is the way to
the thread, instance the making of the instance, run the guest's own execution; whole is from the call to the
complete answer, encoding and decoding of the contract and the way back included.`;

export const invocationCost: Question = {
  name: 'invocation-cost',
  title: 'What does one invocation cost?',
  answer: async (options, progress) => {
    const modules = await buildTaxModules(['quickstart', 'compute-tax-c', 'compute-tax-rust', 'compute-tax-go']);
    return measure(modules, options, progress);
  },
};

interface Sample extends Pick<InvocationCost, 'queueMs' | 'instantiateMs' | 'runMs'> {
  readonly wholeMs: number;
}

interface Lane {
  readonly language: string;
  readonly samples: readonly Sample[];
}

async function measure(modules: readonly TaxModule[], { quick }: RunOptions, progress: Progress): Promise<Answer> {
  const observer = { threadReplaced: () => undefined };
  const runtime = await Runtime.open({ threads: 1, queueLength: 1, observer });
  const share = quick ? QUICK_SHARE : 1;
  const lanes: Lane[] = [];
  try {
    for (const { language, path } of modules) {
      progress(`${language}: ${INVOCATIONS * share} invocations`);
      const fn = await runtime.load(definitionOf(path));
      await invokeOften(fn, WARM_UP_INVOCATIONS * share);
      lanes.push({ language, samples: await invokeOften(fn, INVOCATIONS * share) });
      await fn.unload();
    }
  } finally {
    await runtime.close();
  }
  return toAnswer(lanes);
}

function definitionOf(modulePath: string): LoadedFunction['definition'] {
  const limits = {
    cpuMs: 60_000,
    fuel: null,
    wallMs: 10_000,
    memoryBytes: 64 * 1024 ** 2,
    outputBytes: 1024 ** 2,
    tableEntries: 10_000,
    queueLength: 1,
    queueTimeoutMs: 10_000,
  };
  return { name: 'tax', modulePath, sha256: null, contract: 'json', env: {}, state: 'fresh', limits };
}

async function invokeOften(fn: LoadedFunction, count: number): Promise<readonly Sample[]> {
  const workload = new TaxWorkload(0);
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) samples.push(await invokeOnce(fn, workload));
  return samples;
}

/** @throws Error that shows the request and the answer if it is wrong */
async function invokeOnce(fn: LoadedFunction, workload: TaxWorkload): Promise<Sample> {
  const { id, value, total } = workload.nextOrder();
  const body = `{"id":"${id}","value":${value}}`;
  const startedAtMs = performance.now();
  const answer = await collectAnswer(fn, invocationOf(id, body));
  const wholeMs = performance.now() - startedAtMs;
  const text = answer.ok ? `${answer.status} ${answer.body.toString()}` : answer.error.message;
  if (text !== `200 {"order_id":"${id}","total_final":${total}}`) {
    throw new Error(`${fn.definition.modulePath}: wrong answer\n--- request ---\n${body}\n--- answer ---\n${text}`);
  }
  const { queueMs, instantiateMs, runMs } = answer.report.cost;
  return { queueMs, instantiateMs, runMs, wholeMs };
}

function invocationOf(id: string, body: string): Invocation {
  const event = {
    trigger: 'http',
    route: TAX_PATH,
    method: 'POST',
    scheme: 'http',
    host: '127.0.0.1',
    remoteAddress: '127.0.0.1',
    path: TAX_PATH,
    query: '',
    params: {},
    rawHeaders: ['host', '127.0.0.1', 'content-type', 'application/json', 'content-length', String(body.length)],
    body: Buffer.from(body),
  } as const;
  return { id, event };
}

const PARTS = ['queueMs', 'instantiateMs', 'runMs', 'wholeMs'] as const;
const PART_NAMES = ['queue', 'instance', 'run', 'whole'];

function toAnswer(lanes: readonly Lane[]): Answer {
  return {
    method: METHOD,
    tables: [toTable('Median', lanes, median), toTable('99th percentile', lanes, (values) => quantile(values, 0.99))],
    chart: {
      title: 'One invocation, median',
      bars: lanes.map(({ language, samples }) => {
        const value = median(samples.map(({ wholeMs }) => wholeMs));
        return { label: language, value, text: formatMs(value) };
      }),
    },
    measurements: lanes.map(({ language, samples }) => ({
      language,
      invocations: samples.length,
      ...Object.fromEntries(PARTS.map((part) => [part, summarise(samples.map((sample) => sample[part]))])),
    })),
  };
}

function summarise(values: readonly number[]): object {
  return { median: median(values), p99: quantile(values, 0.99), max: Math.max(...values) };
}

function toTable(title: string, lanes: readonly Lane[], summary: (values: readonly number[]) => number): Table {
  return {
    title,
    columns: ['language', ...PART_NAMES],
    rows: lanes.map(({ language, samples }) => [
      language,
      ...PARTS.map((part) => formatMs(summary(samples.map((sample) => sample[part])))),
    ]),
  };
}
