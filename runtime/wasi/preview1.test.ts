import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { OutputLimitExceeded } from '../sandbox/capped-output.ts';
import { GuestExit } from '../sandbox/guest.ts';
import { EBADF, EFAULT, ENOSYS, ENOTDIR, ENOTSOCK } from './errno.ts';
import { type Fixture, type GuestCall, makeFixture, readWat, stdoutText } from './testdata/guest-fixture.ts';
import { SIGNATURES } from './testdata/signatures.ts';

const NAMES = Object.keys(SIGNATURES);
const MAX_ERRNO = 76;

/** A guest that imports every function with its exact type and exports each as it is. */
function forwardingGuest(): string {
  const lines = Object.entries(SIGNATURES).map(([name, params]) => {
    const result = name === 'proc_exit' ? '' : '(result i32)';
    const type = `${params.map((param) => `(param ${param})`).join(' ')} ${result}`;
    return `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${type}))
            (export "${name}" (func $call_${name}))`;
  });
  const functions = Object.entries(SIGNATURES).map(([name, params]) => {
    const result = name === 'proc_exit' ? '' : '(result i32)';
    const type = `${params.map((param) => `(param ${param})`).join(' ')} ${result}`;
    const values = params.map((_, index) => `(local.get ${index})`).join(' ');
    return `(func $call_${name} ${type} (call $${name} ${values}))`;
  });
  return `(module ${lines.join('\n')} (memory (export "memory") 1) ${functions.join('\n')})`;
}

/** What a call did that no host function may do; undefined for an errno and for the two ends of an invocation. */
async function surpriseOf(call: () => unknown): Promise<string | undefined> {
  try {
    const result = await call();
    if (typeof result === 'number' && Number.isInteger(result) && result >= 0 && result <= MAX_ERRNO) return undefined;
    return `answered ${String(result)}`;
  } catch (thrown) {
    if (thrown instanceof GuestExit || thrown instanceof OutputLimitExceeded) return undefined;
    return `threw ${String(thrown)}`;
  }
}

/** Calls every function with `value` in each place, the other places being 0, 64 or `value`; answers the surprises. */
async function callAll(fixture: Fixture, calls: Readonly<Record<string, GuestCall>>, value: bigint): Promise<string[]> {
  const surprises: string[] = [];
  for (const [name, params] of Object.entries(SIGNATURES)) {
    for (const base of [0n, 64n, value]) {
      for (let position = 0; position < Math.max(params.length, 1); position++) {
        const values = params.map((type, index) => {
          const argument = index === position ? value : base;
          return type === 'i64' ? BigInt.asIntN(64, argument) : Number(BigInt.asIntN(32, argument));
        });
        fixture.guest.reset(Buffer.from('some input'));
        fixture.guest.attachMemory(fixture.memory);
        const surprise = await surpriseOf(() => calls[name]!(...values));
        if (surprise !== undefined) surprises.push(`${name}(${values.join(', ')}) ${surprise}`);
      }
    }
  }
  return surprises;
}

const HOSTILE = [
  0n,
  -1n,
  1n,
  2n,
  3n,
  65_528n,
  65_536n,
  2n ** 31n,
  2n ** 31n - 1n,
  2n ** 32n - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

test('has exactly the 46 functions of preview 1', () => {
  const { wasi } = makeFixture();
  expect(NAMES).toHaveLength(46);
  expect(Object.keys(wasi).sort()).toEqual([...NAMES].sort());
});

test('links with a guest that imports every function with its exact type', () => {
  const exports = makeFixture().instantiate(forwardingGuest());
  expect(exports['sched_yield']!()).toBe(0);
  expect(exports['fd_seek']!(1, 0n, 0, 0)).toBe(70);
});

test.for(HOSTILE)('answers with an errno, whatever the arguments: %s in every place', async (value) => {
  const fixture = makeFixture();
  expect(await callAll(fixture, fixture.wasi, value)).toEqual([]);
});

test.for(HOSTILE)('answers a real guest with an errno: %s in every place', async (value) => {
  const fixture = makeFixture();
  const exports = Object.entries(fixture.instantiate(forwardingGuest()));
  const calls = Object.fromEntries(exports.map(([name, call]) => [name, WebAssembly.promising(call)]));
  expect(await callAll(fixture, calls, value)).toEqual([]);
});

test('answers with an errno for arguments and memory of any kind', async () => {
  const fixture = makeFixture({ outputBytes: 1000 });
  const bytes = new Uint8Array(fixture.memory.buffer);
  const argument = fc.oneof(fc.integer(), fc.nat(300), fc.nat(70_000), fc.constantFrom(0, -1, 2 ** 31, 2 ** 32 - 1));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NAMES),
      fc.array(argument, { minLength: 9, maxLength: 9 }),
      fc.uint8Array({ minLength: 256, maxLength: 256 }),
      async (name, values, content) => {
        fixture.guest.reset(Buffer.from('some input'));
        fixture.guest.attachMemory(fixture.memory);
        bytes.set(content);
        const args = SIGNATURES[name]!.map((type, index) =>
          type === 'i64' ? BigInt(values[index]!) : values[index]! | 0,
        );
        expect(await surpriseOf(() => fixture.wasi[name]!(...args))).toBeUndefined();
      },
    ),
    { numRuns: 5000 },
  );
});

test('answers with EFAULT before the guest has its memory', () => {
  const fixture = makeFixture();
  const { errno } = fixture.instantiate(readWat('write-in-start'));
  expect(errno!()).toBe(EFAULT);
});

test('answers with an errno to every call before the guest has its memory', async () => {
  const { guest, wasi } = makeFixture();
  guest.attachMemory(undefined);
  const surprises: string[] = [];
  for (const [name, params] of Object.entries(SIGNATURES)) {
    const values = params.map((type) => (type === 'i64' ? 0n : 0));
    const surprise = await surpriseOf(() => wasi[name]!(...values));
    if (surprise !== undefined) surprises.push(`${name} ${surprise}`);
  }
  expect(surprises).toEqual([]);
});

test('copies stdin to stdout through a real guest', () => {
  const stdin = 'Grüße aus dem Gast, \0 und mehr als sechzehn Bytes.\n'.repeat(1000);
  const { guest, instantiate } = makeFixture({ stdin });
  const { _start } = instantiate(readWat('echo'));
  expect(() => _start!()).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(stdoutText(guest)).toBe(stdin);
});

test('sees the memory that a guest has grown', () => {
  const { guest, instantiate } = makeFixture();
  const { run } = instantiate(readWat('grow-and-write'));
  expect(run!()).toBe(0);
  expect(stdoutText(guest)).toBe('beforeafter');
  expect(guest.memoryBytes).toBe(2 * 65_536);
});

test.for([0, 1, 255, 2 ** 31, 2 ** 32 - 1])('ends the guest with exit code %d', (exitCode) => {
  const { wasi } = makeFixture();
  let thrown: unknown;
  try {
    wasi['proc_exit']!(exitCode | 0);
  } catch (end) {
    thrown = end;
  }
  expect(thrown).toEqual(new GuestExit(exitCode));
});

test('has no signals', () => {
  expect(makeFixture().wasi['proc_raise']!(6)).toBe(ENOSYS);
});

const PATH_FUNCTIONS = NAMES.filter((name) => name.startsWith('path_'));
const SOCKET_FUNCTIONS = NAMES.filter((name) => name.startsWith('sock_'));

test.for([
  ...PATH_FUNCTIONS.map((name) => ({ name, onStream: ENOTDIR })),
  ...SOCKET_FUNCTIONS.map((name) => ({ name, onStream: ENOTSOCK })),
])('denies $name', ({ name, onStream }) => {
  const { wasi } = makeFixture();
  const withDescriptor = (descriptor: number) =>
    SIGNATURES[name]!.map((type, index) => {
      if (type === 'i64') return 0n;
      return index === (name === 'path_symlink' ? 2 : 0) ? descriptor : 0;
    });
  for (const descriptor of [0, 1, 2]) expect(wasi[name]!(...withDescriptor(descriptor))).toBe(onStream);
  for (const descriptor of [3, 4, 99, -1]) expect(wasi[name]!(...withDescriptor(descriptor))).toBe(EBADF);
});
