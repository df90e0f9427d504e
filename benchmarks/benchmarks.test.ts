import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { renderBarChart } from './bar-chart.ts';
import { buildTaxModules } from './example-modules.ts';
import { startOrderServer, wrongOnceIn } from './load/order-server.fixture.ts';
import { engineOverheadOf, kernelWorkloads } from './questions/engine-overhead.ts';
import { mixedRates } from './questions/runaway.ts';
import { throughputOf } from './questions/throughput.ts';
import { renderTable, writeReport } from './report.ts';
import { ask } from './run.ts';
import { bareHttp, wasmgate } from './servers/contestants.ts';

const run = promisify(execFile);

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-results-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test(
  'throughput compares real servers and leaves a JSON, a Markdown and an SVG file',
  { timeout: 120_000 },
  async () => {
    const folder = await makeFolder();
    const [quickstart] = await buildTaxModules(['quickstart']);
    const question = throughputOf(async () => [bareHttp, wasmgate('wasmgate', quickstart!.path, 4)]);
    const progress: string[] = [];
    const report = await ask(question, { seconds: 1, connections: 4, quick: true }, (line) => progress.push(line));
    await writeReport(folder, report);

    expect(await readdir(folder)).toEqual(['throughput.json', 'throughput.md', 'throughput.svg']);
    const [json, markdown, svg] = await Promise.all(
      ['json', 'md', 'svg'].map((extension) => readFile(join(folder, `throughput.${extension}`), 'utf8')),
    );
    const result: unknown = JSON.parse(json!);
    const lane = (name: string): object => ({
      name,
      requestsPerSecond: expect.any(Number) as unknown,
      closedLoop: { rounds: [{ requests: expect.any(Number) as unknown }] },
      openLoop: { rounds: [{ requests: expect.any(Number) as unknown }] },
    });
    expect(result).toMatchObject({
      environment: report.environment,
      measurements: [lane('bare node:http'), lane('wasmgate')],
    });
    expect(markdown).toMatch(/^\| wasmgate +\|/m);
    expect(markdown).toContain(`Node ${process.versions.node}`);
    expect(progress).toContain('wasmgate: starting');
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  },
);

test('throughput has no result if one answer in a thousand is wrong, and stops its servers', async () => {
  const { port } = await startOrderServer(wrongOnceIn(1000));
  let stops = 0;
  const stop = async (): Promise<void> => void stops++;
  const liar = { name: 'liar', start: async () => ({ port, pid: process.pid, firstAnswerMs: 0, stop }) };
  const answer = throughputOf(async () => [liar]).answer({ seconds: 60, connections: 4, quick: true }, () => undefined);
  await expect(answer).rejects.toThrow(/^liar: wrong answer: its body is not [^]*--- request ---[^]*--- answer ---/);
  expect(stops).toBe(1);
});

test(
  'engine-overhead runs a kernel with and without checks and says how they compare',
  { timeout: 60_000 },
  async () => {
    const question = engineOverheadOf(() => kernelWorkloads(['sieve']));
    const { tables, measurements } = await question.answer({ connections: 1, quick: true }, () => undefined);
    const positive = expect.any(Number) as unknown;
    const ratio = { interrupt: positive, fuel: positive };
    expect(measurements).toMatchObject({
      geometricMean: ratio,
      works: [{ name: 'sieve', ratio, interrupts: positive }],
    });
    expect(tables.flatMap(({ rows }) => rows.map(([name]) => name))).toEqual([
      'interrupt',
      'interrupt and fuel',
      'sieve',
    ]);
  },
);

test('engine-overhead has no result if a check changes one', async () => {
  const liar = {
    name: 'liar',
    prepare: async (variant: string) => async () => ({ ms: 1, result: variant === 'fuel' ? '2' : '1' }),
  };
  const answer = engineOverheadOf(async () => [liar]).answer({ connections: 1, quick: true }, () => undefined);
  await expect(answer).rejects.toThrow('liar: the fuel module answers 2, the plain one 1');
});

test('runaway asks for half of what a thread can do, one of ten requests a loop of 20 ms', () => {
  const { goodPerSecond, loopsPerSecond, loopShare } = mixedRates(10_000);
  expect(goodPerSecond / loopsPerSecond).toBeCloseTo(9, 9);
  expect(goodPerSecond / 10_000 + loopShare).toBeCloseTo(0.5, 9);
});

test.for([
  { args: ['throughputt'], problem: 'no question is named "throughputt"' },
  { args: ['--seconds', 'ten'], problem: '--seconds must be a number from 0.1 to 3600, got "ten"' },
  { args: ['--connections', '0'], problem: '--connections must be an integer from 1 to 10000, got "0"' },
  { args: ['--requests', '1.5'], problem: '--requests must be an integer from 1 to 1000000000000, got "1.5"' },
  { args: ['--fast'], problem: '--fast' },
])('the command line refuses $args and tells what there is', async ({ args, problem }) => {
  const failure = run(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args]);
  await expect(failure).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(problem) as unknown });
  await expect(failure).rejects.toMatchObject({ stderr: expect.stringContaining('Usage: ') as unknown });
});

test('a table is aligned, names to the left and numbers to the right', () => {
  const table = {
    columns: ['server', 'p99'],
    rows: [
      ['a', '1.5 ms'],
      ['longer', '2 s'],
    ],
  } as const;
  expect(renderTable(table).split('\n')).toEqual([
    '| server |    p99 |',
    '| ------ | -----: |',
    '| a      | 1.5 ms |',
    '| longer |    2 s |',
  ]);
});

test('a chart draws the largest bar widest and escapes what it is given', () => {
  const bars = [
    { label: '<a & "b">', value: 1, text: '1' },
    { label: 'c', value: 2, text: '2' },
  ];
  const svg = renderBarChart({ title: 'T', bars }, 'footer');
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths[1]).toBe(2 * widths[0]!);
  expect(svg).toContain('&lt;a &amp; &quot;b&quot;&gt;');
});
