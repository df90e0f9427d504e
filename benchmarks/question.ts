// What every benchmark has in common: it asks one question and answers it with tables, a chart and the raw numbers.

import type { BarChart } from './bar-chart.ts';

export interface RunOptions {
  /** How long each contestant is loaded, all rounds together; undefined: as long as the question thinks right. */
  readonly seconds?: number | undefined;
  /** Keep-alive connections of the load client. */
  readonly connections: number;
  /** For questions about many requests: goes on until it has had so many; undefined: as many as fit into the time. */
  readonly requests?: number | undefined;
  /** Fewer repetitions: to see that it works, not to learn a number. */
  readonly quick: boolean;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  /** The first cell of a row names it; the others are numbers with units. */
  readonly rows: readonly (readonly string[])[];
}

export interface Answer {
  /** How it was measured, in a few sentences. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly chart: BarChart;
  /** Everything measured, for whoever compares runs; what JSON can hold. */
  readonly measurements: unknown;
}

/** Tells whoever waits what is being done. */
export type Progress = (line: string) => void;

export interface Question {
  /** Also the name of the files with its results. */
  readonly name: string;
  /** The question itself. */
  readonly title: string;
  /** @throws Error if anything that was measured gave a wrong answer: there is no result then */
  answer(options: RunOptions, progress: Progress): Promise<Answer>;
}
