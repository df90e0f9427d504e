import { expect, test } from 'vitest';

import { EFAULT, SUCCESS } from './errno.ts';
import { makeFixture, readText, readU32 } from './testdata/guest-fixture.ts';

const PAGE = 65_536;
const STRINGS = ['tax', 'Grüße', ''];

test.for(['args', 'environ'])('gives a guest its %s', (family) => {
  const { memory, wasi } = makeFixture({ args: STRINGS, environ: STRINGS });
  expect(wasi[`${family}_sizes_get`]!(0, 4)).toBe(SUCCESS);
  const size = 'tax\0Grüße\0\0'.length + 2;
  expect([readU32(memory, 0), readU32(memory, 4)]).toEqual([3, size]);
  expect(wasi[`${family}_get`]!(100, 200)).toBe(SUCCESS);
  expect([0, 1, 2].map((index) => readU32(memory, 100 + index * 4))).toEqual([200, 204, 212]);
  expect(readText(memory, 200, size)).toBe('tax\0Grüße\0\0');
});

test('gives a guest without environment an empty one', () => {
  const { memory, wasi } = makeFixture();
  expect(wasi['environ_sizes_get']!(0, 4)).toBe(SUCCESS);
  expect([readU32(memory, 0), readU32(memory, 4)]).toEqual([0, 0]);
  expect(wasi['environ_get']!(0, 0)).toBe(SUCCESS);
});

test.for([
  { call: 'args_get', pointers: PAGE - 11, buffer: 200 },
  { call: 'args_get', pointers: 100, buffer: PAGE - 12 },
  { call: 'args_sizes_get', pointers: PAGE - 3, buffer: 200 },
  { call: 'args_sizes_get', pointers: 100, buffer: PAGE - 3 },
  { call: 'environ_get', pointers: -1, buffer: 200 },
  { call: 'environ_get', pointers: 100, buffer: -1 },
])('$call refuses pointers $pointers and $buffer and writes nothing', ({ call, pointers, buffer }) => {
  const { memory, wasi } = makeFixture({ args: STRINGS, environ: STRINGS });
  expect(wasi[call]!(pointers, buffer)).toBe(EFAULT);
  expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
});
