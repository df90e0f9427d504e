// `npm run bench`: asks the questions, prints the answers and keeps them as files.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeEnvironment } from './machine.ts';
import type { Progress, Question, RunOptions } from './question.ts';
import { coldStart } from './questions/cold-start.ts';
import { engineOverhead } from './questions/engine-overhead.ts';
import { invocationCost } from './questions/invocation-cost.ts';
import { memorySlope } from './questions/memory-slope.ts';
import { runaway } from './questions/runaway.ts';
import { suspensionCost } from './questions/suspension-cost.ts';
import { throughput } from './questions/throughput.ts';
import { type Report, renderMarkdown, writeReport } from './report.ts';

const QUESTIONS: readonly Question[] = [
  throughput,
  coldStart,
  invocationCost,
  suspensionCost,
  engineOverhead,
  runaway,
  memorySlope,
];
const QUICK_SECONDS = '1';

const HELP = `Usage: node benchmarks/run.ts [options] [question…]

Measures, checks every answer, and writes a JSON, a Markdown and an SVG file for each question. Without a
question all are asked:
${QUESTIONS.map(({ name, title }) => `  ${name.padEnd(18)}${title}`).join('\n')}

Options:
  --seconds S        how long each server is loaded, all rounds together (default: throughput 8, runaway 30,
                     memory-slope 60)
  --requests N       memory-slope: goes on until it has had so many (default: as many as fit)
  --connections N    keep-alive connections (default: 32)
  --quick            short and few repetitions, to see that it works; writes files only with --results
  --results FOLDER   where the files go (default: benchmarks/results)
  --help             print this

The tables go to stdout, progress to stderr. Exit code: 0 for success, 1 if an answer was wrong or something did not
start, 2 for wrong use. Numbers are worth comparing only within one run, on a machine that does nothing else.
`;

/** Describes the machine first, before the benchmark itself is what keeps it busy. */
export async function ask(question: Question, options: RunOptions, progress: Progress): Promise<Report> {
  const environment = await describeEnvironment();
  return { question, environment, options, answer: await question.answer(options, progress) };
}

/** @throws TypeError if an option or a question is unknown or no number that it takes. */
function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      connections: { type: 'string', default: '32' },
      requests: { type: 'string' },
      quick: { type: 'boolean', default: false },
      results: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, help } = values;
  const secondsText = values.seconds ?? (quick ? QUICK_SECONDS : undefined);
  const seconds = secondsText === undefined ? undefined : Number(secondsText);
  if (seconds !== undefined && !(seconds >= 0.1 && seconds <= 3600)) {
    throw new TypeError(`--seconds must be a number from 0.1 to 3600, got "${values.seconds}"`);
  }
  const connections = readCount('--connections', values.connections, 10_000);
  const requests = values.requests === undefined ? undefined : readCount('--requests', values.requests, 1e12);
  const unknown = positionals.find((name) => !QUESTIONS.some((question) => question.name === name));
  if (unknown !== undefined) throw new TypeError(`no question is named "${unknown}"`);
  const questions = QUESTIONS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const resultsFolder = values.results ?? (quick ? undefined : join(import.meta.dirname, 'results'));
  return { help, questions, options: { seconds, connections, requests, quick }, resultsFolder };
}

/** @throws TypeError if it is no integer from 1 to `max` */
function readCount(option: string, text: string, max: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new TypeError(`${option} must be an integer from 1 to ${max}, got "${text}"`);
}

async function main(args: string[]): Promise<number> {
  let parsed;
  try {
    parsed = parse(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (parsed.help) {
    process.stdout.write(HELP);
    return 0;
  }
  for (const question of parsed.questions) {
    try {
      const progress: Progress = (line) => process.stderr.write(`${question.name}: ${line}\n`);
      const report = await ask(question, parsed.options, progress);
      if (parsed.resultsFolder !== undefined) await writeReport(parsed.resultsFolder, report);
      process.stdout.write(`${renderMarkdown(report)}\n`);
    } catch (error) {
      process.stderr.write(`${question.name}: failed: ${(error as Error).message}\n`);
      return 1;
    }
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
