import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { openClient, problemCode, send, sendGood, startListener } from './raw-client.fixture.ts';

interface Refusal {
  readonly what: string;
  readonly bytes: string;
  readonly status: number;
  readonly code: string;
}

const H = 'host: a\r\n';
const POST = `POST / HTTP/1.1\r\n${H}`;
const BAD = { status: 400, code: 'ERR_REQUEST_MALFORMED' };
const NOT_IMPLEMENTED = { status: 501, code: 'ERR_METHOD_NOT_IMPLEMENTED' };
const VERSION = { status: 505, code: 'ERR_VERSION_NOT_SUPPORTED' };
const HEADERS = { status: 431, code: 'ERR_HEADERS_TOO_LARGE' };

const refusals: readonly Refusal[] = [
  { what: 'no host', bytes: 'GET / HTTP/1.1\r\n\r\n', ...BAD },
  { what: 'an empty host', bytes: 'GET / HTTP/1.1\r\nhost:\r\n\r\n', ...BAD },
  { what: 'two hosts', bytes: `GET / HTTP/1.1\r\n${H}Host: b\r\n\r\n`, ...BAD },
  { what: 'two equal hosts', bytes: `GET / HTTP/1.1\r\n${H}${H}\r\n`, ...BAD },
  { what: 'a host with a path', bytes: 'GET / HTTP/1.1\r\nhost: a/b\r\n\r\n', ...BAD },
  { what: 'a host with user information', bytes: 'GET / HTTP/1.1\r\nhost: u@a\r\n\r\n', ...BAD },
  { what: 'a host with a bad port', bytes: 'GET / HTTP/1.1\r\nhost: a:80x\r\n\r\n', ...BAD },
  { what: 'two hosts in one field', bytes: 'GET / HTTP/1.1\r\nhost: a, b\r\n\r\n', ...BAD },
  { what: 'a host that is not ASCII', bytes: 'GET / HTTP/1.1\r\nhost: \xe4\r\n\r\n', ...BAD },
  { what: 'a target that contradicts the host', bytes: `GET http://b/ HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a target with user information', bytes: `GET http://u@a/ HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a target of another scheme', bytes: `GET ftp://a/ HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a star for another method than OPTIONS', bytes: `GET * HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a target with a fragment', bytes: `GET /a#b HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a query with a fragment', bytes: `GET /?a#b HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a target that is not ASCII', bytes: `GET /\xe4 HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a target with a control character', bytes: `GET /a\x01b HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'an escaped NUL', bytes: `GET /a%00 HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'an escaped climb', bytes: `GET /a/%2e%2e%2fb HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a climb', bytes: `GET /a/../b HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a backslash', bytes: `GET /a\\b HTTP/1.1\r\n${H}\r\n`, ...BAD },
  { what: 'a bad percent escape', bytes: `GET /%zz HTTP/1.1\r\n${H}\r\n`, ...BAD },
  {
    what: 'HTTP/1.0 with chunked',
    bytes: `POST / HTTP/1.0\r\n${H}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...BAD,
  },
  { what: 'a coding before chunked', bytes: `${POST}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, ...BAD },
  { what: 'a coding other than chunked', bytes: `${POST}transfer-encoding: gzip\r\n\r\n`, ...BAD },
  { what: 'identity', bytes: `${POST}transfer-encoding: identity\r\n\r\n`, ...BAD },
  {
    what: 'two transfer encodings',
    bytes: `${POST}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...BAD,
  },
  {
    what: 'a length and then chunked',
    bytes: `${POST}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nG`,
    ...BAD,
  },
  {
    what: 'chunked and then a length',
    bytes: `${POST}transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\nG`,
    ...BAD,
  },
  { what: 'two lengths', bytes: `${POST}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, ...BAD },
  { what: 'two equal lengths', bytes: `${POST}content-length: 1\r\ncontent-length: 1\r\n\r\na`, ...BAD },
  { what: 'a list of lengths', bytes: `${POST}content-length: 1, 1\r\n\r\na`, ...BAD },
  { what: 'a negative length', bytes: `${POST}content-length: -1\r\n\r\n`, ...BAD },
  { what: 'a length with a sign', bytes: `${POST}content-length: +1\r\n\r\na`, ...BAD },
  { what: 'a length in hexadecimal', bytes: `${POST}content-length: 0x1\r\n\r\na`, ...BAD },
  { what: 'a length beyond 64 bits', bytes: `${POST}content-length: 99999999999999999999\r\n\r\n`, ...BAD },
  { what: 'a space before a colon', bytes: `${POST}content-length : 1\r\n\r\na`, ...BAD },
  { what: 'a folded field', bytes: `${POST}x: a\r\n b\r\n\r\n`, ...BAD },
  { what: 'a bare line feed in a field', bytes: `${POST}x: a\nb: c\r\n\r\n`, ...BAD },
  { what: 'a NUL in a field', bytes: `${POST}x: a\0b\r\n\r\n`, ...BAD },
  { what: 'a field name with a space', bytes: `${POST}x y: a\r\n\r\n`, ...BAD },
  { what: 'a bad chunk size', bytes: `${POST}transfer-encoding: chunked\r\n\r\nzz\r\n`, ...BAD },
  { what: 'a negative chunk size', bytes: `${POST}transfer-encoding: chunked\r\n\r\n-1\r\n`, ...BAD },
  { what: 'a chunk without its end', bytes: `${POST}transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n`, ...BAD },
  { what: 'TRACE', bytes: `TRACE / HTTP/1.1\r\n${H}\r\n`, ...NOT_IMPLEMENTED },
  { what: 'CONNECT', bytes: 'CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n', ...NOT_IMPLEMENTED },
  {
    what: 'CONNECT with a body',
    bytes: 'CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\ncontent-length: 9\r\n\r\nabc',
    ...NOT_IMPLEMENTED,
  },
  { what: 'an unknown method', bytes: `BREW / HTTP/1.1\r\n${H}\r\n`, ...NOT_IMPLEMENTED },
  { what: 'HTTP/2.0 in a request line', bytes: `GET / HTTP/2.0\r\n${H}\r\n`, ...VERSION },
  { what: 'HTTP/1.2', bytes: `GET / HTTP/1.2\r\n${H}\r\n`, ...VERSION },
  { what: 'HTTP/0.9', bytes: `GET / HTTP/0.9\r\n${H}\r\n`, ...VERSION },
  { what: 'a TLS hello', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', ...BAD },
  {
    what: 'another expectation',
    bytes: `${POST}expect: a-miracle\r\n\r\n`,
    status: 417,
    code: 'ERR_EXPECTATION_FAILED',
  },
  {
    what: 'a target over the limit',
    bytes: `GET /${'a'.repeat(8192)} HTTP/1.1\r\n${H}\r\n`,
    status: 414,
    code: 'ERR_URI_TOO_LONG',
  },
  { what: '101 fields', bytes: `GET / HTTP/1.1\r\n${H}${'x: y\r\n'.repeat(100)}\r\n`, ...HEADERS },
  { what: 'fields over the limit', bytes: `GET / HTTP/1.1\r\n${H}x: ${'y'.repeat(16_384)}\r\n\r\n`, ...HEADERS },
  { what: 'fields far over the limit', bytes: `GET / HTTP/1.1\r\n${H}x: ${'y'.repeat(200_000)}\r\n\r\n`, ...HEADERS },
];

test.for(refusals)('refuses $what with $status', async ({ bytes, status, code }) => {
  const { port, finished } = await startListener();
  const client = openClient(port).write(bytes);

  const answer = await client.answer();

  expect(answer).toMatchObject({
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', connection: 'close' },
  });
  expect(problemCode(answer)).toBe(code);
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status, request_id: answer?.headers['x-request-id'] });
  client.socket.end();
  await client.closed;
  expect(client.pending).toBe('');
  expect(await sendGood(port)).toBe(200);
  expect(finished.map(({ status, error }) => [status, error?.code])).toEqual([
    [status, code],
    [200, undefined],
  ]);
});

test('refuses the preface of HTTP/2', async () => {
  const { port } = await startListener();
  const client = openClient(port).write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  expect((await client.answer())?.status).toBe(505);
  expect(await sendGood(port)).toBe(200);
});

test.for([
  {
    what: 'after chunked and a length',
    bytes: `${POST}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  { what: 'after a coding before chunked', bytes: `${POST}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n` },
  { what: 'after HTTP/1.0 with chunked', bytes: `POST / HTTP/1.0\r\n${H}transfer-encoding: chunked\r\n\r\n0\r\n\r\n` },
  { what: 'after two hosts', bytes: `GET / HTTP/1.1\r\n${H}${H}\r\n` },
])('does not serve a request smuggled in $what', async ({ bytes }) => {
  const served: string[] = [];
  const { port } = await startListener((exchange) => {
    served.push(exchange.path);
    exchange.answer(200, [], exchange.body);
  });
  const client = openClient(port).write(`${bytes}GET /smuggled HTTP/1.1\r\n${H}\r\n`);

  expect((await client.answer())?.status).toBe(400);
  expect(await client.answer()).toBeUndefined();
  await client.closed;
  expect(served).toEqual([]);
});

test.for([
  { what: 'a target at the limit', bytes: `GET /${'a'.repeat(8191)} HTTP/1.1\r\n${H}\r\n` },
  { what: '100 fields', bytes: `GET / HTTP/1.1\r\n${H}${'x: y\r\n'.repeat(99)}\r\n` },
  { what: 'fields at the limit', bytes: `GET / HTTP/1.1\r\n${H}x: ${'y'.repeat(16_384 - 9 - 5)}\r\n\r\n` },
  { what: 'both at the limit', bytes: `GET /${'a'.repeat(8191)} HTTP/1.1\r\n${H}x: ${'y'.repeat(16_370)}\r\n\r\n` },
  { what: 'an absolute target that agrees with the host', bytes: `GET http://A:80/x HTTP/1.1\r\nhost: a:80\r\n\r\n` },
  { what: 'HTTP/1.0 without host', bytes: 'GET / HTTP/1.0\r\n\r\n' },
  { what: 'an IPv6 host', bytes: 'GET / HTTP/1.1\r\nhost: [::1]:8080\r\n\r\n' },
  {
    what: 'an offer of h2c, as a plain request',
    bytes: `GET / HTTP/1.1\r\n${H}connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n`,
  },
  {
    what: 'an offer of WebSocket, as a plain request',
    bytes: `GET / HTTP/1.1\r\n${H}connection: upgrade\r\nupgrade: websocket\r\n\r\n`,
  },
  {
    what: 'a body that says it is a gzip bomb, unopened',
    bytes: `${POST}content-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08`,
  },
])('serves $what', async ({ bytes }) => {
  const { port } = await startListener();
  expect((await send(port, bytes))?.status).toBe(200);
});

test('gives the host in lower case with its port, and paths in normal form', async () => {
  const { port, finished, finishedCount } = await startListener();
  await send(port, 'GET //a/%7eb;x=1?q=%zz HTTP/1.1\r\nHost: Shop.Example:8080\r\n\r\n');
  await finishedCount(1);
  expect(finished[0]).toMatchObject({ host: 'shop.example:8080', path: '/a/~b;x=1', query: 'q=%zz', status: 200 });
});

test('survives random bytes and random damage to a request', async () => {
  const { port } = await startListener(undefined, { lingerMs: 10 });
  const good = `${POST}content-length: 3\r\nx: y\r\n\r\nabc`;
  const damaged = fc
    .tuple(fc.nat(good.length - 1), fc.string({ unit: 'binary-ascii', maxLength: 4 }))
    .map(([at, bytes]) => good.slice(0, at) + bytes + good.slice(at + bytes.length));
  const garbage = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, garbage), async (bytes) => {
      const client = openClient(port).write(bytes);
      client.socket.end();
      await client.closed;
    }),
    { numRuns: 300 },
  );
  expect(await sendGood(port)).toBe(200);
});
