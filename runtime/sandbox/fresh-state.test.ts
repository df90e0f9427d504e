// No invocation finds anything of an earlier one, whatever that one did and however it ended. All on one thread, so
// that they follow each other in the same sandboxes.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectAnswer } from '../collect-answer.ts';
import type { LoadedFunction, Runtime } from '../runtime.ts';
import * as guests from '../testing/guests.ts';
import { loadGuest, openRuntime, request, textOf } from '../testing/runtime-fixture.ts';
import { probeBody, stateProbe, type StateProbeMode, type StateProbeOptions } from '../testing/state-probe.ts';

const ROUNDS = 20;
const ENDINGS: readonly { mode: StateProbeMode; ending: string }[] = [
  { mode: 'write', ending: '200' },
  { mode: 'grow', ending: '200' },
  { mode: 'exit', ending: '200' },
  { mode: 'fail', ending: 'ERR_GUEST_EXIT' },
  { mode: 'trap', ending: 'ERR_GUEST_TRAP' },
  { mode: 'loop', ending: 'ERR_GUEST_CPU_BUDGET' },
];

const READ_STDIN = `
  (i32.store (i32.const 0) (i32.const 2048))
  (i32.store (i32.const 4) (i32.const 4096))
  (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
  (i32.store8 (i32.const 1033) (i32.add (i32.const 48) (i32.ne (i32.load (i32.const 8)) (i32.const 0))))`;

const PRINT_ANSWER = '(call $print (i32.const 1) (i32.const 1024) (i32.const 12))';

let runtime: Runtime;

beforeAll(async () => {
  ({ runtime } = await openRuntime());
});

afterAll(() => runtime.close());

async function ask(fn: LoadedFunction, mode: StateProbeMode): Promise<string> {
  return textOf(await collectAnswer(fn, request(probeBody(mode))));
}

const PLAIN: StateProbeOptions = {
  kind: 'command',
  minPages: 2,
  changesTable: false,
  dropsSegments: false,
  f32: '3.5',
};

describe.for([
  { what: 'a command', options: PLAIN },
  { what: 'a command that changes its table', options: { ...PLAIN, changesTable: true } },
  {
    what: 'a command that drops its segments',
    options: { ...PLAIN, changesTable: true, dropsSegments: true },
  },
  { what: 'a command with 5 MiB of memory', options: { ...PLAIN, minPages: 80 } },
  { what: 'a command with a global that is a NaN', options: { ...PLAIN, f32: 'nan:0x200001' } },
  { what: 'a reactor', options: { ...PLAIN, kind: 'reactor' } },
  { what: 'a reactor that changes its table', options: { ...PLAIN, kind: 'reactor', changesTable: true } },
  {
    what: 'a reactor that drops its segments',
    options: { ...PLAIN, kind: 'reactor', changesTable: true, dropsSegments: true },
  },
  { what: 'a reactor with 5 MiB of memory', options: { ...PLAIN, kind: 'reactor', minPages: 80 } },
] as const)('$what', ({ options }) => {
  let fn: LoadedFunction;
  let fresh: string;

  beforeAll(async () => {
    fn = await loadGuest(runtime, stateProbe(options), { cpuMs: 30 });
    fresh = await ask(fn, 'read');
    expect(fresh).toMatch(/^200 [0-9a-f]{16}$/);
  });

  test.for(ENDINGS)(
    'finds nothing of an invocation that left a secret and ended by $mode',
    async ({ mode, ending }) => {
      for (let round = 0; round < ROUNDS; round++) {
        // It has seen the fresh state before it left its secret, too.
        expect(await ask(fn, mode)).toBe(ending === '200' ? fresh : ending);
        expect(await ask(fn, 'read')).toBe(fresh);
      }
    },
  );

  test('finds nothing of invocations that run beside it and are put aside', async () => {
    const modes = Array.from({ length: 5 }, () => ['loop', 'read', 'write', 'trap', 'read', 'grow'] as const).flat();
    const answers = await Promise.all(modes.map((mode) => ask(fn, mode)));
    expect(answers).toEqual(
      modes.map((mode) => (mode === 'loop' ? 'ERR_GUEST_CPU_BUDGET' : mode === 'trap' ? 'ERR_GUEST_TRAP' : fresh)),
    );
  });
});

test('a probe tells what was changed', async () => {
  const variants = [
    PLAIN,
    { ...PLAIN, f32: '3.25' },
    { ...PLAIN, f32: 'nan:0x200001' },
    { ...PLAIN, minPages: 3 },
    { ...PLAIN, kind: 'reactor' as const },
    { ...PLAIN, kind: 'reactor' as const, changesTable: true },
  ];
  const probes = await Promise.all(variants.map((options) => loadGuest(runtime, stateProbe(options))));
  const answers = await Promise.all(probes.map((fn) => ask(fn, 'read')));
  expect(new Set(answers).size).toBe(variants.length);
});

describe('what _initialize does', () => {
  test('with stdin and stdout belongs to no request', async () => {
    const fn = await loadGuest(
      runtime,
      reactor(`${READ_STDIN} (call $print (i32.const 1) (i32.const 1024) (i32.const 5))`),
    );
    for (let round = 0; round < 3; round++) {
      // The digit is 1 if _initialize found anything in stdin.
      expect(textOf(await collectAnswer(fn, request('private')))).toBe('200 0');
    }
  });

  test('by closing its stdio does not close that of a request', async () => {
    const close = [0, 1, 2].map((fd) => `(drop (call $fd_close (i32.const ${fd})))`).join(' ');
    const fn = await loadGuest(runtime, reactor(close));
    for (let round = 0; round < 3; round++) expect(textOf(await collectAnswer(fn, request()))).toBe('200 0');
  });

  test.for([
    { what: 'a trap', body: 'unreachable', code: 'ERR_GUEST_TRAP' },
    { what: 'an endless loop', body: '(loop $again (br $again))', code: 'ERR_GUEST_CPU_BUDGET' },
    { what: 'proc_exit(3)', body: '(call $proc_exit (i32.const 3))', code: 'ERR_GUEST_EXIT' },
    {
      what: 'an answer and proc_exit(0)',
      body: `${PRINT_ANSWER} (call $proc_exit (i32.const 0))`,
      code: 'ERR_GUEST_OUTPUT',
    },
  ])('by ending in $what fails every invocation, and no other function', async ({ body, code }) => {
    const fn = await loadGuest(runtime, reactor(body), { cpuMs: 20 });
    const good = await loadGuest(runtime, guests.printing('{"body":"good"}'));
    for (let round = 0; round < 5; round++) {
      expect(textOf(await collectAnswer(fn, request()))).toBe(code);
      expect(textOf(await collectAnswer(good, request()))).toBe('200 good');
    }
  });

  test('out of fuel fails every invocation as such', async () => {
    const fn = await loadGuest(runtime, reactor('(loop $again (br $again))'), { fuel: 10_000 });
    for (let round = 0; round < 3; round++) {
      expect(textOf(await collectAnswer(fn, request()))).toBe('ERR_GUEST_FUEL');
    }
  });
});

/** A reactor that answers with the digit at 1033, which is 0 unless `_initialize` changed it. */
function reactor(initialize: string): string {
  return `(module ${guests.IMPORTS}
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) ${guests.watString('{"body":"0"}')})
  ${guests.PRINT}
  (func (export "_initialize") ${initialize})
  (func (export "handle") ${PRINT_ANSWER}))`;
}
