import { isUtf8 } from 'node:buffer';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { ContractInput } from './contract.ts';
import { jsonContract } from './json.ts';
import { backgroundInput, httpInput, parseObject } from './testdata/inputs.ts';

function textOf(input: ContractInput): string {
  return Buffer.from(jsonContract.encode(input)).toString('utf8');
}

function encoded(input: ContractInput): Record<string, unknown> {
  return parseObject(textOf(input));
}

test('gives the guest the document of the contract, version 1', () => {
  const trace = { traceparent: '00-4bf9-00f0-01', tracestate: 'a=b' };
  expect(encoded(httpInput({}, { trace }))).toEqual({
    version: 1,
    trigger: 'http',
    id: '01J',
    function: 'tax',
    route: '/api/tax/:id',
    method: 'POST',
    scheme: 'https',
    host: 'shop.example',
    remote_addr: '203.0.113.7',
    uri: '/api/tax/7?a=1&a=2',
    path: '/api/tax/7',
    params: { id: '7' },
    query: { a: ['1', '2'] },
    headers: { 'content-type': ['application/json'] },
    body: '{"value":100}',
    encoding: 'utf8',
    deadline_ms: 2000,
    trace,
  });
});

test.for(['cron', 'queue', 'event', 'invoke'] as const)(
  'gives a %s invocation its event and no field of HTTP',
  (trigger) => {
    expect(encoded(backgroundInput({ trigger, event: { due: ['now'] } }))).toEqual({
      version: 1,
      trigger,
      id: '01J',
      function: 'tax',
      event: { due: ['now'] },
      deadline_ms: 2000,
    });
  },
);

test('gives an absent event as null', () => {
  expect(encoded(backgroundInput({ trigger: 'cron', event: undefined }))).toHaveProperty('event', null);
});

test('leaves the deadline out where there is none', () => {
  expect(encoded(httpInput({}, { deadlineMs: Infinity }))).not.toHaveProperty('deadline_ms');
});

test('keeps repeated headers as a list under one lower-case name', () => {
  const rawHeaders = ['X-A', '1', 'Cookie', 'c', 'x-a', '2', 'X-a', ''];
  expect(encoded(httpInput({ rawHeaders }))['headers']).toEqual({ 'x-a': ['1', '2', ''], cookie: ['c'] });
});

test('has no question mark in the uri without a query', () => {
  expect(encoded(httpInput({ query: '' }))).toMatchObject({ uri: '/api/tax/7', query: {} });
});

test.for([
  { query: 'a=1&a=2&b=3', expected: { a: ['1', '2'], b: ['3'] } },
  { query: 'a', expected: { a: [''] } },
  { query: 'a=', expected: { a: [''] } },
  { query: '=1', expected: { '': ['1'] } },
  { query: '&&a=1&', expected: { a: ['1'] } },
  { query: 'a=b=c', expected: { a: ['b=c'] } },
  { query: 'a=1+2%2B3', expected: { a: ['1 2+3'] } },
  { query: '%61=%C3%BC%E2%82%AC', expected: { a: ['ü€'] } },
  { query: 'a=%00', expected: { a: ['\0'] } },
  { query: 'a=100%', expected: { a: ['100%'] } },
  { query: 'a=%zz%4', expected: { a: ['%zz%4'] } },
  { query: 'a=%ff', expected: { a: ['%ff'] } },
  { query: 'a=%C3', expected: { a: ['%C3'] } },
  { query: 'a=%ED%A0%80', expected: { a: ['%ED%A0%80'] } },
  { query: 'a=%EF%BB%BFx', expected: { a: ['\uFEFFx'] } },
  { query: '?a=1', expected: { '?a': ['1'] } },
])('reads the query $query', ({ query, expected }) => {
  expect(encoded(httpInput({ query }))['query']).toEqual(expected);
});

test('keeps __proto__ as a name in headers, params and query', () => {
  const input = httpInput({
    rawHeaders: ['__proto__', 'h', 'constructor', 'c'],
    params: Object.fromEntries([['__proto__', 'p']]),
    query: '__proto__=q&toString=t',
  });
  expect(textOf(input)).toContain('"params":{"__proto__":"p"},"query":{"__proto__":["q"],"toString":["t"]}');
  expect(textOf(input)).toContain('"headers":{"__proto__":["h"],"constructor":["c"]}');
});

test.for([
  { why: 'empty', body: Buffer.from(''), encoding: 'utf8' },
  { why: 'NUL', body: Buffer.from('a\0b'), encoding: 'utf8' },
  { why: 'byte order mark', body: Buffer.from('\uFEFFabc'), encoding: 'utf8' },
  { why: 'line separators', body: Buffer.from('\u2028\u2029'), encoding: 'utf8' },
  { why: 'quotes and backslashes', body: Buffer.from('"\\"\n\t\u007f'), encoding: 'utf8' },
  { why: 'emoji', body: Buffer.from('😀'), encoding: 'utf8' },
  { why: 'a lone 0xff', body: Buffer.of(0xff), encoding: 'base64' },
  { why: 'a surrogate in UTF-8', body: Buffer.of(0xed, 0xa0, 0x80), encoding: 'base64' },
  { why: 'a character cut in half', body: Buffer.from('ü').subarray(0, 1), encoding: 'base64' },
  { why: 'a view of a larger buffer', body: Buffer.from('xxabcxx').subarray(2, 5), encoding: 'utf8' },
])('keeps every byte of a body: $why', ({ body, encoding }) => {
  const document = encoded(httpInput({ body }));
  expect(document['encoding']).toBe(encoding);
  const nodeEncoding = encoding === 'utf8' ? 'utf8' : 'base64';
  expect(Buffer.from(String(document['body']), nodeEncoding)).toEqual(Buffer.from(body));
});

test('keeps every byte of a body of 1 MiB', () => {
  const body = Buffer.alloc(1024 * 1024, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
  expect(Buffer.from(String(encoded(httpInput({ body }))['body']), 'base64').equals(body)).toBe(true);
});

test('writes valid UTF-8 even for half of a surrogate pair', () => {
  expect(isUtf8(jsonContract.encode(httpInput({ params: { id: '\uD800' } })))).toBe(true);
});

test('gives back the request, whatever its bytes, headers and query', () => {
  const text = fc.string({ unit: 'binary' });
  const latin1 = fc.array(fc.integer({ min: 0x20, max: 0xff })).map((codes) => String.fromCharCode(...codes));
  const header = fc.tuple(fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), latin1);
  const pair = fc.tuple(text, text);
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.array(header),
      fc.array(pair),
      fc.dictionary(text, text),
      (body, headers, pairs, params) => {
        const query = pairs
          .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
          .join('&');
        const document = encoded(httpInput({ body, rawHeaders: headers.flat(), query, params }));
        const encoding = document['encoding'] === 'utf8' ? 'utf8' : 'base64';
        expect(new Uint8Array(Buffer.from(String(document['body']), encoding))).toEqual(body);
        expect(listsOf(document['headers'])).toEqual(
          grouped(headers.map(([name, value]) => [name.toLowerCase(), value])),
        );
        expect(listsOf(document['query'])).toEqual(grouped(pairs));
        expect(new Map(Object.entries(document['params'] ?? {}))).toEqual(new Map(Object.entries(params)));
      },
    ),
  );
});

test('reads any query without failing', () => {
  const piece = fc.oneof(fc.constantFrom('%', '%2', '%zz', '%ff', '%C3', '%BC', '&', '=', '+', '?', '#'), fc.string());
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(encoded(httpInput({ query: pieces.join('') }))['query']).toBeTypeOf('object');
    }),
  );
});

function listsOf(lists: unknown): Map<string, unknown> {
  return new Map(Object.entries(lists ?? {}));
}

function grouped(pairs: readonly (readonly [string, string])[]): Map<string, unknown> {
  const lists = new Map<string, string[]>();
  for (const [name, value] of pairs) lists.set(name, [...(lists.get(name) ?? []), value]);
  return lists;
}
