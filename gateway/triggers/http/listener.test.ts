import { expect, test } from 'vitest';

import { InvocationError } from '../../../runtime/errors.ts';
import { buildRouteTable } from '../../routes/route-table.ts';
import { dispatchTo } from '../../routes/dispatch.ts';
import { bodyStep, compileSteps } from '../../routes/steps.ts';
import type { Exchange, Handler } from './exchange.ts';
import { toInvocation } from './invocation.ts';
import { openClient, problemCode, send, sendGood, startListener } from './raw-client.fixture.ts';

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const HAS_NO_BODY = new Uint8Array(0);

/** Keeps exchanges open until the test answers them; `/good` is answered at once. */
function holding(): {
  handler: Handler;
  held: Exchange[];
  gone: string[];
  heldCount: (count: number) => Promise<void>;
} {
  const held: Exchange[] = [];
  const gone: string[] = [];
  let wake = (): void => undefined;
  const handler: Handler = (exchange) => {
    if (exchange.path === '/good') return exchange.answer(200, [], HAS_NO_BODY);
    exchange.onClientGone(() => gone.push(exchange.id));
    held.push(exchange);
    wake();
  };
  const heldCount = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { handler, held, gone, heldCount };
}

test('names each answer with a ULID of its own and not with the id of the client', async () => {
  const { port, finished } = await startListener();
  const client = openClient(port);
  const ids: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    client.write('GET / HTTP/1.1\r\nhost: a\r\nx-request-id: mine\r\n\r\n');
    ids.push((await client.answer())?.headers['x-request-id']);
  }
  expect(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id ?? ''))).toBe(true);
  expect(new Set(ids).size).toBe(3);
  expect(ids.every((id, i) => i === 0 || id! > ids[i - 1]!)).toBe(true);
  expect(finished.map(({ id }) => id)).toEqual(ids);
});

test('writes the fields of the answer but none that frame it', async () => {
  const given = ['set-cookie', 'a=1', 'content-length', '99', 'transfer-encoding', 'chunked', 'x-request-id', 'forged'];
  const { port } = await startListener((exchange) => exchange.answer(201, given, Buffer.from('body')));
  const answer = await send(port, GET);
  expect(answer).toMatchObject({ status: 201, body: 'body', headers: { 'set-cookie': 'a=1', 'content-length': '4' } });
  expect(answer?.headers).not.toHaveProperty('transfer-encoding');
  expect(answer?.headers).toHaveProperty('date');
  expect(answer?.headers['x-request-id']).not.toBe('forged');
});

test.for([
  { what: 'a line break in a value', status: 200, headers: ['x', 'a\r\nb: c'] },
  { what: 'a name that is no token', status: 200, headers: ['x y', 'a'] },
  { what: 'a status out of range', status: 1000, headers: [] },
])('answers 500 instead of $what', async ({ status, headers }) => {
  const { port } = await startListener((exchange) => exchange.answer(status, headers, HAS_NO_BODY));
  const client = openClient(port).write(GET);
  const answer = await client.answer();
  expect(answer).toMatchObject({ status: 500 });
  expect(problemCode(answer)).toBe('ERR_INTERNAL');
  client.write(GET);
  expect(await client.answer()).toMatchObject({ status: 500 });
});

test.for([
  { what: 'while it dispatches', handler: raise },
  { what: 'after it has read the body', handler: (exchange: Exchange) => exchange.readBody(10, raise) },
])('answers 500 without the reason if a step throws $what', async ({ handler }) => {
  const { port, finished, finishedCount } = await startListener(handler);
  const answer = await send(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab');
  expect(answer).toMatchObject({ status: 500 });
  expect(answer?.body).not.toContain('secret');
  await finishedCount(1);
  expect(finished[0]?.error).toMatchObject({ code: 'ERR_INTERNAL', cause: { message: 'secret' } });
});

function raise(): never {
  throw new Error('secret');
}

test.for([
  { code: 'ERR_GUEST_TRAP', status: 502, retryAfter: undefined },
  { code: 'ERR_GUEST_DEADLINE', status: 504, retryAfter: undefined },
  { code: 'ERR_QUEUE_FULL', status: 503, retryAfter: '1' },
] as const)('answers $status for $code and keeps its message to itself', async ({ code, status, retryAfter }) => {
  const { port } = await startListener((exchange) => exchange.fail(new InvocationError(code, 'secret')));
  const answer = await send(port, GET);
  expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
  expect(answer?.headers['retry-after']).toBe(retryAfter);
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    type: `urn:wasmgate:error:${code}`,
    title: expect.any(String),
    status,
    code,
    request_id: answer?.headers['x-request-id'],
  });
});

test('takes the first answer and ignores the others', async () => {
  const { port, finished, finishedCount } = await startListener((exchange) => {
    exchange.answer(200, [], Buffer.from('first'));
    exchange.answer(500, [], Buffer.from('second'));
    exchange.fail(new Error('third'));
  });
  expect(await send(port, GET)).toMatchObject({ status: 200, body: 'first' });
  await finishedCount(1);
  expect(finished).toMatchObject([{ status: 200, bodyBytes: 5, error: undefined }]);
});

const table = buildRouteTable([
  { path: '/tax/:id', methods: ['GET', 'POST'], host: null, handler: compileSteps([bodyStep(10)], answerEvent) },
  { path: '/any', methods: null, host: null, handler: answerEvent },
]);

function answerEvent(exchange: Exchange): void {
  const { event } = toInvocation(exchange);
  if (event.trigger !== 'http') throw new TypeError('the event of a request must be an HTTP event');
  const { body, ...rest } = event;
  exchange.answer(200, [], Buffer.from(JSON.stringify({ ...rest, body: Buffer.from(body).toString() })));
}

test('makes an invocation of a request', async () => {
  const { port } = await startListener(dispatchTo(table));
  const answer = await send(port, 'POST /tax/a%2Fb?x=1 HTTP/1.1\r\nHost: A\r\nX: y\r\nContent-Length: 2\r\n\r\nhi');
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    trigger: 'http',
    route: '/tax/:id',
    method: 'POST',
    scheme: 'http',
    host: 'a',
    remoteAddress: '127.0.0.1',
    path: '/tax/a%2Fb',
    query: 'x=1',
    params: { id: 'a/b' },
    rawHeaders: ['Host', 'A', 'X', 'y', 'Content-Length', '2'],
    body: 'hi',
  });
});

test('serves HEAD by the GET route, without the body', async () => {
  const { port } = await startListener(dispatchTo(table));
  const client = openClient(port).write('HEAD /tax/7 HTTP/1.1\r\nhost: a\r\n\r\n');
  const head = await client.answer({ toHead: true });
  client.write('GET /tax/7 HTTP/1.1\r\nhost: a\r\n\r\n');
  const get = await client.answer();
  expect(head?.status).toBe(200);
  expect(head?.headers['content-length']).toBe(get?.headers['content-length']);
  expect(get?.body).toContain('"method":"GET"');
});

test.for([
  { what: 'a path without route', bytes: 'GET /none', status: 404, allow: undefined },
  { what: 'a HEAD without route', bytes: 'HEAD /none', status: 404, allow: undefined },
  { what: 'another method', bytes: 'DELETE /tax/7', status: 405, allow: 'GET, HEAD, OPTIONS, POST' },
  { what: 'OPTIONS that no route takes', bytes: 'OPTIONS /tax/7', status: 204, allow: 'GET, HEAD, OPTIONS, POST' },
  { what: 'OPTIONS without route', bytes: 'OPTIONS /none', status: 404, allow: undefined },
  { what: 'OPTIONS of a route of any method', bytes: 'OPTIONS /any', status: 200, allow: undefined },
  { what: 'OPTIONS *', bytes: 'OPTIONS *', status: 204, allow: 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT' },
  { what: 'a parameter that is not UTF-8', bytes: 'GET /tax/%ff', status: 400, allow: undefined },
])('answers $status to $what', async ({ bytes, status, allow }) => {
  const { port } = await startListener(dispatchTo(table));
  const client = openClient(port).write(`${bytes} HTTP/1.1\r\nhost: a\r\n\r\n`);
  const answer = await client.answer({ toHead: bytes.startsWith('HEAD') });
  expect(answer?.status).toBe(status);
  expect(answer?.headers['allow']).toBe(allow);
  client.write('GET /any HTTP/1.1\r\nhost: a\r\n\r\n');
  expect((await client.answer())?.status).toBe(200);
});

test('answers 100 pipelined requests in their order', async () => {
  const { port, finishedCount } = await startListener();
  const client = openClient(port);
  client.write(Array.from({ length: 100 }, (_, i) => `GET /${i} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
  for (let i = 0; i < 100; i++) expect((await client.answer())?.body).toBe(`GET /${i} 0`);
  await finishedCount(100);
});

test('ends each of 100 pipelined requests once when the client leaves', async () => {
  const { handler, held, gone, heldCount } = holding();
  const { port, finished, finishedCount, listener } = await startListener(handler);
  const client = openClient(port).write(GET.repeat(100));
  await heldCount(100);
  held[1]?.answer(200, [], HAS_NO_BODY);
  client.socket.resetAndDestroy();
  await finishedCount(100);
  for (const exchange of held) exchange.answer(200, [], HAS_NO_BODY);
  expect(gone).toHaveLength(99);
  expect(new Set(finished.map(({ id }) => id)).size).toBe(100);
  expect(finished.every(({ error }) => error?.code === 'ERR_CANCELLED')).toBe(true);
  expect(await sendGood(port)).toBe(200);
  expect(finished).toHaveLength(101);
  expect(listener.connectionCount).toBeLessThanOrEqual(1);
});

test.for([
  { what: 'garbage', bytes: 'garbage\r\n\r\n' },
  { what: 'CONNECT', bytes: 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n' },
])('answers what came before $what on a connection, then closes it', async ({ bytes }) => {
  const { handler, held, heldCount } = holding();
  const { port } = await startListener(handler);
  const client = openClient(port).write(`${GET}${bytes}`);
  await heldCount(1);
  held[0]?.answer(200, [], Buffer.from('whole'));
  expect(await client.answer()).toMatchObject({ status: 200, body: 'whole' });
  await client.closed;
  expect(client.pending).toBe('');
});

test('takes a client that closes its half as one that has left', async () => {
  const { handler, gone, heldCount } = holding();
  const { port, finished, finishedCount } = await startListener(handler);
  const client = openClient(port, { allowHalfOpen: true }).write(GET);
  await heldCount(1);
  client.socket.end();
  await finishedCount(1);
  expect(finished[0]).toMatchObject({ status: 499, error: { code: 'ERR_CANCELLED' } });
  expect(gone).toEqual([finished[0]?.id]);
  expect(await sendGood(port)).toBe(200);
});

test('refuses a request that a closed half cuts short', async () => {
  const { port } = await startListener();
  const client = openClient(port, { allowHalfOpen: true }).write('GET / HTTP/1.1\r\nhost');
  client.socket.end();
  expect((await client.answer())?.status).toBe(400);
  await client.closed;
  expect(await sendGood(port)).toBe(200);
});

test('refuses headers that arrive byte by byte', async () => {
  const { port, finished } = await startListener(undefined, { limits: { headersTimeoutMs: 100 }, lingerMs: 20 });
  const client = openClient(port).write('GET / HTTP/1.1\r\nx: ');
  const drip = setInterval(() => client.write('y'), 10);
  const answer = await client.answer();
  await client.closed;
  clearInterval(drip);
  expect(answer?.status).toBe(408);
  expect(problemCode(answer)).toBe('ERR_REQUEST_TIMEOUT');
  expect(finished).toMatchObject([{ status: 408, error: { code: 'ERR_REQUEST_TIMEOUT' } }]);
  expect(await sendGood(port)).toBe(200);
});

test('closes a connection on which nothing is said, without a word', async () => {
  const { port, finished } = await startListener(undefined, { limits: { headersTimeoutMs: 50 } });
  const client = openClient(port);
  await client.closed;
  expect(client.pending).toBe('');
  expect(finished).toEqual([]);
});

test('closes more connections than it may have', async () => {
  const { port } = await startListener(undefined, { limits: { maxConnections: 1 } });
  const first = openClient(port).write(GET);
  await first.answer();
  const second = openClient(port);
  await second.closed;
  expect(second.pending).toBe('');
  first.write(GET);
  expect((await first.answer())?.status).toBe(200);
});

test('cuts a client that does not read its answer', async () => {
  const { port, finished, finishedCount } = await startListener(
    (exchange) => exchange.answer(200, [], exchange.path === '/good' ? HAS_NO_BODY : Buffer.alloc(32 * 1024 * 1024)),
    { responseTimeoutMs: 50 },
  );
  const client = openClient(port).write(GET);
  client.socket.pause();
  await finishedCount(1);
  expect(finished[0]).toMatchObject({ status: 200, error: { code: 'ERR_CANCELLED' } });
  expect(await sendGood(port)).toBe(200);
});

test('answers what is in flight while it drains, then closes every connection', async () => {
  const { handler, held, heldCount } = holding();
  const { port, listener } = await startListener(handler, { drainIdleMs: 20 });
  const idle = openClient(port).write('GET /good HTTP/1.1\r\nhost: a\r\n\r\n');
  await idle.answer();
  const silent = openClient(port);
  const busy = openClient(port).write(GET);
  await heldCount(1);

  const drained = listener.drain();
  await idle.closed;
  await silent.closed;
  held[0]?.answer(200, [], Buffer.from('late'));

  expect(await busy.answer()).toMatchObject({ status: 200, body: 'late', headers: { connection: 'close' } });
  await busy.closed;
  await drained;
  expect(listener.connectionCount).toBe(0);
  const late = openClient(port);
  await late.closed;
});

test('serves a request that comes on an idle connection while it drains, and closes it', async () => {
  const { port, listener } = await startListener(undefined, { drainIdleMs: 10_000 });
  const client = openClient(port).write(GET);
  await client.answer();
  const drained = listener.drain();
  client.write(GET);
  expect(await client.answer()).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await drained;
});

test('ends a drain that takes too long', async () => {
  const { handler, gone, heldCount } = holding();
  const { port, listener } = await startListener(handler);
  const client = openClient(port).write(GET);
  await heldCount(1);
  const drained = listener.drain();
  listener.destroy();
  await drained;
  await client.closed;
  expect(gone).toHaveLength(1);
});

test('tells who cannot listen', async () => {
  const { port, listener } = await startListener();
  const { listener: second } = await startListener();
  await second.drain();
  await expect(second.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(listener.connectionCount).toBe(0);
});
