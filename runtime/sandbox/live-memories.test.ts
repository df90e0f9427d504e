import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LiveMemories } from './live-memories.ts';

const PAGE_BYTES = 65_536;

test('makes memories of the given size that grow to the given maximum', () => {
  const memory = new LiveMemories().create(2, 3);
  expect(memory.buffer.byteLength).toBe(2 * PAGE_BYTES);
  memory.grow(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

test('counts fewer once memories that nobody uses were collected', async () => {
  const memories = new LiveMemories();
  for (let i = 0; i < 192; i++) memories.create(0, 1);
  expect(memories.count).toBe(192);
  // Ends only if it works: past the bound, each makes the collector run.
  while (memories.count >= 192) {
    memories.create(0, 1);
    await setImmediate();
  }
});

test('keeps the number of memories bounded, and those that are in use', async () => {
  const memories = new LiveMemories();
  const used = Array.from({ length: 50 }, () => memories.create(1, 2));
  for (const memory of used) new Uint8Array(memory.buffer)[0] = 7;
  let most = 0;
  for (let turn = 0; turn < 200; turn++) {
    // As in one turn of a thread's event loop: each serves an invocation and is given up.
    for (let i = 0; i < 10; i++) memories.create(1, 2);
    most = Math.max(most, memories.count);
    await setImmediate();
  }
  expect(most).toBeLessThan(400);
  expect(memories.count).toBeGreaterThanOrEqual(50);
  expect(used.every((memory) => new Uint8Array(memory.buffer)[0] === 7)).toBe(true);
});
