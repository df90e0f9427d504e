// An answer as files: JSON for programs, Markdown and SVG for people.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../gateway/cli/terminal.ts';
import { renderBarChart } from './bar-chart.ts';
import type { Environment } from './machine.ts';
import type { Answer, Question, RunOptions, Table } from './question.ts';

export interface Report {
  readonly question: Pick<Question, 'name' | 'title'>;
  readonly environment: Environment;
  readonly options: RunOptions;
  readonly answer: Answer;
}

/** Writes `<question>.json`, `.md` and `.svg` into a folder, which is made if it is missing. */
export async function writeReport(folder: string, report: Report): Promise<void> {
  const { question, environment, options, answer } = report;
  const json = { question: question.title, environment, options, measurements: answer.measurements };
  const contents = {
    json: `${JSON.stringify(json, undefined, 2)}\n`,
    md: renderMarkdown(report),
    svg: renderBarChart(answer.chart, summaryOf(environment)),
  };
  await mkdir(folder, { recursive: true });
  for (const [extension, content] of Object.entries(contents)) {
    await writeFile(join(folder, `${question.name}.${extension}`), content);
  }
}

export function renderMarkdown({ question, environment, options, answer }: Report): string {
  const warning = options.quick ? ['A quick run: these numbers show that the benchmark works, and nothing else.'] : [];
  const paragraphs = [
    `# ${question.title}`,
    ...warning,
    answer.method,
    ...answer.tables.map((table) => `## ${table.title}\n\n${renderTable(table)}`),
    `![${answer.chart.title}](${question.name}.svg)`,
    `## Machine\n\n${renderEnvironment(environment)}`,
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** A table with aligned columns, readable as text too: names to the left, numbers to the right. */
export function renderTable({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const widths = columns.map((column, index) =>
    Math.max(3, ...[column, ...rows.map((row) => row[index]!)].map(lengthOf)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!))).join(' | ')} |`;
  const rule = widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

function lengthOf(text: string): number {
  return text.length;
}

function renderEnvironment(environment: Environment): string {
  const { date, commit, dirty, node, v8, os, cpu, cores, memoryBytes, loadAverage } = environment;
  const lines = [
    `${cores} cores of ${cpu}, ${formatBytes(memoryBytes)} of memory, ${os}`,
    `Node ${node}, V8 ${v8}`,
    `commit ${commit ?? 'unknown'}${dirty ? ' with changes' : ''}`,
    `${date}, load average before ${loadAverage.toFixed(2)}`,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function summaryOf({ date, commit, dirty, node, cpu, cores }: Environment): string {
  const version = `${commit?.slice(0, 7) ?? 'unknown commit'}${dirty ? '+changes' : ''}`;
  return `${cores} cores of ${cpu}, Node ${node}, ${version}, ${date.slice(0, 10)}`;
}
