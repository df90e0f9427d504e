// The assembled gateway over real sockets: bodies, clients that misbehave, functions side by side.

import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ECHO, ENDLESS_LOOP, logging, printing, TRAP } from '../runtime/testing/guests.ts';
import { type RunningGateway, startGateway } from './testing/running-gateway.ts';
import { filling, waitingIfLong } from './testing/slow-guests.ts';
import { openClient } from './triggers/http/raw-client.fixture.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function codeOf(answer: Response): Promise<unknown> {
  const { code }: Readonly<Record<string, unknown>> = JSON.parse(await answer.text());
  return code;
}

describe('a gateway', () => {
  let running: RunningGateway;

  beforeAll(async () => {
    running = await startGateway(
      {
        echo: ECHO,
        observed: logging('ran'),
        good: printing('{"body":"good"}'),
        loop: ENDLESS_LOOP,
        late: ENDLESS_LOOP,
        stuck: filling(600),
        trap: TRAP,
      },
      {
        settings: 'pool: { threads: 1 }',
        limits: {
          echo: 'wall: 10s, cpu: 10s',
          good: 'wall: 10s, queueTimeout: 10s',
          late: 'wall: 50ms, cpu: 10s',
          stuck: 'wall: 50ms',
        },
      },
    );
  });
  afterAll(() => running.close());

  test('carries a binary body of 1 MiB in and out, byte for byte', async () => {
    const sent = randomBytes(1024 * 1024);
    const answer = await fetch(running.url('/echo'), { method: 'POST', body: sent });
    expect(answer.status).toBe(200);
    expect(sha256(await answer.bytes())).toBe(sha256(sent));
  });

  test('tells clients the cost of an invocation if the config says so', async () => {
    const telling = await startGateway(
      { good: printing('{"body":"good"}') },
      { settings: 'http: { serverTiming: true }' },
    );
    const answer = await fetch(telling.url('/good'));
    expect(answer.headers.get('server-timing')).toMatch(
      /^queue;dur=[\d.]+, instantiate;dur=[\d.]+, run;dur=[\d.]+, cpu;dur=[\d.]+$/,
    );
    await telling.close();
    expect((await fetch(running.url('/good'))).headers.has('server-timing')).toBe(false);
  });

  test('refuses a body of one byte more than 1 MiB, and serves the next', async () => {
    const refused = await fetch(running.url('/echo'), { method: 'POST', body: randomBytes(1024 * 1024 + 1) });
    expect([refused.status, await codeOf(refused)]).toEqual([413, 'ERR_BODY_TOO_LARGE']);
    expect(await (await fetch(running.url('/echo'), { method: 'POST', body: 'ü\0"' })).text()).toBe('ü\0"');
  });

  test.for([
    { length: 15_000, status: 200 },
    { length: 17_000, status: 431 },
  ])('answers a request with a header of $length bytes with $status', async ({ length, status }) => {
    const answer = await fetch(running.url('/good'), { headers: { 'x-large': 'h'.repeat(length) } });
    expect(answer.status).toBe(status);
    expect((await fetch(running.url('/good'))).status).toBe(200);
  });

  test('never runs a function for an upload that was aborted', async () => {
    const client = openClient(running.port);
    client.write('POST /observed?aborted HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n');
    // The 100 tells that the gateway reads the body.
    expect((await client.answer())?.status).toBe(100);
    client.write('only a part');
    client.socket.destroy();
    const aborted = await running.log.request('/observed');
    expect(aborted).toMatchObject({ status: 499, code: 'ERR_CANCELLED' });
    expect(aborted).not.toHaveProperty('run_ms');

    const good = await fetch(running.url('/observed'), { method: 'POST', body: 'whole' });
    expect(await good.text()).toBe('logged');
    const runs = running.log.lines.filter(({ source }) => source === 'guest');
    expect(runs.map((line) => line['request_id'])).toEqual([good.headers.get('x-request-id')]);
  });

  test('serves one function while another loops for ever on the same thread', async () => {
    const looping = Array.from({ length: 3 }, () => fetch(running.url('/loop')));
    const good = await Promise.all(Array.from({ length: 20 }, () => fetch(running.url('/good'))));
    expect(good.map(({ status }) => status)).toEqual(Array(20).fill(200));
    for (const answer of await Promise.all(looping)) {
      expect([answer.status, await codeOf(answer)]).toEqual([504, 'ERR_GUEST_CPU_BUDGET']);
    }
    expect((await fetch(running.url('/good'))).status).toBe(200);
  });

  test('ends a function at its deadline although it has CPU time left', async () => {
    const late = await fetch(running.url('/late'));
    expect([late.status, await codeOf(late)]).toEqual([504, 'ERR_GUEST_DEADLINE']);
    expect((await fetch(running.url('/good'))).status).toBe(200);
  });

  test('replaces a thread that a guest does not give back, and says so in the log', async () => {
    const stuck = await fetch(running.url('/stuck'));
    expect([stuck.status, await codeOf(stuck)]).toEqual([504, 'ERR_GUEST_DEADLINE']);
    expect((await fetch(running.url('/good'))).status).toBe(200);
    const line = await running.log.find(({ msg }) => msg === 'worker thread replaced');
    expect(line).toMatchObject({ level: 'warn', reason: 'deadline', function: 'stuck' });
  });

  test('says nothing of a trap to the client, and where it was to the log', async () => {
    const answer = await fetch(running.url('/trap'));
    expect(answer.status).toBe(502);
    expect(await answer.text()).not.toContain('unreachable');
    const line = await running.log.request('/trap');
    expect(String(line['reason'])).toContain('unreachable');
    expect(JSON.stringify(line['details'])).toContain('wasm-function');
  });
});

describe('a function that has all the places that it gets on a thread', () => {
  /** More than that. */
  const SLEEPERS = 150;
  let running: RunningGateway;

  beforeAll(async () => {
    const guest = waitingIfLong(3_600_000);
    running = await startGateway(
      { patient: guest, hurried: guest, narrow: guest, other: printing('{"body":"other"}') },
      {
        settings: 'pool: { threads: 1 }',
        // The sleepers may do so for longer than a test may take.
        limits: {
          patient: 'wall: 1h, queueTimeout: 1h, queue: 1000',
          hurried: 'wall: 1h, queueTimeout: 20ms, queue: 1000',
          narrow: 'wall: 1h, queueTimeout: 1h, queue: 1',
        },
      },
    );
  });
  afterAll(() => running.close());

  /** Sends more requests that sleep than there are places; their clients leave at the signal and have no answer. */
  function fill(path: string, signal: AbortSignal): Promise<Response | undefined>[] {
    const options = { headers: { x: 'x'.repeat(5_000) }, signal };
    return Array.from({ length: SLEEPERS }, () => fetch(running.url(path), options).catch(() => undefined));
  }

  test('gives the places of clients that have left to the next', async () => {
    const leaving = new AbortController();
    const sleepers = fill('/patient', leaving.signal);
    const next = fetch(running.url('/patient'));
    leaving.abort();
    expect(await (await next).text()).toBe('slow');
    expect(new Set(await Promise.all(sleepers))).toEqual(new Set([undefined]));
  });

  test('refuses who waits too long, and leaves places for other functions', async () => {
    const leaving = new AbortController();
    const sleepers = fill('/hurried', leaving.signal);
    const refused = (await Promise.race(sleepers))!;
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'ERR_QUEUE_TIMEOUT']);
    expect(await (await fetch(running.url('/other'))).text()).toBe('other');
    leaving.abort();
    await Promise.all(sleepers);
  });

  test('says when to come back if the queue is full as well', async () => {
    const leaving = new AbortController();
    const sleepers = fill('/narrow', leaving.signal);
    const refused = (await Promise.race(sleepers))!;
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'ERR_QUEUE_FULL']);
    expect(refused.headers.get('retry-after')).toBe('1');
    leaving.abort();
    await Promise.all(sleepers);
  });
});
