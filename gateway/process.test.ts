// How a serving process ends, and what it survives: signals, stuck guests, a log that nobody reads.

import { Agent, get } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ENDLESS_LOOP, logging, printing } from '../runtime/testing/guests.ts';
import { serveCommand, type ServingCommand } from './testing/command.ts';
import { sendInFlight } from './testing/in-flight.ts';
import { filling, waiting } from './testing/slow-guests.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from './testing/temporary-folder.ts';
import { problemCode } from './triggers/http/raw-client.fixture.ts';

const CLIENTS = 24;

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({
    good: printing('{"body":"good"}'),
    slow: waiting(700),
    loop: ENDLESS_LOOP,
    stuck: filling(2000),
    flood: logging(`${'l'.repeat(500)}\n`.repeat(100)),
  });
  const forEver = 'wall: 1h, cpu: 1h';
  const limits = { good: 'queueTimeout: 1h', slow: forEver, loop: forEver, stuck: forEver };
  const names = ['good', 'slow', 'loop', 'stuck', 'flood'];
  for (const drain of ['50ms', '1h']) {
    const settings = `admin: { listen: 127.0.0.1:0 }\npool: { threads: 1 }\nshutdown: { drain: ${drain} }`;
    await folder.write(`drain-${drain}.yaml`, configOf(names, { settings, limits }));
  }
});
afterAll(() => folder.remove());

async function serve({ drain }: { drain: '50ms' | '1h' }): Promise<ServingCommand> {
  const serving = await serveCommand(['start', '--config', folder.join(`drain-${drain}.yaml`)]);
  onTestFinished(serving.kill);
  return serving;
}

const draining = (serving: ServingCommand): Promise<unknown> => serving.log.find(({ msg }) => msg === 'draining');
const statusOf = async (serving: ServingCommand, probe: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${serving.adminPort}${probe}`)).status;

/** The status of one request, or the code of the error that it ended with. */
function request(url: string, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = get(url, { agent }, (answer) => {
      answer.on('end', () => resolve(answer.statusCode!)).on('error', ({ message }) => resolve(message));
      answer.resume();
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Sends request after request on one connection until a new one is refused; tells how all of them ended. */
async function sendUntilRefused(url: string, onAnswer: () => void): Promise<(number | string)[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: (number | string)[] = [];
  for (;;) {
    const outcome = await request(url, agent);
    if (outcome === 'ECONNREFUSED') break;
    outcomes.push(outcome);
    onAnswer();
    if (outcome !== 200) break;
  }
  agent.destroy();
  return outcomes;
}

describe.for(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('under load fails no request, and the process ends with code 0', async () => {
    const serving = await serve({ drain: '1h' });
    let answers = 0;
    const clients = Array.from({ length: CLIENTS }, () =>
      sendUntilRefused(serving.url('/good'), () => {
        if (++answers === CLIENTS * 20) serving.child.kill(signal);
      }),
    );
    const outcomes = (await Promise.all(clients)).flat();
    expect(outcomes.filter((outcome) => outcome !== 200)).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(CLIENTS * 20);
    expect(await serving.ended).toEqual({ code: 0, signal: null });
    await serving.log.find(({ msg }) => msg === 'drained');
  });

  test('a second time ends the process at once with code 1', async () => {
    const serving = await serve({ drain: '1h' });
    await sendInFlight(serving.port, '/loop');
    serving.child.kill(signal);
    await draining(serving);
    serving.child.kill(signal);
    expect(await serving.ended).toEqual({ code: 1, signal: null });
  });
});

describe('a process that drains', () => {
  test('answers what is in flight before it ends', async () => {
    const serving = await serve({ drain: '1h' });
    const client = await sendInFlight(serving.port, '/slow');
    serving.child.kill('SIGTERM');
    await draining(serving);
    expect(await client.answer()).toMatchObject({ status: 200, headers: { connection: 'close' }, body: 'slow' });
    expect(await serving.ended).toEqual({ code: 0, signal: null });
  });

  test('is alive and not ready, and takes no connections', async () => {
    const serving = await serve({ drain: '1h' });
    expect([await statusOf(serving, '/livez'), await statusOf(serving, '/readyz')]).toEqual([200, 200]);
    await sendInFlight(serving.port, '/loop');
    serving.child.kill('SIGTERM');
    await draining(serving);
    expect([await statusOf(serving, '/livez'), await statusOf(serving, '/readyz')]).toEqual([200, 503]);
    expect(await request(serving.url('/good'), new Agent())).toBe('ECONNREFUSED');
  });

  test('ends with code 0 when its budget is over, whatever a guest does', async () => {
    const serving = await serve({ drain: '50ms' });
    const client = await sendInFlight(serving.port, '/loop');
    serving.child.kill('SIGTERM');
    const answer = await client.answer();
    expect([answer?.status, problemCode(answer)]).toEqual([503, 'ERR_DRAINING']);
    expect(await serving.ended).toEqual({ code: 0, signal: null });
    await serving.log.find(({ level, msg }) => level === 'warn' && String(msg).startsWith('shutdown.drain has passed'));
  });

  test('ends although a guest does not give its thread back', async () => {
    const serving = await serve({ drain: '50ms' });
    await sendInFlight(serving.port, '/stuck');
    serving.child.kill('SIGTERM');
    // By code 0 where the engine can stop it, by the kill that was armed where it cannot.
    const { code, signal } = await serving.ended;
    expect(code === 0 || signal === 'SIGKILL').toBe(true);
  });
});

describe('a log', () => {
  test('whose reader has gone stops neither the serving nor the end', async () => {
    const serving = await serve({ drain: '1h' });
    serving.child.stdout.destroy();
    for (let i = 0; i < 5; i++) expect((await fetch(serving.url('/flood'))).status).toBe(200);
    expect((await fetch(serving.url('/good'))).status).toBe(200);
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toEqual({ code: 0, signal: null });
  });

  test('that nobody reads stops neither the serving nor the end', async () => {
    const serving = await serve({ drain: '1h' });
    serving.child.stdout.pause();
    // More than a pipe holds.
    for (let i = 0; i < 30; i++) expect((await fetch(serving.url('/flood'))).status).toBe(200);
    expect((await fetch(serving.url('/good'))).status).toBe(200);
    serving.child.kill('SIGTERM');
    // Killed, because the last lines cannot be written.
    expect(await serving.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
