// The requests that every tax example answers alike, with their answers, which were written by hand. For tests.

import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Case {
  readonly name: string;
  readonly body: string;
  /** How often the body is repeated; default once. */
  readonly repeat?: number;
  readonly status: number;
  readonly answer: string;
}

export const CASES: readonly Case[] = JSON.parse(readFileSync(path.join(import.meta.dirname, 'cases.json'), 'utf8'));
