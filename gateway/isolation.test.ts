// Functions on threads of the gateway and functions in a process beside it, in one config.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ECHO, printing } from '../runtime/testing/guests.ts';
import { processGone } from '../runtime/testing/isolated-fixture.ts';
import type { LogLine } from './testing/captured-log.ts';
import { serveCommand, type ServingCommand } from './testing/command.ts';
import { sendInFlight } from './testing/in-flight.ts';
import { type RunningGateway, startGateway } from './testing/running-gateway.ts';
import { waiting } from './testing/slow-guests.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from './testing/temporary-folder.ts';
import { problemCode } from './triggers/http/raw-client.fixture.ts';

const SLEEPERS = 20;
/** Holds 16 million table entries while it sleeps; a few of it at a time are more than the heap of a thread holds. */
const TABLES = waiting(3_600_000).replace('(memory', `${'(table 1000000 funcref)'.repeat(16)} (memory`);

const isReady = ({ msg }: LogLine): boolean => msg === 'process of isolated functions ready';
const isReplaced = ({ msg }: LogLine): boolean => msg === 'process of isolated functions replaced';

describe('a gateway with functions of both kinds', () => {
  let running: RunningGateway;

  beforeAll(async () => {
    running = await startGateway(
      {
        thread: printing('{"body":"thread"}'),
        isolated: printing('{"body":"isolated"}'),
        echo: ECHO,
        sleeper: waiting(3_600_000),
        bomb: TABLES,
      },
      {
        settings: 'pool: { threads: 1 }\nadmin: { listen: 127.0.0.1:0 }',
        limits: {
          thread: 'queueTimeout: 1m, wall: 1m',
          isolated: 'queueTimeout: 1m, wall: 1m',
          echo: 'cpu: 10s, wall: 10s',
          sleeper: 'wall: 1h',
          bomb: 'tableEntries: 1000000, cpu: 1m, wall: 1s',
        },
        isolated: ['isolated', 'echo', 'sleeper', 'bomb'],
      },
    );
  });
  afterAll(() => running.close());

  const bodyOf = async (path: string): Promise<string> => (await fetch(running.url(path))).text();
  const processes = (): number[] => running.log.lines.filter(isReady).map(({ pid }) => Number(pid));

  /** Sends requests to the function on a thread until told to stop; tells the statuses. */
  function requestsToThread(): () => Promise<Set<number>> {
    const statuses = new Set<number>();
    const stopping = new AbortController();
    const done = (async () => {
      while (!stopping.signal.aborted) statuses.add((await fetch(running.url('/thread'))).status);
    })();
    return async () => {
      stopping.abort();
      await done;
      return statuses;
    };
  }

  test('answers for both, bodies byte for byte', async () => {
    expect([await bodyOf('/thread'), await bodyOf('/isolated')]).toEqual(['thread', 'isolated']);
    const answer = await fetch(running.url('/echo'), { method: 'POST', body: new Uint8Array([0, 255, 128, 10]) });
    expect([...(await answer.bytes())]).toEqual([0, 255, 128, 10]);
    expect(processes()).toHaveLength(1);
    expect(processes()[0]).not.toBe(process.pid);
  });

  test('loses with the process only what runs in it', async () => {
    const stop = requestsToThread();
    const clients = await Promise.all(Array.from({ length: SLEEPERS }, () => sendInFlight(running.port, '/sleeper')));
    // They are in the process by now: this one came after them, on the same way.
    expect(await bodyOf('/isolated')).toBe('isolated');
    const before = processes().at(-1)!;
    process.kill(before, 'SIGKILL');
    for (const client of clients) {
      const answer = await client.answer();
      expect([answer?.status, problemCode(answer)]).toEqual([502, 'ERR_PROCESS_LOST']);
    }
    expect(await bodyOf('/isolated')).toBe('isolated');
    expect(await stop()).toEqual(new Set([200]));
    await running.log.find((line) => isReady(line) && line['pid'] !== before);
    expect(await running.log.find(isReplaced)).toMatchObject({ level: 'warn', reason: 'ended' });
  });

  test('outlives a guest that aborts the engine', async () => {
    const stop = requestsToThread();
    const replaced = running.log.lines.filter(isReplaced).length;
    do {
      const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(running.url('/bomb'))));
      // Lost with the process; too late for it, and ended in the next at the deadline.
      expect([502, 503, 504]).toEqual(expect.arrayContaining(answers.map(({ status }) => status)));
      // The engine may also have ended no more than the thread.
    } while (running.log.lines.filter(isReplaced).length === replaced);
    expect(await bodyOf('/isolated')).toBe('isolated');
    expect(await stop()).toEqual(new Set([200]));
  });

  test('is alive and ready with the next process', async () => {
    const replaced = running.log.lines.filter(isReplaced).length;
    await running.log.find((line) => isReady(line) && processes().length > replaced);
    const admin = `http://127.0.0.1:${running.gateway.adminAddress!.port}`;
    const statuses = await Promise.all(['/livez', '/readyz'].map(async (path) => (await fetch(admin + path)).status));
    expect(statuses).toEqual([200, 200]);
  });
});

describe('a serving command', () => {
  let folder: TemporaryFolder;
  beforeAll(async () => {
    folder = await temporaryFolder({ slow: waiting(700) });
    const limits = { slow: 'wall: 1h' };
    await folder.write('wasmgate.yaml', configOf(['slow'], { limits, isolated: ['slow'] }));
  });
  afterAll(() => folder.remove());

  async function serve(): Promise<{ serving: ServingCommand; pid: number }> {
    const serving = await serveCommand(['start', '--config', folder.join('wasmgate.yaml')]);
    onTestFinished(serving.kill);
    const { pid } = await serving.log.find(isReady);
    return { serving, pid: Number(pid) };
  }

  test('that is told to end together with its process answers what is in flight', async () => {
    const { serving, pid } = await serve();
    const client = await sendInFlight(serving.port, '/slow');
    process.kill(pid, 'SIGTERM');
    serving.child.kill('SIGTERM');
    expect(await client.answer()).toMatchObject({ status: 200, body: 'slow' });
    expect(await serving.ended).toEqual({ code: 0, signal: null });
    await processGone(pid);
  });

  test('that is killed takes its process with it', async () => {
    const { serving, pid } = await serve();
    await sendInFlight(serving.port, '/slow');
    serving.child.kill('SIGKILL');
    await serving.ended;
    await processGone(pid);
  });
});
