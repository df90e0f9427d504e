import { expect, test } from 'vitest';

import { nearest } from './nearest.ts';

test.for([
  ['timout', ['timeout', 'time', 'tables'], 'timeout'],
  ['tx', ['tax', 'text'], 'tax'],
  ['wal', ['wall', 'pool'], 'wall'],
  ['memroy', ['memory', 'module'], 'memory'],
  ['zzz', ['wall', 'pool'], undefined],
  ['a', ['xyz'], undefined],
  ['queue', [], undefined],
] as const)('finds what %s means among %j: %s', ([word, candidates, meant]) => {
  expect(nearest(word, candidates)).toBe(meant);
});

test('compares a very long word with nothing', () => {
  expect(nearest('x'.repeat(1e6), ['timeout'])).toBeUndefined();
});
