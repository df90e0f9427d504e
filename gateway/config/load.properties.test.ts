import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Reading } from './problems.ts';
import { minimal, problemsOf } from './config.fixture.ts';
import { readAddress } from './addresses.ts';
import { readPath } from './route-pattern.ts';
import { readMemory, readSize, readTime } from './units.ts';

// problemsOf passes on whatever is not a ConfigError, so that each of these fails on a raw exception.

const KEYS = ['version', 'listen', 'admin', 'http', 'pool', 'log', 'functions', 'routes', 'path', 'function', 'module'];
const MORE_KEYS = [
  'limits',
  'env',
  'methods',
  'host',
  'memory',
  'wall',
  'tax',
  '__proto__',
  'constructor',
  'toString',
  '',
];
const VALUES = [
  '1s',
  '64MiB',
  '/a/:id',
  '*.a',
  'GET',
  'tax',
  '${env:A}',
  '${file:b}',
  '${',
  '127.0.0.1:80',
  '\0',
  '-1',
];

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(...VALUES, 1, 0, -1, 1.5, 1e99, true, null),
    fc.string(),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS, ...MORE_KEYS), tie('tree'), { maxKeys: 6 }),
  ),
}));

test('never fails in another way than with problems, whatever the text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
      expect((await problemsOf(text)).length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test('never fails in another way than with problems, whatever the bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect((await problemsOf(bytes)).length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test('never fails in another way than with problems, whatever the YAML', async () => {
  const punctuation = fc.constantFrom(
    ...Array.from('[]{}:,-?&*!|>\'"%@`#\n \t~<'),
    ': ',
    '- ',
    '&a ',
    '*a',
    '---\n',
    '...\n',
    '? ',
  );
  const token = fc.oneof(punctuation, fc.constantFrom(...KEYS, ...VALUES));
  await fc.assert(
    fc.asyncProperty(fc.array(token, { maxLength: 60 }), async (tokens) => {
      expect((await problemsOf(tokens.join(''))).length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});

test('never fails in another way than with problems, whatever the structure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...KEYS, ...MORE_KEYS), tree), async (root) => {
      await problemsOf(JSON.stringify(root));
    }),
    { numRuns: 1000 },
  );
  expect({}).not.toHaveProperty('module');
});

test('gives every problem of a damaged configuration a place inside it', async () => {
  const text = minimal('http: { body: 2MiB }', 'pool: { threads: 2 }');
  const lines = text.split('\n').length;
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.string({ maxLength: 4 }), async (at, inserted) => {
      const problems = await problemsOf(text.slice(0, at) + inserted + text.slice(at + 1));
      const outside = problems.filter((problem) => {
        const line = Number(/^wasmgate\.yaml:(\d+):\d+: ./.exec(problem)?.[1]);
        return !(line >= 1 && line <= lines + inserted.length) && !problem.includes('is not UTF-8');
      });
      expect(outside).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

function isProblemOrUpTo(max: number) {
  return (reading: Reading<number>): boolean =>
    'problem' in reading ? reading.problem.startsWith('must be ') : reading.value >= 1 && reading.value <= max;
}

test('reads any string without an exception, into a value within its range or a problem', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^-?\d{1,20}[a-zA-Z.]{0,4}$/), fc.double()), (raw) => {
      expect(readTime(raw)).toSatisfy(isProblemOrUpTo(86_400_000));
      expect(readSize(raw, 1000)).toSatisfy(isProblemOrUpTo(1000));
      expect(readMemory(raw)).toSatisfy(isProblemOrUpTo(2 ** 32));
      readAddress(raw);
      readPath(raw);
    }),
  );
});
