// What the checks cost that make code stoppable, and counting its instructions: the same work by a module as it came
// from the compiler and as the engine rewrites it.

import { readFile } from 'node:fs/promises';
import { formatMs } from '../../gateway/cli/terminal.ts';
import { EngineHost, VARIANTS } from '../engine/variant.ts';
import { kernelWorkload, programWorkload, type RunWork, type Workload } from '../engine/workload.ts';
import { buildTaxModules } from '../example-modules.ts';
import { compileKernels, KERNEL_NAMES, type KernelName } from '../kernels/kernels.ts';
import type { Answer, Progress, Question, Table } from '../question.ts';
import { geometricMean, median } from '../statistics.ts';

const ROUNDS = 41;
const QUICK_ROUNDS = 5;
/** For each variant: V8 has optimised what is hot by then. */
const WARM_UP_MS = 500;
const QUICK_WARM_UP_MS = 60;
/** Many time slices long, and many fit between two disturbances of the machine. */
const RUN_MS = 15;

const TARGETS = [
  { name: 'interrupt', target: 1.05 },
  { name: 'fuel', target: 1.35 },
] as const;
const CHECKED_NAMES = { interrupt: 'interrupt', fuel: 'interrupt and fuel' } as const;

const METHOD = `Each kernel runs in one thread of this process, by its plain module and by the module with all passes of a served function
(interrupt), and with metering on top (fuel), the ticker ticking each millisecond. The three take turns after a warm-up; a
ratio is the median over the rounds of the rewritten module's time against the plain one's of the same round. Every
result is compared with the plain module's. The programs are the tax function of the examples where its compiler is
installed: the time within a new instance, its making apart.`;

/** Resolves what is computed when the question is asked. */
export type Works = () => Promise<readonly Workload[]>;

export const engineOverhead = engineOverheadOf(async () => [
  ...(await kernelWorkloads(KERNEL_NAMES)),
  ...(await programWorkloads()),
]);

export function engineOverheadOf(works: Works): Question {
  return {
    name: 'engine-overhead',
    title: 'What do interrupt checks and fuel cost?',
    answer: async ({ quick }, progress) => {
      const [rounds, warmUpMs] = quick ? [QUICK_ROUNDS, QUICK_WARM_UP_MS] : [ROUNDS, WARM_UP_MS];
      const host = new EngineHost();
      try {
        const lanes: Lane[] = [];
        for (const work of await works()) lanes.push(await measure(work, host, { rounds, warmUpMs }, progress));
        return toAnswer(lanes);
      } finally {
        await host.close();
      }
    },
  };
}

export async function kernelWorkloads(names: readonly KernelName[]): Promise<readonly Workload[]> {
  const bytes = await compileKernels(names);
  return names.map((name) => kernelWorkload(name, bytes));
}

async function programWorkloads(): Promise<readonly Workload[]> {
  const body = '{"id":"A1","value":100}';
  const stdin = JSON.stringify({ version: 1, trigger: 'http', method: 'POST', headers: {}, body, encoding: 'utf8' });
  const modules = await buildTaxModules(['compute-tax-rust', 'compute-tax-go']);
  return Promise.all(
    modules.map(async ({ language, path }) => {
      return programWorkload(`${language} program`, new Uint8Array(await readFile(path)), stdin);
    }),
  );
}

interface Lane {
  readonly name: string;
  readonly repetitions: number;
  readonly rounds: readonly Round[];
  /** Calls of the host at the end of a time slice, in all rounds together. */
  readonly interrupts: number;
}

/** Milliseconds of each variant. */
type Round = Readonly<Record<(typeof VARIANTS)[number], number>>;

interface Effort {
  readonly rounds: number;
  readonly warmUpMs: number;
}

/** @throws Error if two runs gave different results, or if no check fired */
async function measure(work: Workload, host: EngineHost, effort: Effort, progress: Progress): Promise<Lane> {
  const runs: RunWork[] = [];
  for (const variant of VARIANTS) runs.push(await work.prepare(variant, host));
  const { result } = await runs[0]!(1);
  const timed = async (index: number, repetitions: number): Promise<number> => {
    const run = await runs[index]!(repetitions);
    if (run.result !== result) {
      throw new Error(`${work.name}: the ${VARIANTS[index]} module answers ${run.result}, the plain one ${result}`);
    }
    return run.ms;
  };
  const repetitions = await warmUp(timed, effort.warmUpMs);
  const interruptsBefore = host.interrupts;
  const rounds: Round[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    const ms = VARIANTS.map(() => 0);
    // Whoever comes first may find the caches as somebody else left them.
    for (let i = 0; i < VARIANTS.length; i++) {
      const index = (round + i) % VARIANTS.length;
      ms[index] = await timed(index, repetitions);
    }
    rounds.push({ plain: ms[0]!, interrupt: ms[1]!, fuel: ms[2]! });
  }
  const lane = { name: work.name, repetitions, rounds, interrupts: host.interrupts - interruptsBefore };
  if (lane.interrupts === 0) throw new Error(`${work.name}: no check fired, so nothing was measured`);
  progress(`${lane.name}: ${TARGETS.map(({ name }) => `${name} ${ratioOf(lane, name).toFixed(3)}`).join(', ')}`);
  return lane;
}

/** Returns how many repetitions take the plain module about as long as a run should. */
async function warmUp(timed: (index: number, repetitions: number) => Promise<number>, ms: number): Promise<number> {
  let repetitions = 1;
  const untilMs = performance.now() + ms * VARIANTS.length;
  // Functions are optimised only for their next call, so there have to be many.
  while (performance.now() < untilMs) {
    for (let index = VARIANTS.length - 1; index > 0; index--) await timed(index, repetitions);
    const plainMs = await timed(0, repetitions);
    repetitions = Math.max(1, Math.round((repetitions * RUN_MS) / Math.max(plainMs, 0.01) / 2 + repetitions / 2));
  }
  return repetitions;
}

function ratioOf({ rounds }: Lane, variant: 'interrupt' | 'fuel'): number {
  return median(rounds.map((round) => round[variant] / round.plain));
}

function meanOf(lanes: readonly Lane[], variant: 'interrupt' | 'fuel'): number {
  return geometricMean(lanes.map((lane) => ratioOf(lane, variant)));
}

function toAnswer(lanes: readonly Lane[]): Answer {
  return {
    method: METHOD,
    tables: [meanTable(lanes), workTable(lanes)],
    chart: {
      title: 'Time with interrupt checks, against the plain module',
      bars: lanes.map((lane) => {
        const value = ratioOf(lane, 'interrupt');
        return { label: lane.name, value, text: value.toFixed(2) };
      }),
    },
    measurements: {
      geometricMean: { interrupt: meanOf(lanes, 'interrupt'), fuel: meanOf(lanes, 'fuel') },
      works: lanes.map((lane) => ({
        ratio: { interrupt: ratioOf(lane, 'interrupt'), fuel: ratioOf(lane, 'fuel') },
        ...lane,
      })),
    },
  };
}

function meanTable(lanes: readonly Lane[]): Table {
  return {
    title: `Geometric mean of ${lanes.length}`,
    columns: ['check', 'ratio', 'target'],
    rows: TARGETS.map(({ name, target }) => [CHECKED_NAMES[name], meanOf(lanes, name).toFixed(3), `≤ ${target}`]),
  };
}

function workTable(lanes: readonly Lane[]): Table {
  return {
    title: 'Time against the plain module',
    columns: ['work', 'plain, one run', 'interrupt', 'interrupt and fuel', 'checks that fired'],
    rows: lanes.map((lane) => [
      lane.name,
      formatMs(median(lane.rounds.map(({ plain }) => plain)) / lane.repetitions),
      ratioOf(lane, 'interrupt').toFixed(3),
      ratioOf(lane, 'fuel').toFixed(3),
      String(lane.interrupts),
    ]),
  };
}
