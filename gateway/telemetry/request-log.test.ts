import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logging, printing, TRAP } from '../../runtime/testing/guests.ts';
import type { LogLine } from '../testing/captured-log.ts';
import { type RunningGateway, startGateway } from '../testing/running-gateway.ts';
import { RawClient } from '../triggers/http/raw-client.fixture.ts';

const FORGED = '{"level":"error","msg":"forged","source":"gateway"}';
const LINES = ['\u001b[31mred\u001b[0m', FORGED, 'back\u0008space', '100 %s %d %%', ' \u2028 ü'];

let running: RunningGateway;

beforeAll(async () => {
  running = await startGateway({
    noisy: logging(`${LINES.join('\n')}\r\n`),
    flood: logging('flood\n'.repeat(150)),
    long: logging('l'.repeat(10_000)),
    good: printing('{"body":"good"}'),
    trap: TRAP,
  });
});
afterAll(() => running.close());

/** What the log has of a request once it is over. */
async function linesOf(path: string): Promise<LogLine[]> {
  const answer = await fetch(running.url(path));
  await answer.arrayBuffer();
  const id = answer.headers.get('x-request-id');
  await running.log.find((line) => line['msg'] === 'request' && line['request_id'] === id);
  return running.log.lines.filter((line) => line['request_id'] === id);
}

describe('the lines that a guest writes', () => {
  test('stay inside the text of their own records', async () => {
    const lines = (await linesOf('/noisy')).filter(({ source }) => source === 'guest');
    expect(lines.map(({ msg }) => msg)).toEqual(LINES);
    for (const line of lines) expect(line).toMatchObject({ level: 'info', function: 'noisy' });
    expect(running.log.lines.filter(({ msg }) => msg === 'forged')).toEqual([]);
  });

  test('are kept up to 100, and the others counted', async () => {
    const lines = (await linesOf('/flood')).filter(({ source }) => source === 'guest');
    expect(lines.filter(({ msg }) => msg === 'flood')).toHaveLength(100);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', dropped: 50 });
  });

  test('are cut at 8 KiB and marked', async () => {
    const [line] = await linesOf('/long');
    expect(line).toMatchObject({ truncated: true, msg: 'l'.repeat(8192) });
  });
});

describe('the access log', () => {
  test('has one line a request with what it was, how it ended and what it cost', async () => {
    const [line, ...others] = await linesOf('/good');
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'info',
      msg: 'request',
      remote: '127.0.0.1',
      method: 'GET',
      host: `127.0.0.1:${running.port}`,
      path: '/good',
      route: '/good',
      status: 200,
      bytes: 4,
      memory_bytes: 65_536,
      host_calls: 1,
    });
    for (const time of ['ms', 'queue_ms', 'instantiate_ms', 'run_ms']) expect(line![time]).toBeTypeOf('number');
    expect(line!['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('leaves the query out, which often carries secrets', async () => {
    const lines = await linesOf('/good?token=s3cret');
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  test('has the reason of a failure', async () => {
    const [line] = await linesOf('/trap');
    expect(line).toMatchObject({ level: 'warn', status: 502, code: 'ERR_GUEST_TRAP', route: '/trap' });
    expect(String(line!['reason'])).toContain('function "trap"');
  });

  test('has requests that no route takes and bytes that are no request', async () => {
    const [unmatched] = await linesOf('/nowhere');
    expect(unmatched).toMatchObject({ level: 'info', status: 404, code: 'ERR_ROUTE_NOT_FOUND' });
    expect(unmatched).not.toHaveProperty('route');

    const client = new RawClient(running.port).write('\u0016\u0003\u0001 garbage\r\n\r\n');
    expect((await client.answer())?.status).toBe(400);
    client.socket.destroy();
    const garbage = await running.log.find(({ code }) => code === 'ERR_REQUEST_MALFORMED');
    expect(garbage).toMatchObject({ status: 400, path: '' });
  });
});
