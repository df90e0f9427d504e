// Processes that do not behave: their parent goes on.

import { expect, test } from 'vitest';
import { isRunning } from '../testing/isolated-fixture.ts';
import { sending, writeEntry } from '../testing/misbehaving-process.ts';
import { GuestProcess, type ProcessEnd } from './guest-process.ts';
import type { FromGuestProcess } from './messages.ts';

const UNRESPONSIVE_MS = 500;

async function endOf(script: string): Promise<{ end: ProcessEnd; received: FromGuestProcess[]; pid: number }> {
  const entry = await writeEntry(script);
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  const received: FromGuestProcess[] = [];
  const guest = new GuestProcess(
    { unresponsiveMs: UNRESPONSIVE_MS, entry },
    { received: (_, message) => void received.push(message), ended: (_, end) => resolve(end) },
  );
  const pid = guest.pid!;
  const end = await promise;
  await guest.gone;
  return { end, received, pid };
}

test.for([
  { what: 'exits', script: 'process.exit(7)', reason: 'ended', message: 'it ended with code 7' },
  { what: 'aborts', script: 'process.abort()', reason: 'ended', message: 'it ended SIGABRT' },
  { what: 'throws', script: 'throw 1', reason: 'ended', message: 'it ended with code 1' },
  {
    what: 'closes its link',
    script: "import { closeSync } from 'node:fs'; closeSync(3); setInterval(() => undefined, 1000);",
    reason: 'ended',
    message: 'it ended SIGKILL',
  },
  {
    what: 'writes garbage',
    script:
      "import { writeSync } from 'node:fs'; writeSync(3, 'GARBAGE'.repeat(1000)); setInterval(() => undefined, 1000);",
    reason: 'garbled',
    message: 'over the limit',
  },
  { what: 'sends what is no list', script: sending('{}'), reason: 'garbled', message: 'no list' },
  {
    what: 'sends what is no message',
    script: sending('[{ kind: 7 }]'),
    reason: 'garbled',
    message: 'a message that is none',
  },
  { what: 'says nothing', script: 'setInterval(() => undefined, 1000)', reason: 'unresponsive', message: '3000 ms' },
  {
    what: 'says nothing more',
    script: sending("[{ kind: 'alive', readyThreads: 1 }]"),
    reason: 'unresponsive',
    message: ' 500 ms',
  },
  { what: 'is stuck', script: 'for (;;);', reason: 'unresponsive', message: '3000 ms' },
])('tells how a process ended that $what', async ({ script, reason, message }) => {
  const { end, pid } = await endOf(script);
  expect(end.reason).toBe(reason);
  expect(end.cause.message).toContain(message);
  expect(isRunning(pid)).toBe(false);
});

test('hands over what it understood before the rest', async () => {
  const { end, received } = await endOf(
    sending("[{ kind: 'alive', readyThreads: 1 }, { kind: 'alive' }, { kind: 'alive', readyThreads: 2 }]"),
  );
  expect(received).toEqual([{ kind: 'alive', readyThreads: 1 }]);
  expect(end.reason).toBe('garbled');
});
