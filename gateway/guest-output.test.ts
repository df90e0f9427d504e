// What a guest may print and what becomes of it for the client: through the whole gateway, over a socket.

import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printing, printingThen } from '../runtime/testing/guests.ts';
import {
  answeringLarge,
  OVERLAPPING_IOVECS,
  printingBytes,
  printingMany,
  writingIovec,
} from './testing/output-guests.ts';
import { type RunningGateway, startGateway } from './testing/running-gateway.ts';

/** Is part of what every bad guest prints; no client may see it. */
const SECRET = 's3cret';
const EXIT_1 = '(call $proc_exit (i32.const 1))';
const LOOP = '(loop $again (br $again))';

const withStatus = (status: string): string => printing(`{"status":${status},"body":"${SECRET}"}`);
const withHeaders = (headers: string): string => printing(`{"headers":${headers},"body":"${SECRET}"}`);
const manyHeaders = (count: number): string =>
  withHeaders(JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, SECRET]))));

const REFUSED: readonly { what: string; guest: string; code?: string; status?: number }[] = [
  { what: 'nothing', guest: printing('') },
  { what: 'text', guest: printing(`Hello ${SECRET}`) },
  { what: 'partial JSON', guest: printing(`{"body":"${SECRET}`) },
  { what: 'two documents', guest: printing(`{"body":"${SECRET}"}{"body":"${SECRET}"}`) },
  { what: 'a byte order mark', guest: printing(`\uFEFF{"body":"${SECRET}"}`) },
  { what: 'a list', guest: printing(`["${SECRET}"]`) },
  { what: 'an unknown field', guest: printing(`{"${SECRET}":1}`) },
  { what: 'NaN', guest: withStatus('NaN') },
  { what: 'a lone surrogate', guest: printing(`{"body":"${SECRET}\\ud800"}`) },
  { what: 'invalid UTF-8', guest: printingBytes(...Buffer.from('{"body":"'), 0xff, 0xfe, ...Buffer.from('"}')) },
  { what: 'invalid base64', guest: printing(`{"body":"${SECRET}!","encoding":"base64"}`) },
  { what: 'an unknown encoding', guest: printing(`{"body":"${SECRET}","encoding":"gzip"}`) },
  { what: 'duplicate fields', guest: printing(`{"body":"a","body":"${SECRET}"}`) },
  { what: 'duplicate headers', guest: withHeaders('{"x-a":"1","x-a":"2"}') },
  { what: 'nesting of depth 2 million', guest: printingMany('{"body":', '[', 20_000, 100, '') },
  ...['0', '99', '100', '101', '199', '600', '1000', '200.5', '"200"', 'null'].map((status) => ({
    what: `status ${status}`,
    guest: withStatus(status),
  })),
  ...[204, 205, 304].map((status) => ({ what: `a body with status ${status}`, guest: withStatus(String(status)) })),
  { what: 'CR and LF in a value', guest: withHeaders(`{"x-a":"1\\r\\nset-cookie: ${SECRET}"}`) },
  { what: 'NUL in a value', guest: withHeaders('{"x-a":"1\\u0000"}') },
  { what: 'a space in a name', guest: withHeaders(`{"x ${SECRET}":"1"}`) },
  { what: 'an empty name', guest: withHeaders('{"":"1"}') },
  { what: 'a number as value', guest: withHeaders('{"x-a":1}') },
  { what: 'null as value', guest: withHeaders('{"x-a":null}') },
  { what: 'an object as value', guest: withHeaders(`{"x-a":{"${SECRET}":1}}`) },
  { what: 'headers that are a list', guest: withHeaders(`["${SECRET}"]`) },
  { what: 'a wrong content-length', guest: withHeaders('{"content-length":"1000000"}') },
  { what: 'transfer-encoding', guest: withHeaders('{"transfer-encoding":"chunked"}') },
  { what: 'connection', guest: withHeaders('{"connection":"keep-alive"}') },
  { what: 'upgrade', guest: withHeaders('{"upgrade":"h2c"}') },
  { what: '200 headers', guest: manyHeaders(200) },
  { what: 'headers of 20 KB', guest: answeringLarge(1, 20_000) },
  { what: '1 GB', guest: printingMany('', 'x', 30_000, 34_000, ''), code: 'ERR_GUEST_OUTPUT_TOO_LARGE' },
  { what: 'an answer, then exits with 1', guest: printingThen(`{"body":"${SECRET}"}`, EXIT_1), code: 'ERR_GUEST_EXIT' },
  { what: 'an answer, then traps', guest: printingThen(`{"body":"${SECRET}"}`, 'unreachable'), code: 'ERR_GUEST_TRAP' },
  {
    what: 'an answer, then loops for ever',
    guest: printingThen(`{"body":"${SECRET}"}`, LOOP),
    code: 'ERR_GUEST_CPU_BUDGET',
    status: 504,
  },
];

const SERVED: readonly { what: string; guest: string; status?: number; body: string }[] = [
  { what: 'an empty object', guest: printing('{}'), body: '' },
  { what: 'status 599', guest: printing('{"status":599,"body":"a"}'), status: 599, body: 'a' },
  { what: 'status 204', guest: printing('{"status":204}'), status: 204, body: '' },
  { what: 'status 304', guest: printing('{"status":304}'), status: 304, body: '' },
  { what: '100 headers', guest: manyHeaders(100), body: SECRET },
  { what: 'headers of 16 KB', guest: answeringLarge(1, 16_000), body: 'a' },
  { what: 'a right content-length', guest: printing('{"headers":{"content-length":"1"},"body":"a"}'), body: 'a' },
  {
    what: 'six million writes of one byte',
    guest: printingMany('{"body":"', 'x', 1, 6_000_000, '"}'),
    body: 'x'.repeat(6e6),
  },
  { what: 'an iovec of length 2^32-1 beside it', guest: writingIovec({ length: 2 ** 32 - 1 }), body: 'refused' },
  { what: 'an iovec past the memory beside it', guest: writingIovec({ pointer: 65_536 }), body: 'refused' },
  { what: '2^31 iovecs beside it', guest: writingIovec({ count: 2 ** 31 }), body: 'refused' },
  { what: 'overlapping iovecs', guest: OVERLAPPING_IOVECS, body: 'aa' },
];

let running: RunningGateway;

beforeAll(async () => {
  const cases = [
    ...REFUSED.map(({ guest }, i) => [`bad${i}`, guest]),
    ...SERVED.map(({ guest }, i) => [`fine${i}`, guest]),
  ];
  const cookies = printing('{"headers":{"set-cookie":["a=1; Path=/","b=2"],"x-one":"1"},"body":"hello"}');
  running = await startGateway(
    { ...Object.fromEntries(cases), cookies, good: printing('{"body":"good"}') },
    { limits: Object.fromEntries(SERVED.map((_, i) => [`fine${i}`, 'wall: 15s, cpu: 15s'])) },
  );
});

afterAll(() => running.close());

describe('a guest that prints', () => {
  test.for(REFUSED.map((row, i) => ({ ...row, path: `/bad${i}` })))(
    '$what is refused, and the next request is served',
    async ({ path, code = 'ERR_GUEST_OUTPUT', status = 502 }) => {
      const answer = await fetch(running.url(path));
      const body = await answer.text();
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ code, status, request_id: answer.headers.get('x-request-id') });
      expect(body).not.toContain(SECRET);
      expect([...answer.headers].join()).not.toContain(SECRET);
      expect(await (await fetch(running.url('/good'))).text()).toBe('good');
      const line = await running.log.request(path);
      expect(line).toMatchObject({ level: 'warn', code, status, request_id: answer.headers.get('x-request-id') });
      expect(line['reason']).toMatch(/^[a-z]/);
    },
  );

  test.for(SERVED.map((row, i) => ({ ...row, path: `/fine${i}` })))(
    '$what is served',
    async ({ path, status = 200, body }) => {
      const answer = await fetch(running.url(path));
      expect(answer.status).toBe(status);
      // Compared outside of `expect`, which would print megabytes.
      expect((await answer.text()) === body).toBe(true);
    },
  );
});

test('two set-cookie are two header lines', async () => {
  const { rawHeaders } = await requestRaw('GET', '/cookies');
  const pairs = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
  expect(pairs).toContain('set-cookie: a=1; Path=/');
  expect(pairs).toContain('set-cookie: b=2');
});

test('HEAD gets the length of the body and not the body', async () => {
  const { rawHeaders, body } = await requestRaw('HEAD', '/cookies');
  expect(rawHeaders[rawHeaders.indexOf('content-length') + 1]).toBe('5');
  expect(body).toBe('');
});

function requestRaw(method: string, path: string): Promise<{ rawHeaders: readonly string[]; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(running.url(path), { method, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ rawHeaders: answer.rawHeaders, body })).on('error', reject);
    });
    sent.on('error', reject).end();
  });
}
