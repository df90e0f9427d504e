// One summary of several rounds.

import { median } from '../statistics.ts';
import type { LatencySummary } from './latency-histogram.ts';
import type { LoadResult } from './load-run.ts';

/** Medians of the rounds, but the largest of all for the maximum. */
export function medianLatency(rounds: readonly LoadResult[]): LatencySummary {
  const of = (key: keyof LatencySummary): number[] => rounds.map(({ latency }) => latency[key]);
  const [p50Ms, p90Ms, p99Ms] = [median(of('p50Ms')), median(of('p90Ms')), median(of('p99Ms'))];
  return { p50Ms, p90Ms, p99Ms, maxMs: Math.max(...of('maxMs')) };
}
