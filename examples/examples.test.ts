// The tax examples are one function in four languages: for the same event each must write the same bytes. The answers
// in cases.json are written by hand; for random requests JavaScript is the oracle.

import { existsSync, readFileSync } from 'node:fs';

import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import { EXAMPLES, modulePath } from './build.ts';
import { CASES } from './cases.ts';
import { answerOf, expectedAnswer, refusal } from './expected-answer.ts';
import { runModule, type Run } from './run-module.ts';

const BUILT = EXAMPLES.filter(({ name }) => existsSync(modulePath(name)));
const MISSING = EXAMPLES.filter((example) => !BUILT.includes(example));

/** An event of contract version 1, as the gateway writes it for a request with this body. */
function eventOf(body: string, encoding = 'utf8'): string {
  return JSON.stringify({
    version: 1,
    trigger: 'http',
    id: '01JD5Z3Q8N',
    function: 'tax',
    route: '/api/tax',
    method: 'POST',
    scheme: 'http',
    host: '127.0.0.1:8080',
    remote_addr: '127.0.0.1',
    uri: '/api/tax?a=1&a=2',
    path: '/api/tax',
    params: {},
    query: { a: ['1', '2'] },
    headers: { 'content-type': ['application/json'] },
    body,
    encoding,
    deadline_ms: 1000,
    trace: { traceparent: '', tracestate: '' },
  });
}

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

/** Totals where printing the shortest decimal is hard: powers of two, and ties between two decimals. */
const hardTotal = fc.oneof(
  fc.integer({ min: -1074, max: 1023 }).map((exponent) => 2 ** exponent),
  fc
    .tuple(fc.integer({ min: 2 ** 46, max: 2 ** 47 }), fc.integer({ min: 6, max: 10 }))
    .map(([integer, bits]) => (2 * integer + 1) / 2 ** bits),
);

const anyValue = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  hardTotal.map((total) => total / 1.15),
);

/** Numbers of JSON as people and machines write them, with more digits and larger exponents than a double has. */
const numberText = fc.oneof(
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?$/),
  // Exactly halfway between two doubles, or a little above.
  fc
    .tuple(fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }), fc.integer({ min: 0, max: 900 }), fc.boolean())
    .map(([significand, shift, above]) => `${(2n * significand + 1n) << BigInt(shift)}${above ? '.0000001' : ''}`),
);

/** Documents that are nearly right: a few characters are taken out, put in or doubled. */
const nearlyJson = fc
  .tuple(
    fc.record({ id: fc.oneof(anyText, fc.jsonValue()), value: fc.oneof(anyValue, fc.jsonValue()), x: fc.jsonValue() }),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat({ max: 1 }),
        fc.constantFrom(
          '',
          '"',
          '\\',
          '\\u',
          '\\ud83d',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          ' ',
          '\n',
          '0',
          '-',
          '.',
          'e1',
          '\0',
        ),
      ),
      { maxLength: 2 },
    ),
  )
  .map(([order, edits]) =>
    edits.reduce((text, [position, removed, inserted]) => {
      const at = position % (text.length + 1);
      return text.slice(0, at) + inserted + text.slice(at + removed);
    }, JSON.stringify(order)),
  )
  // A request body that is not well-formed cannot arrive: the gateway sends only valid UTF-8 as text.
  .filter((text) => text.isWellFormed());

const MIB = 2 ** 20;

/** What makes a careless reader allocate without end, run in quadratic time, or lose count. */
const HOSTILE = [
  { name: 'all NUL', body: '\0'.repeat(MIB) },
  { name: 'one string of quotes', body: JSON.stringify({ id: '"'.repeat(MIB / 2 - 20), value: 1 }) },
  { name: 'one string of control characters', body: JSON.stringify({ id: '\u0001'.repeat(MIB / 6 - 5), value: 1 }) },
  { name: 'an array of numbers', body: `{"id":"a","value":1,"x":[${'1e23,'.repeat(MIB / 5 - 8)}0]}` },
  { name: 'an array of empty strings', body: `{"id":"a","value":1,"x":[${'"",'.repeat(MIB / 3 - 13)}0]}` },
  { name: 'the same members again and again', body: `{${'"id":"a","value":1e23,'.repeat(MIB / 22 - 1)}"id":"b"}` },
  { name: 'a number of many digits', body: `{"id":"a","value":${'9'.repeat(MIB - 40)}e-${MIB}}` },
  { name: 'a number of many zeros', body: `{"id":"a","value":-0.${'0'.repeat(MIB - 40)}1e+${MIB}}` },
];

test.for(CASES)('the oracle agrees with the table on $name', ({ body, repeat = 1, status, answer }) => {
  expect(expectedAnswer(body.repeat(repeat))).toBe(answerOf(status, answer));
});

// Whoever lacks a compiler can still run the tests; CI has them all.
test.skipIf(!process.env['CI']).for(MISSING)('$name is built (to get its compiler: $install)', ({ name }) => {
  expect.unreachable(`run node examples/build.ts ${name}`);
});

describe.for(BUILT)('$name', ({ name }) => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await WebAssembly.compile(readFileSync(modulePath(name)));
  });

  const answerTo = async (body: string): Promise<Run> => runModule(module, eventOf(body));
  const success = (stdout: string): Run => ({ exitCode: 0, stdout, stderr: '' });

  test('is a WASI command', () => {
    const imported = new Set(WebAssembly.Module.imports(module).map((entry) => entry.module));
    expect([...imported]).toEqual(['wasi_snapshot_preview1']);
    expect(WebAssembly.Module.exports(module)).toEqual(
      expect.arrayContaining([
        { name: 'memory', kind: 'memory' },
        { name: '_start', kind: 'function' },
      ]),
    );
  });

  test.for(CASES)('answers $status to $name', async ({ body, repeat = 1, status, answer }) => {
    expect(await answerTo(body.repeat(repeat))).toEqual(success(answerOf(status, answer)));
  });

  test('answers 400 to a body that is not UTF-8', async () => {
    const run = await runModule(module, eventOf('/w==', 'base64'));
    expect(run).toEqual(success(refusal('the body is not UTF-8: send JSON')));
  });

  test('answers 400 to an event that has no body', async () => {
    const event = { version: 1, trigger: 'cron', id: '01JD5Z3Q8N', function: 'tax', event: { name: 'nightly' } };
    const run = await runModule(module, JSON.stringify(event));
    expect(run).toEqual(success(refusal('the body is empty: send a JSON object with id and value')));
  });

  test.for(HOSTILE)('answers a body of 1 MiB that is $name', async ({ body }) => {
    expect(await answerTo(body)).toEqual(success(expectedAnswer(body)));
  });

  test.for(['', 'GET / HTTP/1.1', '[]', '{"body":'])(
    'exits with 1 if stdin is %j, which is no event',
    async (stdin) => {
      const stderr = 'stdin is not an event of contract version 1\n';
      expect(await runModule(module, stdin)).toEqual({ exitCode: 1, stdout: '', stderr });
    },
  );

  test('answers as JavaScript would, for any id and value', async () => {
    const property = fc.asyncProperty(anyText, anyValue, async (id, value) => {
      const body = JSON.stringify({ id, value });
      expect(await answerTo(body)).toEqual(success(expectedAnswer(body)));
    });
    await fc.assert(property);
  });

  test('reads any number as JavaScript would', async () => {
    const property = fc.asyncProperty(numberText, async (value) => {
      const body = `{"id":"a","value":${value}}`;
      expect(await answerTo(body)).toEqual(success(expectedAnswer(body)));
    });
    await fc.assert(property);
  });

  test('accepts and refuses the same JSON as JavaScript', async () => {
    const property = fc.asyncProperty(nearlyJson, async (body) => {
      expect(await answerTo(body)).toEqual(success(expectedAnswer(body)));
    });
    await fc.assert(property);
  });
});
