import type { Socket } from 'node:net';

import { expect, test } from 'vitest';

import type { Exchange } from './exchange.ts';
import { openClient, problemCode, sendGood, startListener } from './raw-client.fixture.ts';

const POST = 'POST / HTTP/1.1\r\nhost: a\r\n';

function byLength(length: number): string {
  return `${POST}content-length: ${length}\r\n\r\n${'x'.repeat(length)}`;
}

function chunked(length: number): string {
  const half = Math.floor(length / 2);
  const chunks = [half, length - half].map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`);
  return `${POST}transfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`;
}

test.for([
  { what: '999 bytes by length', bytes: byLength(999), size: 999 },
  { what: '1000 bytes by length', bytes: byLength(1000), size: 1000 },
  { what: '999 bytes in chunks', bytes: chunked(999), size: 999 },
  { what: '1000 bytes in chunks', bytes: chunked(1000), size: 1000 },
  { what: 'no bytes in chunks', bytes: `${POST}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, size: 0 },
  { what: 'no bytes by length', bytes: `${POST}content-length: 0\r\n\r\n`, size: 0 },
])('reads $what under a limit of 1000 and keeps the connection', async ({ bytes, size }) => {
  const { port } = await startListener();
  const client = openClient(port).write(bytes);
  expect(await client.answer()).toMatchObject({ status: 200, body: `POST / ${size}` });
  client.write('GET /next HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await client.answer()).toMatchObject({ status: 200, body: 'GET /next 0' });
});

test.for([
  { what: '1001 bytes by length', bytes: byLength(1001) },
  { what: '1001 bytes in chunks', bytes: chunked(1001) },
  { what: 'a length of terabytes before the bytes come', bytes: `${POST}content-length: 99999999999999\r\n\r\n` },
])('refuses $what over a limit of 1000', async ({ bytes }) => {
  const { port } = await startListener();
  const client = openClient(port).write(bytes);
  const answer = await client.answer();
  expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
  expect(problemCode(answer)).toBe('ERR_BODY_TOO_LARGE');
  client.socket.end();
  await client.closed;
  expect(await sendGood(port)).toBe(200);
});

test('lets a client that goes on sending read its refusal', async () => {
  const { port } = await startListener();
  const size = 2 * 1024 * 1024;
  const client = openClient(port).write(`${POST}content-length: ${size}\r\n\r\n`);
  client.write('x'.repeat(size));
  expect(await client.answer()).toMatchObject({ status: 413 });
  await client.closed;
});

test('cuts a refused client that never stops to send', async () => {
  const { port } = await startListener(undefined, { lingerMs: 50 });
  const client = openClient(port).write(`${POST}transfer-encoding: chunked\r\n\r\n`);
  const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
  const flood = (): void => {
    while (client.socket.writable && client.socket.write(chunk));
  };
  client.socket.on('drain', flood);
  flood();
  expect(await client.answer()).toMatchObject({ status: 413 });
  await client.closed;
  expect(await sendGood(port)).toBe(200);
});

test('says 100 only to an upload that it takes', async () => {
  const { port } = await startListener();
  const client = openClient(port).write(`${POST}expect: 100-continue\r\ncontent-length: 3\r\n\r\n`);
  expect(await client.answer()).toMatchObject({ status: 100 });
  client.write('abc');
  expect(await client.answer()).toMatchObject({ status: 200, body: 'POST / 3' });
});

test.for([
  { what: 'a body over the limit', fields: 'expect: 100-continue\r\ncontent-length: 1001\r\n', status: 413 },
  { what: 'another expectation', fields: 'expect: 200-maybe\r\ncontent-length: 3\r\n', status: 417 },
  { what: 'two expectations', fields: 'expect: 100-continue, x\r\ncontent-length: 3\r\n', status: 417 },
])('answers $status without a 100 to $what', async ({ fields, status }) => {
  const { port } = await startListener();
  const client = openClient(port).write(`${POST}${fields}\r\n`);
  expect(await client.answer()).toMatchObject({ status, headers: { connection: 'close' } });
  client.socket.end();
  await client.closed;
  expect(await sendGood(port)).toBe(200);
});

test('says no 100 when the answer needs no body', async () => {
  const { port } = await startListener((exchange) => exchange.answer(403, [], Buffer.from('no')));
  const client = openClient(port).write(`${POST}expect: 100-continue\r\ncontent-length: 3\r\n\r\n`);
  expect(await client.answer()).toMatchObject({ status: 403, headers: { connection: 'close' } });
});

const abortedByLength = 'content-length: 10\r\n\r\nabc';
const abortedInChunks = 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n';

test.for([
  { what: 'by length with a reset', fields: abortedByLength, abort: (socket: Socket) => socket.resetAndDestroy() },
  { what: 'in chunks with a reset', fields: abortedInChunks, abort: (socket: Socket) => socket.resetAndDestroy() },
  { what: 'by length with an end', fields: abortedByLength, abort: (socket: Socket) => socket.end() },
  { what: 'in chunks with an end', fields: abortedInChunks, abort: (socket: Socket) => socket.end() },
])('never runs an upload that is aborted $what', async ({ fields, abort }) => {
  const ran: string[] = [];
  let arrived = (): void => undefined;
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve));
  const gone: string[] = [];
  const { port, finished, finishedCount } = await startListener((exchange: Exchange) => {
    if (exchange.path === '/good') return exchange.answer(200, [], exchange.body);
    exchange.onClientGone(() => gone.push(exchange.id));
    exchange.readBody(1000, () => ran.push(exchange.id));
    exchange.request.once('data', () => arrived());
  });
  const client = openClient(port).write(`${POST}${fields}`);
  await hasArrived;
  abort(client.socket);
  await finishedCount(1);
  expect(finished[0]).toMatchObject({ status: 499, error: { code: 'ERR_CANCELLED' } });
  expect(gone).toEqual([finished[0]?.id]);
  expect(ran).toEqual([]);
  expect(await sendGood(port)).toBe(200);
});

test.for([
  { what: 'a bad chunk', after: 'zz\r\n', status: 400, code: 'ERR_REQUEST_MALFORMED' },
  { what: 'huge chunk extensions', after: `1;${'x'.repeat(40_000)}\r\na\r\n`, status: 413, code: 'ERR_BODY_TOO_LARGE' },
])('refuses an upload that goes on with $what', async ({ after, status, code }) => {
  const { port, finished } = await startListener(undefined, { lingerMs: 20 });
  const client = openClient(port).write(`${POST}transfer-encoding: chunked\r\n\r\n1\r\na\r\n${after}`);
  const answer = await client.answer();
  expect(answer?.status).toBe(status);
  expect(problemCode(answer)).toBe(code);
  await client.closed;
  expect(finished).toMatchObject([{ status, error: { code } }]);
});

test('refuses a body that arrives too slowly', async () => {
  const { port, finished } = await startListener(undefined, {
    limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 },
    lingerMs: 20,
  });
  const client = openClient(port).write(`${POST}content-length: 1000\r\n\r\n`);
  const drip = setInterval(() => client.write('x'), 10);
  const answer = await client.answer();
  await client.closed;
  clearInterval(drip);
  expect(answer?.status).toBe(408);
  expect(problemCode(answer)).toBe('ERR_REQUEST_TIMEOUT');
  expect(finished).toMatchObject([{ status: 408, error: { code: 'ERR_REQUEST_TIMEOUT' } }]);
  expect(await sendGood(port)).toBe(200);
});

test('passes every byte of a body on', async () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256));
  const { port } = await startListener((exchange) =>
    exchange.readBody(1_000_000, () => exchange.answer(200, [], exchange.body)),
  );
  const client = openClient(port).write(`${POST}content-length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`);
  const answer = await client.answer();
  expect(Buffer.from(answer?.body ?? '', 'latin1').equals(bytes)).toBe(true);
});
