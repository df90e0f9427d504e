// The examples are one function in four languages: for the same event each must write the same bytes. The expected
// answers are in cases.json, written by hand; for random requests JavaScript's own JSON is the oracle.

import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WASI } from 'node:wasi';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EXAMPLES, modulePath } from './build.ts';

interface Case {
  readonly name: string;
  readonly body: string;
  /** How often the body is repeated; default once. */
  readonly repeat?: number;
  readonly status: number;
  readonly answer: string;
}

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CASES = JSON.parse(readFileSync(path.join(import.meta.dirname, 'cases.json'), 'utf8')) as Case[];
const TAX_EXAMPLES = EXAMPLES.map(({ name, install }) => ({ name, install, isBuilt: existsSync(modulePath(name)) }));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'wasmgate-examples-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a command with `stdin`, on the WASI of Node, which wants real files. */
async function runModule(module: WebAssembly.Module, stdin: string): Promise<Run> {
  const [stdinPath, stdoutPath, stderrPath] = ['stdin', 'stdout', 'stderr'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  writeFileSync(stdinPath, stdin);
  const descriptors = [openSync(stdinPath, 'r'), openSync(stdoutPath, 'w'), openSync(stderrPath, 'w')] as const;
  try {
    const [stdin, stdout, stderr] = descriptors;
    const wasi = new WASI({ version: 'preview1', stdin, stdout, stderr, returnOnExit: true });
    const instance = await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports);
    const exitCode = wasi.start(instance);
    return { exitCode, stdout: readFileSync(stdoutPath, 'utf8'), stderr: readFileSync(stderrPath, 'utf8') };
  } finally {
    descriptors.forEach((descriptor) => closeSync(descriptor));
  }
}

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

const answerOf = (status: number, body: string): string =>
  JSON.stringify({ status, headers: { 'content-type': 'application/json' }, body });

const refusal = (error: string): string => answerOf(400, JSON.stringify({ error }));

/** What the function answers, said by JavaScript's own JSON and arithmetic. */
function expectedAnswer(body: string): string {
  if (body === '') return refusal('the body is empty: send a JSON object with id and value');
  let order: unknown;
  try {
    order = JSON.parse(body);
    if (!isStrict(body)) throw new SyntaxError('half a surrogate pair, or too deep');
  } catch {
    return refusal('the body is not valid JSON of at most 32 levels');
  }
  if (typeof order !== 'object' || order === null || Array.isArray(order)) {
    return refusal('the body is not an object: send a JSON object with id and value');
  }
  const own = (name: string): unknown => Object.getOwnPropertyDescriptor(order, name)?.value;
  const [id, value] = [own('id'), own('value')];
  if (typeof id !== 'string') return refusal('id must be a string');
  if (typeof value !== 'number') return refusal('value must be a number');
  const total = value * 1.15;
  if (!Number.isFinite(total)) return refusal('value is too large: the total must be below 1.8e308');
  return answerOf(200, JSON.stringify({ order_id: id, total_final: total }));
}

/** Whether valid JSON is free of what JSON.parse lets pass and the examples do not. */
function isStrict(json: string): boolean {
  const strings = json.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  let depth = 0;
  let deepest = 0;
  for (const character of json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')) {
    if ('[{'.includes(character)) deepest = Math.max(deepest, ++depth);
    if (']}'.includes(character)) depth--;
  }
  return deepest <= 32 && strings.every((string) => (JSON.parse(string) as string).isWellFormed());
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

test.for(CASES)('the oracle agrees with the table on $name', ({ body, repeat = 1, status, answer }) => {
  expect(expectedAnswer(body.repeat(repeat))).toBe(answerOf(status, answer));
});

describe.for(TAX_EXAMPLES)('$name', ({ name, install, isBuilt }) => {
  if (!isBuilt) {
    const isRequired = Boolean(process.env['CI']);
    test.skipIf(!isRequired)(`is built (to get its compiler: ${install})`, () => {
      expect(isBuilt, `run node examples/build.ts ${name}`).toBe(true);
    });
    return;
  }

  let module: WebAssembly.Module;
  beforeAll(async () => {
    module = await WebAssembly.compile(readFileSync(modulePath(name)));
  });

  async function expectSameAsOracle(body: string): Promise<void> {
    expect(await runModule(module, eventOf(body))).toEqual({ exitCode: 0, stdout: expectedAnswer(body), stderr: '' });
  }

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
    const run = await runModule(module, eventOf(body.repeat(repeat)));
    expect(run).toEqual({ exitCode: 0, stdout: answerOf(status, answer), stderr: '' });
  });

  test('answers 400 to a body that is not UTF-8', async () => {
    const { stdout } = await runModule(module, eventOf('/w==', 'base64'));
    expect(stdout).toBe(refusal('the body is not UTF-8: send JSON'));
  });

  test('answers 400 to an event that has no body', async () => {
    const event = { version: 1, trigger: 'cron', id: '01JD5Z3Q8N', function: 'tax', event: { name: 'nightly' } };
    const { stdout } = await runModule(module, JSON.stringify(event));
    expect(stdout).toBe(refusal('the body is empty: send a JSON object with id and value'));
  });

  test('answers a body of 1 MiB that is all escapes', async () => {
    const id = '"\\\u0001é'.repeat(2 ** 17);
    await expectSameAsOracle(JSON.stringify({ id, value: 1 }));
  });

  test.for(['', 'GET / HTTP/1.1', '[]', '{"body":'])(
    'exits with 1 if stdin is %j, which is no event',
    async (stdin) => {
      const { exitCode, stdout, stderr } = await runModule(module, stdin);
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: 'stdin is not an event of contract version 1\n',
      });
    },
  );

  test('answers as JavaScript would, for any id and value', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyValue, (id, value) => expectSameAsOracle(JSON.stringify({ id, value }))),
    );
  });

  test('reads any number as JavaScript would', async () => {
    await fc.assert(fc.asyncProperty(numberText, (value) => expectSameAsOracle(`{"id":"a","value":${value}}`)));
  });

  test('accepts and refuses the same JSON as JavaScript', async () => {
    await fc.assert(fc.asyncProperty(nearlyJson, expectSameAsOracle));
  });
});
