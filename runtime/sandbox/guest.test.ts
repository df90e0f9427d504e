import { expect, test } from 'vitest';

import { Guest } from './guest.ts';

const PAGE = 65_536;

function guestWithMemory(): { guest: Guest; memory: WebAssembly.Memory } {
  const guest = new Guest({ args: [], environ: [], outputBytes: 100, remainingWallMs: () => Infinity });
  const memory = new WebAssembly.Memory({ initial: 1 });
  guest.attachMemory(memory);
  return { guest, memory };
}

test.for([
  { pointer: 0, length: PAGE, fits: true },
  { pointer: PAGE, length: 0, fits: true },
  { pointer: PAGE - 1, length: 1, fits: true },
  { pointer: PAGE - 1, length: 2, fits: false },
  { pointer: PAGE + 1, length: 0, fits: false },
  { pointer: 0, length: PAGE + 1, fits: false },
  { pointer: -1, length: 1, fits: false },
  { pointer: 1, length: -1, fits: false },
  { pointer: -1, length: -1, fits: false },
  { pointer: 2 ** 31, length: 0, fits: false },
  { pointer: 2 ** 31, length: 2 ** 31, fits: false },
])('slices $length bytes at $pointer: $fits', ({ pointer, length, fits }) => {
  const bytes = guestWithMemory().guest.slice(pointer | 0, length | 0);
  expect(bytes?.byteLength).toBe(fits ? length : undefined);
});

test('follows a memory that grows', () => {
  const { guest, memory } = guestWithMemory();
  guest.bytes()[0] = 7;
  memory.grow(1);
  expect(guest.slice(PAGE, 1)).toHaveLength(1);
  expect(guest.bytes()[0]).toBe(7);
  expect(guest.view().byteLength).toBe(2 * PAGE);
  expect(guest.memoryBytes).toBe(2 * PAGE);
});

test('has no memory until one is attached', () => {
  const guest = new Guest({ args: [], environ: [], outputBytes: 100, remainingWallMs: () => Infinity });
  expect(guest.memoryBytes).toBe(0);
  expect(guest.slice(0, 1)).toBeUndefined();
});

test('keeps nothing of an invocation for the next one', () => {
  const { guest } = guestWithMemory();
  guest.stdout.write(Buffer.from('secret'));
  guest.stderr.write(Buffer.from('secret\nunfinished'));
  guest.stdinPosition = 3;
  guest.hostCalls = 5;
  guest.descriptors.fill(-1);
  guest.reset(Buffer.from('next'));
  expect(guest.stdout.bytes()).toHaveLength(0);
  expect(guest.stderr.finish()).toEqual({ lines: [], dropped: 0 });
  expect([...guest.descriptors]).toEqual([0, 1, 2]);
  expect({ position: guest.stdinPosition, calls: guest.hostCalls }).toEqual({ position: 0, calls: 0 });
});
