// What is wrong with a configuration: problems with their place, the error that carries all of them, and how both are
// written for people.

import { CodedError } from '../../runtime/errors.ts';
import type { Place } from './config.ts';

export interface Problem {
  readonly at: Place;
  /** Lower case; names the thing and the wrong value, and says what to do. */
  readonly message: string;
}

/** A configuration that was refused, with everything that is wrong with it. */
export class ConfigError extends CodedError<'ERR_CONFIG'> {
  override readonly name = 'ConfigError';
  /** Sorted by place, each once; never empty. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    // What several aliases share is wrong once.
    const unique = new Map(problems.map((problem) => [formatProblems([problem]), problem]));
    const sorted = [...unique.values()].sort(byPlace);
    super('ERR_CONFIG', formatProblems(sorted), { problems: sorted });
    this.problems = sorted;
  }
}

/** One line a problem: `wasmgate.yaml:12:5: unknown key "timout", did you mean "timeout"?`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(({ at, message }) => `${formatPlace(at)}: ${message}`).join('\n');
}

function formatPlace({ file, line, column }: Place): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

function byPlace({ at: a }: Problem, { at: b }: Problem): number {
  return a.line - b.line || a.column - b.column;
}

/** What a reader makes of a raw value: its meaning, or a predicate such as `must be a list, got 3`. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

const SHOWN_CHARACTERS = 60;

/** A wrong value for a message: short, on one line, without control characters. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
    return JSON.stringify(shown);
  }
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return 'a mapping';
}
