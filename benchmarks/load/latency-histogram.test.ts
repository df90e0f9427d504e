import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile } from '../statistics.ts';
import { LatencyHistogram } from './latency-histogram.ts';

test('tells every quantile to 2 percent and 100 nanoseconds, and the maximum exactly', () => {
  const latencies = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.99, 1), (latenciesMs, share) => {
      const histogram = new LatencyHistogram();
      for (const latencyMs of latenciesMs) histogram.record(latencyMs);
      const exactMs = quantile(latenciesMs, share);
      const toleranceMs = exactMs * 0.02 + 0.0001;
      expect(Math.abs(histogram.quantileMs(share) - exactMs)).toBeLessThanOrEqual(toleranceMs);
      expect(histogram.summary().maxMs).toBe(Math.max(...latenciesMs));
      expect(histogram.count).toBe(latenciesMs.length);
    }),
  );
});

test('is zero when nothing was recorded', () => {
  expect(new LatencyHistogram().summary()).toEqual({ p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
});
