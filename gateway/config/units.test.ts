import { expect, test } from 'vitest';

import { formatSize, readCount, readMemory, readSize, readTime } from './units.ts';

const MIB = 1024 ** 2;

test.for([
  ['10B', 10],
  ['16KiB', 16_384],
  ['64MiB', 64 * MIB],
  ['1GiB', 1024 * MIB],
  ['2KB', 2000],
  ['2MB', 2_000_000],
  ['2GB', 2_000_000_000],
  ['512', 512],
  [512, 512],
] as const)('reads the size %j as %d bytes', ([raw, bytes]) => {
  expect(readSize(raw, 2048 * MIB)).toEqual({ value: bytes });
});

test.for([-1, 0, '0B', 1.5, '1.5MiB', '64mib', '64 MiB', 'abc', '', 1e99, Infinity, NaN, null, true, [], {}, '1e3'])(
  'refuses %j as a size and names the accepted form',
  (raw) => {
    expect(readSize(raw, MIB)).toEqual({
      problem: expect.stringMatching(/^must be a size from 1B to 1MiB such as 64KiB \(.*plain number of bytes\), got /),
    });
  },
);

test('accepts a size at its limit and refuses one byte more', () => {
  expect(readSize('1MiB', MIB)).toEqual({ value: MIB });
  expect(readSize(MIB - 1, MIB)).toEqual({ value: MIB - 1 });
  expect(readSize(MIB + 1, MIB)).toHaveProperty('problem');
});

test.for([
  ['64KiB', 65_536],
  ['4GiB', 2 ** 32],
] as const)('reads the memory %j', ([raw, bytes]) => {
  expect(readMemory(raw)).toEqual({ value: bytes });
});

test.for([
  ['100KiB', 'such as 64KiB'],
  ['1KiB', 'such as 64KiB'],
  ['65MB', 'such as 63424KiB'],
] as const)('refuses the memory %s that is not whole pages', ([raw, hint]) => {
  expect(readMemory(raw)).toEqual({
    problem: expect.stringContaining(`multiple of 64KiB, the page of wasm memory, ${hint}`),
  });
});

test('refuses a memory beyond 32 bits', () => {
  expect(readMemory('5GiB')).toEqual({ problem: expect.stringContaining('from 1B to 4GiB') });
});

test.for([
  ['1ms', 1],
  ['250ms', 250],
  ['2s', 2000],
  ['1m', 60_000],
  ['24h', 86_400_000],
] as const)('reads the time %s as %d ms', ([raw, timeMs]) => {
  expect(readTime(raw)).toEqual({ value: timeMs });
});

test.for([
  [-1, '-1'],
  ['-1', '"-1"'],
  ['abc', '"abc"'],
  [1e99, '1e+99'],
  ['1e99', '"1e99"'],
  ['1e99s', '"1e99s"'],
  [1000, '1000'],
  ['1000', '"1000"'],
  ['0s', '"0s"'],
  ['25h', '"25h"'],
  ['86400001ms', '"86400001ms"'],
  ['999999999999999h', '"999999999999999h"'],
  ['9'.repeat(400) + 's', `"${'9'.repeat(60)}…"`],
  [null, 'nothing'],
] as const)('refuses %j as a time, naming it and the accepted form', ([raw, shown]) => {
  expect(readTime(raw)).toEqual({
    problem: `must be a time from 1ms to 24h such as 250ms (a whole number with ms, s, m or h), got ${shown}`,
  });
});

test('reads counts within their range only', () => {
  expect([0, 1, 64, 65].map((raw) => 'value' in readCount(raw, 1, 64))).toEqual([false, true, true, false]);
  expect(readCount('8', 1, 64)).toEqual({ value: 8 });
  expect(readCount('8B', 1, 64)).toEqual({ problem: 'must be a whole number from 1 to 64, got "8B"' });
});

test('writes sizes in the largest unit that stays exact', () => {
  expect([1, 65_536, 2 ** 32, 1536, 8_123_456_789].map(formatSize)).toEqual([
    '1B',
    '64KiB',
    '4GiB',
    '1536B',
    '7747.1MiB',
  ]);
});
