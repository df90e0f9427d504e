import { expect, test } from 'vitest';

import { EBADF, EFAULT, EINVAL, ENOTSUP, SUCCESS } from './errno.ts';
import { MAX_SUBSCRIPTIONS } from './poll.ts';
import { type Fixture, makeFixture, readU32, readU64, readWat } from './testdata/guest-fixture.ts';

const PAGE = 65_536;
const EVENTS = 50_000;
const RESULT = 60_000;
const REALTIME = 0;
const MONOTONIC = 1;

type Subscription =
  | { tag: 'clock'; clock: number; timeoutNs: bigint; isAbsolute?: boolean }
  | { tag: 'read' | 'write'; descriptor: number };

/** Subscribes with user data 100, 101, 102 … and answers the events. */
async function poll({ memory, wasi }: Fixture, subscriptions: readonly Subscription[]) {
  const view = new DataView(memory.buffer);
  for (const [index, subscription] of subscriptions.entries()) {
    const at = index * 48;
    view.setBigUint64(at, BigInt(100 + index), true);
    view.setUint8(at + 8, ['clock', 'read', 'write'].indexOf(subscription.tag));
    if (subscription.tag === 'clock') {
      view.setUint32(at + 16, subscription.clock, true);
      view.setBigUint64(at + 24, BigInt.asUintN(64, subscription.timeoutNs), true);
      view.setUint16(at + 40, subscription.isAbsolute === true ? 1 : 0, true);
    } else {
      view.setUint32(at + 16, subscription.descriptor, true);
    }
  }
  expect(await wasi['poll_oneoff']!(0, EVENTS, subscriptions.length, RESULT)).toBe(SUCCESS);
  return Array.from({ length: readU32(memory, RESULT) }, (_, index) => {
    const at = EVENTS + index * 32;
    return {
      userData: Number(readU64(memory, at)),
      errno: view.getUint16(at + 8, true),
      bytes: Number(readU64(memory, at + 16)),
      hangup: view.getUint16(at + 24, true) === 1,
    };
  });
}

const event = (userData: number, rest: object = {}) => ({ userData, errno: 0, bytes: 0, hangup: false, ...rest });

test('waits for the first of several times and reports all that are due then', async () => {
  const fixture = makeFixture();
  const events = await poll(fixture, [
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 3_000n },
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 2_000n },
    { tag: 'clock', clock: REALTIME, timeoutNs: 2_000n },
  ]);
  expect(fixture.clock.waits).toEqual([0.002]);
  expect(events).toEqual([event(101), event(102)]);
});

test.for([
  { clock: MONOTONIC, nowNs: (fixture: Fixture) => fixture.clock.monotonicNs() },
  { clock: REALTIME, nowNs: (fixture: Fixture) => fixture.clock.realtimeNs() },
])('waits until a moment of clock $clock', async ({ clock, nowNs }) => {
  const fixture = makeFixture();
  const events = await poll(fixture, [{ tag: 'clock', clock, timeoutNs: nowNs(fixture) + 700n, isAbsolute: true }]);
  expect(fixture.clock.waits).toEqual([0.0007]);
  expect(events).toEqual([event(100)]);
});

test('does not wait for a moment that has passed, nor for no time at all', async () => {
  const fixture = makeFixture();
  const events = await poll(fixture, [
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 1n, isAbsolute: true },
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 0n },
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 1n },
  ]);
  expect(fixture.clock.waits).toEqual([]);
  expect(events).toEqual([event(100), event(101)]);
});

test('hands the longest time on to the clock', async () => {
  const fixture = makeFixture();
  await poll(fixture, [{ tag: 'clock', clock: MONOTONIC, timeoutNs: 2n ** 64n - 1n }]);
  expect(fixture.clock.waits).toEqual([2 ** 64 / 1e6]);
});

test('reports the standard streams as ready at once', async () => {
  const fixture = makeFixture({ stdin: 'input' });
  const events = await poll(fixture, [
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 1_000n },
    { tag: 'read', descriptor: 0 },
    { tag: 'write', descriptor: 1 },
    { tag: 'write', descriptor: 2 },
  ]);
  expect(fixture.clock.waits).toEqual([]);
  expect(events).toEqual([event(101, { bytes: 5 }), event(102, { bytes: 65_536 }), event(103, { bytes: 65_536 })]);
});

test('reports the end of stdin as a hangup', async () => {
  expect(await poll(makeFixture(), [{ tag: 'read', descriptor: 0 }])).toEqual([event(100, { hangup: true })]);
});

test('reports what cannot be waited for as an event with an errno', async () => {
  const fixture = makeFixture();
  fixture.wasi['fd_close']!(2);
  const events = await poll(fixture, [
    { tag: 'read', descriptor: 1 },
    { tag: 'write', descriptor: 0 },
    { tag: 'write', descriptor: 2 },
    { tag: 'read', descriptor: 9 },
    { tag: 'clock', clock: 2, timeoutNs: 5n },
    { tag: 'clock', clock: 4, timeoutNs: 5n },
    { tag: 'clock', clock: MONOTONIC, timeoutNs: 5n },
  ]);
  const badDescriptors = [100, 101, 102, 103].map((userData) => event(userData, { errno: EBADF }));
  expect(events).toEqual([...badDescriptors, event(104, { errno: ENOTSUP }), event(105, { errno: EINVAL })]);
});

test.for([
  { why: 'no subscriptions', args: [0, EVENTS, 0, RESULT], errno: EINVAL },
  { why: 'one too many', args: [0, EVENTS, MAX_SUBSCRIPTIONS + 1, RESULT], errno: EINVAL },
  { why: '2^32-1 of them', args: [0, EVENTS, -1, RESULT], errno: EINVAL },
  { why: 'subscriptions past the end', args: [PAGE - 47, EVENTS, 1, RESULT], errno: EFAULT },
  { why: 'events past the end', args: [0, PAGE - 31, 1, RESULT], errno: EFAULT },
  { why: 'a result past the end', args: [0, EVENTS, 1, PAGE - 3], errno: EFAULT },
])('refuses $why', ({ args, errno }) => {
  const fixture = makeFixture();
  expect(fixture.wasi['poll_oneoff']!(...args)).toBe(errno);
  expect(fixture.clock.waits).toEqual([]);
});

test('takes as many subscriptions as it allows', async () => {
  const fixture = makeFixture();
  fixture.memory.grow(2);
  fixture.guest.attachMemory(fixture.memory);
  expect(fixture.wasi['poll_oneoff']!(0, PAGE, MAX_SUBSCRIPTIONS, 3 * PAGE - 4)).toBe(SUCCESS);
  expect(readU32(fixture.memory, 3 * PAGE - 4)).toBe(MAX_SUBSCRIPTIONS);
});

test('refuses a subscription of an unknown kind', async () => {
  const fixture = makeFixture();
  new Uint8Array(fixture.memory.buffer)[8] = 3;
  expect(fixture.wasi['poll_oneoff']!(0, EVENTS, 1, RESULT)).toBe(EINVAL);
});

test('lets a guest put the events on top of the subscriptions', async () => {
  const fixture = makeFixture();
  const view = new DataView(fixture.memory.buffer);
  for (const index of [0, 1]) view.setBigUint64(index * 48, BigInt(7 + index), true);
  expect(fixture.wasi['poll_oneoff']!(0, 0, 2, RESULT)).toBe(SUCCESS);
  expect([readU32(fixture.memory, RESULT), readU64(fixture.memory, 0), readU64(fixture.memory, 32)]).toEqual([
    2,
    7n,
    8n,
  ]);
});

test('a real guest sleeps by the clock that it reads', async () => {
  const { clock, instantiate } = makeFixture();
  const { sleep } = instantiate(readWat('sleep'));
  expect(await WebAssembly.promising(sleep!)(50_000_000n)).toBe(50_000_000n);
  expect(clock.waits).toEqual([50]);
});
