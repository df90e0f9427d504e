import { expect, test } from 'vitest';

import { Guest } from '../sandbox/guest.ts';
import { EFAULT, SUCCESS } from './errno.ts';
import { randomFunctions } from './random.ts';
import { makeFixture } from './testdata/guest-fixture.ts';

const PAGE = 65_536;

test('gives different bytes on every call and to every invocation', () => {
  const { guest, memory, wasi } = makeFixture();
  const seen = new Set<string>();
  for (let invocation = 0; invocation < 3; invocation++) {
    guest.reset(new Uint8Array(0));
    guest.attachMemory(memory);
    for (let call = 0; call < 3; call++) {
      expect(wasi['random_get']!(0, 32)).toBe(SUCCESS);
      seen.add(Buffer.from(memory.buffer, 0, 32).toString('hex'));
    }
  }
  expect(seen.size).toBe(9);
});

test('asks its source for at most 64 KiB at once and fills all of a long buffer', () => {
  const guest = new Guest({ args: [], environ: [], outputBytes: 0, remainingWallMs: () => Infinity });
  const memory = new WebAssembly.Memory({ initial: 3 });
  guest.attachMemory(memory);
  const lengths: number[] = [];
  const { random_get: randomGet } = randomFunctions(guest, (bytes) => {
    lengths.push(bytes.byteLength);
    bytes.fill(7);
  });
  expect(Reflect.apply(randomGet!, undefined, [1, 2 * PAGE + 5])).toBe(SUCCESS);
  expect(lengths).toEqual([PAGE, PAGE, 5]);
  const bytes = new Uint8Array(memory.buffer);
  expect([bytes[0], bytes[1], bytes[2 * PAGE + 5], bytes[2 * PAGE + 6]]).toEqual([0, 7, 7, 0]);
});

test.for([
  { pointer: 0, length: PAGE, errno: SUCCESS },
  { pointer: PAGE, length: 0, errno: SUCCESS },
  { pointer: 1, length: PAGE, errno: EFAULT },
  { pointer: 0, length: -1, errno: EFAULT },
  { pointer: -1, length: 1, errno: EFAULT },
])('answers with $errno for $length bytes at $pointer', ({ pointer, length, errno }) => {
  expect(makeFixture().wasi['random_get']!(pointer, length)).toBe(errno);
});
