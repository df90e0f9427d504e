import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listenOnFreePort } from '../testing/bound-port.ts';
import { createAdminServer } from './listener.ts';

let reason: string | undefined;
const server = createAdminServer({ notReadyBecause: () => reason });
let origin: string;

beforeAll(async () => {
  origin = `http://127.0.0.1:${await listenOnFreePort(server)}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => (reason = undefined));

async function ask(path: string, method = 'GET'): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await fetch(origin + path, { method });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

test.for(['/livez', '/readyz', '/readyz?verbose'])('answers %s with 200 when all is well', async (path) => {
  const { status, text, headers } = await ask(path);
  expect([status, text]).toEqual([200, 'ok\n']);
  expect(headers.get('cache-control')).toBe('no-store');
});

test('answers /readyz with 503 and the reason when traffic must not come, and /livez with 200', async () => {
  reason = 'draining';
  expect(await ask('/readyz')).toMatchObject({ status: 503, text: 'draining\n' });
  expect(await ask('/livez')).toMatchObject({ status: 200 });
  reason = undefined;
  expect(await ask('/readyz')).toMatchObject({ status: 200 });
});

test('answers HEAD without a body', async () => {
  expect(await ask('/livez', 'HEAD')).toMatchObject({ status: 200, text: '' });
});

test('refuses other methods', async () => {
  const { status, headers } = await ask('/livez', 'POST');
  expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test.for(['/', '/livez/', '/metrics', '/%00'])('answers %s with 404 and what there is', async (path) => {
  const { status, text } = await ask(path);
  expect(status).toBe(404);
  expect(text).toContain('/livez and /readyz');
});
