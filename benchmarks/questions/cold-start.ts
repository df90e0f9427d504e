// How long from the start of the process to the first answer, and how much memory the idle process holds.

import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes, formatMs } from '../../gateway/cli/terminal.ts';
import { buildTaxModules } from '../example-modules.ts';
import { residentBytes } from '../machine.ts';
import type { Answer, Progress, Question, RunOptions, Table } from '../question.ts';
import { bareHttp, type Contestant, wasmgate } from '../servers/contestants.ts';
import { median } from '../statistics.ts';

const STARTS = 10;
const QUICK_STARTS = 3;
/** After this, what was only needed to start has been collected, or will not be soon. */
const IDLE_MS = 2000;

const METHOD = `From the start of the process to its first complete and right answer to POST /api/tax, asked for as soon as a connection is
accepted (tried every 2 ms). Memory is the resident set of the process ${IDLE_MS / 1000} s after its first answer. The servers
are started in turn; files are in the page cache.`;

export const coldStart: Question = {
  name: 'cold-start',
  title: 'How long until the first answer?',
  answer: async (options, progress) => {
    const [quickstart] = await buildTaxModules(['quickstart']);
    const contestants = [bareHttp, wasmgate('wasmgate', quickstart!.path, options.connections)];
    return measure(contestants, options, progress);
  },
};

interface Lane {
  readonly contestant: Contestant;
  readonly firstAnswerMs: number[];
  idleBytes: number;
}

async function measure(line: readonly Contestant[], { quick }: RunOptions, progress: Progress): Promise<Answer> {
  const lanes: Lane[] = line.map((contestant) => ({ contestant, firstAnswerMs: [], idleBytes: 0 }));
  const starts = quick ? QUICK_STARTS : STARTS;
  for (let count = 1; count <= starts; count++) {
    for (const lane of lanes) {
      const server = await lane.contestant.start();
      await server.stop();
      lane.firstAnswerMs.push(server.firstAnswerMs);
      progress(`${lane.contestant.name}: start ${count} of ${starts}, ${formatMs(server.firstAnswerMs)}`);
    }
  }
  for (const lane of lanes) {
    lane.idleBytes = await measureIdle(lane.contestant);
    progress(`${lane.contestant.name}: idle with ${formatBytes(lane.idleBytes)}`);
  }
  return toAnswer(lanes);
}

async function measureIdle(contestant: Contestant): Promise<number> {
  const server = await contestant.start();
  try {
    await delay(IDLE_MS);
    return await residentBytes(server.pid);
  } finally {
    await server.stop();
  }
}

function toAnswer(lanes: readonly Lane[]): Answer {
  return {
    method: METHOD,
    tables: [toTable(lanes)],
    chart: {
      title: 'From process start to the first answer, median',
      bars: lanes.map(({ contestant, firstAnswerMs }) => {
        const value = median(firstAnswerMs);
        return { label: contestant.name, value, text: formatMs(value) };
      }),
    },
    measurements: lanes.map(({ contestant, firstAnswerMs, idleBytes }) => ({
      name: contestant.name,
      medianMs: median(firstAnswerMs),
      maxMs: Math.max(...firstAnswerMs),
      firstAnswerMs,
      idleBytes,
    })),
  };
}

function toTable(lanes: readonly Lane[]): Table {
  const bare = lanes[0]!;
  return {
    title: `First answer of ${bare.firstAnswerMs.length} starts, and idle memory`,
    columns: ['server', 'median', 'max', `of ${bare.contestant.name}`, 'idle memory', 'more'],
    rows: lanes.map(({ contestant, firstAnswerMs, idleBytes }) => [
      contestant.name,
      formatMs(median(firstAnswerMs)),
      formatMs(Math.max(...firstAnswerMs)),
      (median(firstAnswerMs) / median(bare.firstAnswerMs)).toFixed(2),
      formatBytes(idleBytes),
      formatBytes(idleBytes - bare.idleBytes),
    ]),
  };
}
