import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Answer, ContractInput } from './contract.ts';
import { contractByName } from './contracts.ts';
import { asBytes, backgroundInput, httpInput, isAnswerOrRefusal, outcomeOf, refusalOf } from './testdata/inputs.ts';

const contract = contractByName('gojinn');

function encoded(input: ContractInput): unknown {
  return JSON.parse(Buffer.from(contract.encode(input)).toString('utf8'));
}

function decode(output: unknown, input: ContractInput = httpInput()): Answer {
  const isRaw = typeof output === 'string' || output instanceof Uint8Array;
  return contract.decode(asBytes(isRaw ? output : JSON.stringify(output)), input);
}

test('each contract goes by its name', () => {
  expect([contractByName('json').name, contractByName('gojinn').name]).toEqual(['json', 'gojinn']);
});

test('gives the guest the four fields, with header names as Go writes them', () => {
  const rawHeaders = ['host', 'shop.example', 'x-REQUEST-id', '1', 'etag', 'e', 'X-Request-Id', '2', 'x-1st', 'a'];
  expect(encoded(httpInput({ rawHeaders }))).toEqual({
    method: 'POST',
    uri: '/api/tax/7?a=1&a=2',
    headers: { 'X-Request-Id': ['1', '2'], Etag: ['e'], 'X-1st': ['a'] },
    body: '{"value":100}',
  });
});

test('adds the trace id of later versions where there is one', () => {
  const trace = { traceparent: '00-4bf9-00f0-01', tracestate: '' };
  expect(encoded(httpInput({}, { trace }))).toHaveProperty('trace_id', '00-4bf9-00f0-01');
});

test('gives bytes that are no UTF-8 as replacement characters, as the format has no other way', () => {
  expect(encoded(httpInput({ body: Buffer.of(0x61, 0xff) }))).toHaveProperty('body', 'a\uFFFD');
});

test.for([{ due: 'now' }, 'text', null, undefined])('gives a background event as an ASYNC request: %j', (event) => {
  expect(encoded(backgroundInput({ trigger: 'cron', event }))).toEqual({
    method: 'ASYNC',
    uri: 'internal://async/job',
    headers: { 'X-Source': ['internal'] },
    body: JSON.stringify(event ?? null),
  });
});

test('reads an answer with lists of header values', () => {
  const answer = decode({
    status: 404,
    headers: { 'Content-Type': ['text/html'], 'Set-Cookie': ['a', 'b'] },
    body: 'ü',
  });
  expect(answer.status).toBe(404);
  expect(answer.headers).toEqual(['content-type', 'text/html', 'set-cookie', 'a', 'set-cookie', 'b']);
  expect(Buffer.from(answer.body).toString()).toBe('ü');
});

test.for([
  { why: 'zero values', output: { status: 0, headers: null, body: '' }, headers: [] },
  { why: 'a nil list', output: { headers: { a: null, b: ['c'] } }, headers: ['b', 'c'] },
  { why: 'a plain string as header', output: { headers: { a: 'b' } }, headers: ['a', 'b'] },
  { why: 'unknown fields', output: { took_ms: 5, headers: { a: ['b'] } }, headers: ['a', 'b'] },
  { why: 'field names of a struct without tags', output: { Status: 200, Headers: { a: ['b'] } }, headers: ['a', 'b'] },
  { why: 'null everywhere', output: { status: null, headers: null, body: null }, headers: [] },
])('is as lenient as Go: $why', ({ output, headers }) => {
  expect(decode(output)).toEqual({ status: 200, headers, body: new Uint8Array(0) });
});

test('replaces what is no UTF-8 and keeps the status', () => {
  const answer = decode(Buffer.from('{"status":404,"body":"\xff"}', 'latin1'));
  expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([404, '\uFFFD']);
  expect(Buffer.from(decode('{"body":"\\ud800"}').body).toString()).toBe('\uFFFD');
});

test('drops the body of a status that has none', () => {
  expect(decode({ status: 204, body: 'x' })).toEqual({ status: 204, headers: [], body: new Uint8Array(0) });
});

test.for(['Hello', '<h1>Hi</h1>', '42', '"text"', '[1,2]', '{"status":', '{"a":1}{"b":2}', ' ', 'null'])(
  'answers what is no answer as plain text: %s',
  (output) => {
    const answer = decode(output);
    expect({ ...answer, body: Buffer.from(answer.body).toString() }).toEqual({
      status: 200,
      headers: ['content-type', 'text/plain; charset=utf-8'],
      body: output,
    });
  },
);

test('answers bytes that are no text as bytes', () => {
  const answer = decode(Buffer.of(0xff, 0xd8, 0xff));
  expect(answer.headers).toEqual(['content-type', 'application/octet-stream']);
  expect([...answer.body]).toEqual([0xff, 0xd8, 0xff]);
});

test('copies plain output, because its buffer is used again', () => {
  const output = Buffer.from('Hello');
  const { body } = contract.decode(output, httpInput());
  output.fill(0);
  expect(Buffer.from(body).toString()).toBe('Hello');
});

test.for([
  { why: 'nothing', output: '', field: 'stdout' },
  { why: 'status 99', output: '{"status":99}', field: 'status' },
  { why: 'status 1000', output: '{"status":1000}', field: 'status' },
  { why: 'a status in text', output: '{"status":"200"}', field: 'status' },
  { why: 'a header with CRLF', output: '{"headers":{"a":["b\\r\\nc: d"]}}', field: 'headers.a' },
  { why: 'a header name with a space', output: '{"headers":{"a b":["c"]}}', field: 'headers' },
  { why: 'a hop-by-hop header', output: '{"headers":{"Connection":["close"]}}', field: 'headers.connection' },
  { why: 'a body that is no string', output: '{"body":{"a":1}}', field: 'body' },
  { why: 'objects two million deep', output: '{"a":'.repeat(2_000_000), field: 'stdout' },
])('refuses $why', ({ output, field }) => {
  const error = refusalOf(() => decode(output));
  expect({ code: error.code, details: error.details }).toEqual({ code: 'ERR_GUEST_OUTPUT', details: { field } });
});

test('answers or refuses any bytes and any JSON', () => {
  const output = fc.oneof(fc.uint8Array(), fc.json({ stringUnit: 'binary' }).map(asBytes));
  fc.assert(
    fc.property(output, (bytes) => {
      expect(isAnswerOrRefusal(outcomeOf(() => decode(bytes)))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
