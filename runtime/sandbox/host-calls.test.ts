import { describe, expect, test } from 'vitest';
import { compileWat } from '../testing/guests.ts';
import { Guest, GuestExit } from './guest.ts';
import { bindHostCalls, type Wait } from './host-calls.ts';
import type { HostModule } from './host-module.ts';

interface Bound {
  readonly guest: Guest;
  readonly waits: Promise<number>[];
  readonly imports: WebAssembly.Imports;
}

function bind(functions: ReturnType<HostModule['bind']>): Bound {
  const guest = new Guest({ args: [], environ: [], outputBytes: 0, remainingWallMs: () => 1_000 });
  const waits: Promise<number>[] = [];
  const wait: Wait = (pending) => {
    waits.push(pending);
    return pending;
  };
  const imports = bindHostCalls([{ name: 'host', bind: () => functions }], guest, wait);
  return { guest, waits, imports };
}

/** A guest whose `run` calls the host's `call` with 20 and answers what it got plus 1. */
async function runGuest(imports: WebAssembly.Imports): Promise<unknown> {
  const bytes = await compileWat(`(module
    (import "host" "call" (func $call (param i32) (result i32)))
    (func (export "run") (result i32) (i32.add (call $call (i32.const 20)) (i32.const 1))))`);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  return WebAssembly.promising(instance.exports['run'] as () => number)();
}

function hostCall(imports: WebAssembly.Imports, name: string): (...args: unknown[]) => unknown {
  return imports['host']![name] as (...args: unknown[]) => unknown;
}

/** What a call throws, also if it is no Error. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('a host call', () => {
  test('is handed its arguments, answers, and is counted', () => {
    const { guest, imports } = bind({
      add: (one: number, other: bigint) => BigInt(one) + other,
      nothing: () => undefined,
    });
    expect(hostCall(imports, 'add')(1, 2n)).toBe(3n);
    hostCall(imports, 'nothing')();
    expect(guest.hostCalls).toBe(2);
    expect(guest.ending).toBeUndefined();
  });

  test('that ended the invocation ends it again at every later call, which does nothing', () => {
    let calls = 0;
    const exit = new GuestExit(0);
    const { guest, imports } = bind({
      exit: () => {
        throw exit;
      },
      write: () => calls++,
    });
    expect(thrownBy(hostCall(imports, 'exit'))).toBe(exit);
    expect(guest.ending).toBe(exit);
    for (let i = 0; i < 3; i++) expect(thrownBy(hostCall(imports, 'write'))).toBe(exit);
    expect({ calls, counted: guest.hostCalls }).toEqual({ calls: 0, counted: 1 });
    guest.reset(new Uint8Array(0));
    hostCall(imports, 'write')();
    expect({ calls, counted: guest.hostCalls }).toEqual({ calls: 1, counted: 1 });
  });
});

describe('a host call that may wait', () => {
  test('does not, if it has its answer', async () => {
    const { guest, waits, imports } = bind({ call: { waits: (value: number) => value * 2 } });
    expect(await runGuest(imports)).toBe(41);
    expect(waits).toHaveLength(0);
    expect(guest.hostCalls).toBe(1);
  });

  test('suspends the guest until the answer is there', async () => {
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<number>();
    const { waits, imports } = bind({
      call: {
        waits() {
          called.resolve();
          return answer.promise;
        },
      },
    });
    const running = runGuest(imports);
    await called.promise;
    expect(waits).toHaveLength(1);
    answer.resolve(7);
    expect(await running).toBe(8);
  });

  test('that fails ends the invocation', async () => {
    const exit = new GuestExit(3);
    const failed = bind({ call: { waits: () => Promise.reject(exit) } });
    await expect(runGuest(failed.imports)).rejects.toBe(exit);
    expect(failed.guest.ending).toBe(exit);
    const thrown = bind({
      call: {
        waits: () => {
          throw exit;
        },
      },
    });
    await expect(runGuest(thrown.imports)).rejects.toBe(exit);
    expect(thrown.guest.ending).toBe(exit);
  });
});
