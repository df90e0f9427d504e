// The assembled gateway over real sockets: bodies, clients that misbehave, functions side by side.

import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ECHO, ENDLESS_LOOP, logging, printing, TRAP } from '../runtime/testing/guests.ts';
import { type RunningGateway, startGateway } from './testing/running-gateway.ts';
import { filling, waiting } from './testing/slow-guests.ts';
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
        stuck: filling(100),
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

describe('a gateway whose thread is full', () => {
  /** More than a thread holds at a time. */
  const SLEEPERS = 150;
  let running: RunningGateway;

  beforeAll(async () => {
    running = await startGateway(
      {
        sleep: waiting(3_600_000),
        patient: printing('{"body":"patient"}'),
        hurried: printing('{"body":"hurried"}'),
        narrow: printing('{"body":"narrow"}'),
      },
      {
        settings: 'pool: { threads: 1 }',
        // The sleepers may do so for longer than a test may take.
        limits: {
          sleep: 'wall: 1h, queueTimeout: 1h, queue: 1000',
          patient: 'queueTimeout: 1h',
          hurried: 'queueTimeout: 20ms',
          narrow: 'queueTimeout: 1h, queue: 1',
        },
      },
    );
  });
  afterAll(() => running.close());

  /** Resolves when nothing more is started, with a function that makes the sleepers' clients leave. */
  async function fill(): Promise<() => void> {
    const clients = Array.from({ length: SLEEPERS }, () => openClient(running.port));
    for (const client of clients) client.write('GET /sleep HTTP/1.1\r\nhost: a\r\n\r\n');
    let answer: Response;
    do answer = await fetch(running.url('/hurried'));
    while (answer.status === 200);
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'ERR_QUEUE_TIMEOUT']);
    return () => {
      for (const client of clients) client.socket.destroy();
    };
  }

  test('gives the places of clients that have left to the next', async () => {
    const leave = await fill();
    const waitingForPlace = fetch(running.url('/patient'));
    leave();
    expect(await (await waitingForPlace).text()).toBe('patient');
  });

  test('says when to come back if the queue is full as well', async () => {
    const leave = await fill();
    // One waits in the queue; a thread may have taken another in advance.
    const answers = Array.from({ length: 5 }, () => fetch(running.url('/narrow')));
    const first = await Promise.race(answers);
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBe('1');
    expect(await codeOf(first)).toBe('ERR_QUEUE_FULL');
    leave();
    const statuses = new Set((await Promise.all(answers)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 503]));
  });
});
