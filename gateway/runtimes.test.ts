import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { collectAnswer } from '../runtime/collect-answer.ts';
import type { IsolationObserver } from '../runtime/observer.ts';
import { printing } from '../runtime/testing/guests.ts';
import { textOf } from '../runtime/testing/runtime-fixture.ts';
import { parseConfig } from './config/load.ts';
import { Runtimes } from './runtimes.ts';
import { loadFunctions } from './site.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from './testing/temporary-folder.ts';

const NAMES = ['one', 'other'];

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({ one: printing('{"body":"one"}'), other: printing('{"body":"other"}') });
});
afterAll(() => folder.remove());

async function open(isolated: readonly string[], observer: Partial<IsolationObserver> = {}) {
  const settings = 'pool: { threads: 1 }';
  const config = await parseConfig(configOf(NAMES, { settings, isolated }), folder.join('wasmgate.yaml'));
  const processes: number[] = [];
  const runtimes = await Runtimes.open(config, {
    threadReplaced: () => undefined,
    processReady: (pid) => void processes.push(pid),
    processReplaced: () => undefined,
    ...observer,
  });
  onTestFinished(() => runtimes.close(0));
  const functions = await loadFunctions([...config.functions.values()], runtimes);
  return { runtimes, functions, processes };
}

test.for([
  { what: 'no process for functions on threads', isolated: [], processes: 0 },
  { what: 'one process for one function', isolated: ['one'], processes: 1 },
  { what: 'one process for all functions', isolated: NAMES, processes: 1 },
])('opens $what', async ({ isolated, processes }) => {
  const opened = await open(isolated);
  const event = { trigger: 'invoke', event: {} } as const;
  const answers = NAMES.map((name) => collectAnswer(opened.functions.get(name)!, { id: 'id', event }));
  expect((await Promise.all(answers)).map(textOf)).toEqual(['200 one', '200 other']);
  expect(opened.processes).toHaveLength(processes);
  expect(opened.runtimes.notReadyBecause()).toBeUndefined();
});

test('is not ready while there is no process, and ready with the next', async () => {
  const replaced = Promise.withResolvers<string | undefined>();
  const ready = Promise.withResolvers<void>();
  const processes: number[] = [];
  const { runtimes } = await open(['one'], {
    processReady: (pid) => {
      if (processes.push(pid) === 2) ready.resolve();
    },
    processReplaced: () => replaced.resolve(runtimes.notReadyBecause()),
  });
  process.kill(processes[0]!, 'SIGKILL');
  expect(await replaced.promise).toBe('the process of isolated functions is not ready');
  await ready.promise;
  expect(runtimes.notReadyBecause()).toBeUndefined();
});
