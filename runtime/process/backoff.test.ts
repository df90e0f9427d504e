import { expect, test } from 'vitest';
import { restartDelayMs } from './backoff.ts';

test('starts at once after a process that served, then later and later, up to 5 s', () => {
  const delays = Array.from({ length: 9 }, (_, failedStarts) => restartDelayMs(failedStarts));
  expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(restartDelayMs(5000)).toBe(5000);
});
