import { expect, test } from 'vitest';

import { systemClock } from './clock.ts';
import { EFAULT, EINVAL, ENOTSUP, SUCCESS } from './errno.ts';
import { makeFixture, readU64 } from './testdata/guest-fixture.ts';

const PAGE = 65_536;

test.for([
  { clock: 'realtime', id: 0, time: 1_700_000_000_000_005_000n, resolution: 1_000_000n },
  { clock: 'monotonic', id: 1, time: 5_000n, resolution: 1n },
])('tells the $clock clock and its resolution', ({ id, time, resolution }) => {
  const { memory, wasi } = makeFixture();
  expect(wasi['clock_time_get']!(id, 0n, 8)).toBe(SUCCESS);
  expect(readU64(memory, 8)).toBe(time);
  expect(wasi['clock_res_get']!(id, 16)).toBe(SUCCESS);
  expect(readU64(memory, 16)).toBe(resolution);
});

test.for([
  { id: 2, why: 'CPU time of the process', errno: ENOTSUP },
  { id: 3, why: 'CPU time of the thread', errno: ENOTSUP },
  { id: 4, why: 'unknown', errno: EINVAL },
  { id: -1, why: 'unknown', errno: EINVAL },
])('refuses clock $id ($why)', ({ id, errno }) => {
  const { wasi } = makeFixture();
  expect(wasi['clock_time_get']!(id, 0n, 8)).toBe(errno);
  expect(wasi['clock_res_get']!(id, 8)).toBe(errno);
});

test.for([
  { pointer: PAGE - 8, errno: SUCCESS },
  { pointer: PAGE - 7, errno: EFAULT },
  { pointer: -1, errno: EFAULT },
])('answers with $errno for a result at $pointer', ({ pointer, errno }) => {
  const { wasi } = makeFixture();
  expect(wasi['clock_time_get']!(1, 0n, pointer)).toBe(errno);
  expect(wasi['clock_res_get']!(0, pointer)).toBe(errno);
});

test('the system clock waits at least as long as it was told to', async () => {
  const startNs = systemClock.monotonicNs();
  await systemClock.wait(1.5);
  expect(systemClock.monotonicNs() - startNs).toBeGreaterThanOrEqual(1_500_000n);
});

test('the system clock tells the time of day', () => {
  const beforeMs = Date.now();
  const nowMs = Number(systemClock.realtimeNs() / 1_000_000n);
  expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
  expect(nowMs).toBeLessThanOrEqual(Date.now());
});
