import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { MAX_HEADER_BYTES, MAX_HEADER_LINES } from './answer-headers.ts';
import type { Answer, ContractInput } from './contract.ts';
import { MAX_DEPTH, MAX_VALUES } from './json-document.ts';
import { jsonContract } from './json.ts';
import { asBytes, backgroundInput, httpInput, isAnswerOrRefusal, outcomeOf, refusalOf } from './testdata/inputs.ts';

const BOM = Buffer.of(0xef, 0xbb, 0xbf);

function decode(output: unknown, input: ContractInput = httpInput()): Answer {
  const isRaw = typeof output === 'string' || output instanceof Uint8Array;
  return jsonContract.decode(asBytes(isRaw ? output : JSON.stringify(output)), input);
}

function bodyText({ body }: Answer): string {
  return Buffer.from(body).toString('utf8');
}

test('reads a full answer', () => {
  const answer = decode({
    status: 201,
    headers: { 'Content-Type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] },
    body: 'Grüße',
    encoding: 'utf8',
  });
  expect(answer.status).toBe(201);
  expect(answer.headers).toEqual(['content-type', 'text/plain', 'set-cookie', 'a=1', 'set-cookie', 'b=2']);
  expect(bodyText(answer)).toBe('Grüße');
});

test('an empty object is an empty 200', () => {
  expect(decode({})).toEqual({ status: 200, headers: [], body: new Uint8Array(0) });
});

test('allows white space around the document', () => {
  expect(bodyText(decode(' \r\n\t{"body":"x"}\n\n'))).toBe('x');
});

test('reads the answer of a background invocation', () => {
  expect(decode({ body: 'done' }, backgroundInput({ trigger: 'cron', event: {} })).status).toBe(200);
});

test.for([
  { why: 'nothing', output: '', reason: 'wrote nothing to stdout' },
  { why: 'white space', output: ' \n', reason: 'not one JSON document' },
  { why: 'partial JSON', output: '{"status":200,"body":"ab', reason: 'not one JSON document' },
  { why: 'two documents', output: '{}{}', reason: 'not one JSON document' },
  { why: 'two lines of JSON', output: '{}\n{}\n', reason: 'not one JSON document' },
  { why: 'text', output: 'Hello, world', reason: 'not one JSON document' },
  { why: 'text before the JSON', output: 'debug: x\n{}', reason: 'log to stderr' },
  { why: 'a byte order mark', output: Buffer.concat([BOM, Buffer.from('{}')]), reason: 'byte order mark' },
  { why: 'NaN', output: '{"status":NaN}', reason: 'not one JSON document' },
  { why: 'a trailing comma', output: '{"status":200,}', reason: 'not one JSON document' },
  { why: 'a comment', output: '{} // done', reason: 'not one JSON document' },
  { why: 'a NUL', output: '{}\0', reason: 'not one JSON document' },
  { why: 'invalid UTF-8', output: Buffer.from('{"body":"\xff"}', 'latin1'), reason: 'not valid UTF-8' },
  { why: 'a list', output: '[]', reason: 'stdout is a list' },
  { why: 'a string', output: '"text"', reason: 'stdout is "text"' },
  { why: 'null', output: 'null', reason: 'stdout is null' },
  { why: 'a number', output: '200', reason: 'stdout is 200' },
  { why: 'an unknown field', output: '{"stauts":200}', reason: 'unknown field "stauts"' },
  { why: '__proto__', output: '{"__proto__":{"status":404}}', reason: 'unknown field "__proto__"' },
  { why: 'a field twice', output: '{"status":200,"status":404}', reason: 'a field twice' },
  { why: 'a field twice, once escaped', output: '{"status":200,"st\\u0061tus":404}', reason: 'a field twice' },
])('refuses output that is $why', ({ output, reason }) => {
  const error = refusalOf(() => decode(output));
  expect(error.code).toBe('ERR_GUEST_OUTPUT');
  expect(error.message).toContain(reason);
  expect(error.details).toEqual({ field: 'stdout' });
});

test.for(['[', '{"a":', '[[]],['])('refuses a document of two million %s at once', (piece) => {
  expect(refusalOf(() => decode(piece.repeat(2_000_000))).message).toMatch(/nested deeper than 64|more than 4096/);
});

test('parses a document at the depth limit and refuses it one level deeper', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(refusalOf(() => decode(nested(MAX_DEPTH))).message).toContain('stdout is a list');
  expect(refusalOf(() => decode(nested(MAX_DEPTH + 1))).message).toContain('nested deeper');
});

test('parses a document with as many values as allowed and refuses one more', () => {
  const list = (count: number) => `[${Array.from({ length: count }, () => 1).join(',')}]`;
  expect(refusalOf(() => decode(list(MAX_VALUES - 1))).message).toContain('stdout is a list');
  expect(refusalOf(() => decode(list(MAX_VALUES + 1))).message).toContain(`more than ${MAX_VALUES}`);
});

test.for(['{{{'.repeat(100), '",:'.repeat(5000), '\\"'.repeat(5000), '\\\\', '\\', '"', '}]'.repeat(100)])(
  'does not count what is inside of strings: %#',
  (body) => {
    expect(bodyText(decode({ headers: { a: '1:2,3' }, body }))).toBe(body);
  },
);

test.for([200, 204, 299, 404, 599])('allows status %d', (status) => {
  expect(decode({ status }).status).toBe(status);
});

test.for([
  '0',
  '99',
  '100',
  '101',
  '199',
  '600',
  '1000',
  '-200',
  '200.5',
  '"200"',
  'null',
  'true',
  '[200]',
  '{}',
  '1e400',
])('refuses status %s and says so', (status) => {
  const error = refusalOf(() => decode(`{"status":${status}}`));
  expect(error.details).toEqual({ field: 'status' });
  const shown = { '[200]': 'a list', '{}': 'an object', '1e400': 'Infinity' }[status] ?? status;
  expect(error.message).toContain(`status is ${shown}: make it an integer from 200 to 599`);
});

test.for([204, 205, 304])('refuses a body with status %d', (status) => {
  expect(refusalOf(() => decode({ status, body: 'x' })).details).toEqual({ field: 'body' });
  expect(decode({ status, body: '' }).body).toHaveLength(0);
});

test.for(['null', '1', 'true', '{"a":1}', '["x"]'])('refuses the body %s', (body) => {
  const error = refusalOf(() => decode(`{"body":${body}}`));
  expect(error.details).toEqual({ field: 'body' });
  expect(error.message).toContain('make it a string');
});

test.for(['"\\ud800"', '"\\udc00"', '"a\\udc00\\ud800"'])(
  'refuses a body with half of a surrogate pair: %s',
  (body) => {
    expect(refusalOf(() => decode(`{"body":${body}}`)).message).toContain('surrogate');
  },
);

test.for([null, 'UTF8', 'hex', 'utf-8', 1, ['utf8']])('refuses the encoding %s', (encoding) => {
  expect(refusalOf(() => decode({ body: '', encoding })).details).toEqual({ field: 'encoding' });
});

test('keeps every byte of a base64 body', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  expect(Buffer.from(decode({ body: bytes.toString('base64'), encoding: 'base64' }).body).equals(bytes)).toBe(true);
  const large = Buffer.alloc(1024 * 1024 + 1, bytes);
  expect(Buffer.from(decode({ body: large.toString('base64'), encoding: 'base64' }).body).equals(large)).toBe(true);
});

test.for([
  'A',
  'AA',
  'AAA',
  'AA=',
  'AA===',
  'AAAA=',
  '=',
  '====',
  'AA==AAAA',
  'AAA\n',
  'A AA',
  'AA-_',
  'AAA*',
  'AB==',
  'AAB=',
  'ÄAAA',
  '\ud800AAA',
])('refuses the base64 %j', (body) => {
  expect(refusalOf(() => decode({ body, encoding: 'base64' })).details).toEqual({ field: 'body' });
});

test('gives the body memory of its own, so that it can be sent to another thread', () => {
  for (const encoding of ['utf8', 'base64']) {
    const { body } = decode({ body: 'AAAA', encoding });
    expect(body.buffer.byteLength).toBe(body.byteLength);
  }
});

test.for<{ headers: object; expected: string[] }>([
  { headers: { 'X-A': '1' }, expected: ['x-a', '1'] },
  { headers: { a: [] }, expected: [] },
  { headers: { a: '' }, expected: ['a', ''] },
  { headers: { a: ' \tx y\t ' }, expected: ['a', 'x y'] },
  { headers: { a: 'x\ty' }, expected: ['a', 'x\ty'] },
  { headers: { a: 'é\u00a0' }, expected: ['a', 'é\u00a0'] },
  { headers: { "!#$%&'*+-.^_`|~09az": 'x' }, expected: ["!#$%&'*+-.^_`|~09az", 'x'] },
  { headers: { 'A-b': '1', 'a-B': '2' }, expected: ['a-b', '1', 'a-b', '2'] },
  { headers: { constructor: 'x' }, expected: ['constructor', 'x'] },
])('reads the headers %j', ({ headers, expected }) => {
  expect(decode({ headers }).headers).toEqual(expected);
});

test('a header named __proto__ is a header like any other', () => {
  expect(decode('{"headers":{"__proto__":["x"]}}').headers).toEqual(['__proto__', 'x']);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test.for(['', ' ', 'a b', 'a:', 'a\r\n', 'ä', 'a"', 'a/b', 'a\0'])('refuses the header name %j', (name) => {
  const error = refusalOf(() => decode({ headers: { [name]: 'x' } }));
  expect(error.details).toEqual({ field: 'headers' });
  expect(error.message).toContain('is not a header name');
});

test.for([
  'a\r\nset-cookie: x',
  'a\rb',
  'a\nb',
  'a\0b',
  '\u001b[31m',
  'a\u007f',
  '€',
  '\ud800',
  'x\n',
  1,
  null,
  true,
  {},
  [1],
  [null],
  [['a']],
  [{ b: 'c' }],
])('refuses the header value %j', (value) => {
  expect(refusalOf(() => decode({ headers: { 'X-Bad': value } })).details).toEqual({ field: 'headers.x-bad' });
});

test.for([null, [], ['a'], 'a: b', 1])('refuses the headers %j', (headers) => {
  expect(refusalOf(() => decode({ headers })).details).toEqual({ field: 'headers' });
});

test('refuses a header name that is there twice', () => {
  const error = refusalOf(() => decode('{"headers":{"a":"1","a":"2"}}'));
  expect(error.message).toContain('a name twice');
});

test.for(['Connection', 'Keep-Alive', 'Proxy-Connection', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade'])(
  'refuses the hop-by-hop header %s',
  (name) => {
    const error = refusalOf(() => decode({ headers: { [name]: 'x' } }));
    expect(error.message).toContain(`"${name.toLowerCase()}" belongs to the connection`);
  },
);

test.for([
  { method: 'GET', status: 200, body: 'abc', length: '3', allowed: true },
  { method: 'GET', status: 200, body: 'é', length: '2', allowed: true },
  { method: 'GET', status: 200, body: 'abc', length: '4', allowed: false },
  { method: 'GET', status: 200, body: 'abc', length: '03', allowed: false },
  { method: 'GET', status: 200, body: 'abc', length: '-3', allowed: false },
  { method: 'GET', status: 200, body: '', length: '0', allowed: true },
  { method: 'GET', status: 304, body: '', length: '500', allowed: true },
  { method: 'HEAD', status: 200, body: '', length: '500', allowed: true },
  { method: 'HEAD', status: 200, body: '', length: 'many', allowed: false },
  { method: 'HEAD', status: 200, body: '', length: '', allowed: false },
])('content-length $length for $method $status with "$body": $allowed', ({ method, status, body, length, allowed }) => {
  const call = () => decode({ status, headers: { 'Content-Length': length, a: 'b' }, body }, httpInput({ method }));
  const outcome = allowed ? call().headers : refusalOf(call).details;
  expect(outcome).toEqual(allowed ? ['a', 'b'] : { field: 'headers.content-length' });
});

test('keeps the body of an answer to HEAD', () => {
  expect(bodyText(decode({ body: 'abc' }, httpInput({ method: 'HEAD' })))).toBe('abc');
});

test('allows as many header lines as the limit, in lists or not, and refuses one more', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  expect(decode({ headers: { a: lines(MAX_HEADER_LINES) } }).headers).toHaveLength(MAX_HEADER_LINES * 2);
  expect(refusalOf(() => decode({ headers: { a: lines(MAX_HEADER_LINES + 1) } })).message).toContain('100 lines');
  const named = Object.fromEntries(lines(200).map((index) => [`x-${index}`, index]));
  expect(refusalOf(() => decode({ headers: named })).message).toContain('100 lines');
});

test('allows headers up to the size limit and refuses one byte more', () => {
  const value = 'x'.repeat(MAX_HEADER_BYTES - 1);
  expect(decode({ headers: { a: value } }).headers[1]).toBe(value);
  expect(refusalOf(() => decode({ headers: { a: `${value}x` } })).message).toContain('16384 bytes');
});

test('never puts more than a short piece of the output into an error', () => {
  const long = 'x'.repeat(100_000);
  const outputs = [
    long,
    { [long]: 1 },
    { status: long },
    { encoding: long },
    { body: `${long}*`, encoding: 'base64' },
    { headers: { [`${long} `]: '' } },
    { headers: { [long]: 1 } },
    { headers: { 'content-length': long.slice(0, 10_000) } },
    { headers: long },
    `"${long}"`,
  ];
  for (const output of outputs) {
    const error = refusalOf(() => decode(output));
    expect(error.message.length).toBeLessThan(300);
    expect(JSON.stringify(error.details).length).toBeLessThan(120);
  }
});

function expectAnswerOrRefusal(output: Uint8Array): void {
  expect(isAnswerOrRefusal(outcomeOf(() => decode(output)))).toBe(true);
}

test('answers or refuses any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectAnswerOrRefusal), { numRuns: 1000 });
});

test('answers or refuses any JSON', () => {
  fc.assert(fc.property(fc.json({ stringUnit: 'binary' }).map(asBytes), expectAnswerOrRefusal), { numRuns: 1000 });
});

test('answers or refuses any value in any field', () => {
  const value = fc.oneof(
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.integer({ min: 150, max: 650 }),
    fc.constant('base64'),
  );
  const name = fc.oneof(
    fc.stringMatching(/^[a-z-]{1,9}$/),
    fc.string({ unit: 'binary' }),
    fc.constant('content-length'),
  );
  const line = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.array(fc.string()), fc.jsonValue());
  const fields = fc.record(
    {
      status: value,
      headers: fc.oneof(fc.dictionary(name, line), value),
      body: fc.oneof(fc.string(), value),
      encoding: value,
    },
    { requiredKeys: [] },
  );
  const output = fields.map((document) => asBytes(JSON.stringify(document)));
  fc.assert(fc.property(output, expectAnswerOrRefusal), { numRuns: 2000 });
});

test('answers or refuses a valid answer with one byte changed', () => {
  const valid = Buffer.from('{"status":200,"headers":{"a":["b","c"],"d":"e"},"body":"text","encoding":"utf8"}');
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 }), (index, byte) => {
      const output = Buffer.from(valid);
      output[index] = byte;
      expect(isAnswerOrRefusal(outcomeOf(() => decode(output)))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
