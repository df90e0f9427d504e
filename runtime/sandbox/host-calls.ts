// The table of everything that a guest can call: built once per sandbox from the host modules, every call counted on
// its way. The only place to allow, time, record or replay host calls. Worker thread only.

import type { Guest } from './guest.ts';
import type { HostFunction, HostModule, WaitingHostFunction } from './host-module.ts';

/** Takes the thread away from a guest while it waits, and gives it back. */
export type Wait = (pending: Promise<number>) => Promise<number>;

/** The import object of one sandbox, without what its module's instrumentation needs. */
export function bindHostCalls(modules: readonly HostModule[], guest: Guest, wait: Wait): WebAssembly.Imports {
  const bind = (call: HostFunction | WaitingHostFunction): unknown => {
    return typeof call === 'function' ? counted(call, guest) : suspending(call, guest, wait);
  };
  return Object.fromEntries(
    modules.map((module) => {
      const calls = Object.entries(module.bind(guest)).map(([name, call]) => [name, bind(call)] as const);
      return [module.name, Object.fromEntries(calls)] as const;
    }),
  );
}

function counted<Result>(call: (...args: never[]) => Result, guest: Guest): (...args: never[]) => Result {
  return (...args) => {
    // A guest with exception handlers can catch what ended it, but not go on with it.
    if (guest.ending !== undefined) throw guest.ending;
    guest.hostCalls++;
    try {
      return call(...args);
    } catch (thrown) {
      guest.ending = thrown;
      throw thrown;
    }
  };
}

function suspending({ waits }: WaitingHostFunction, guest: Guest, wait: Wait): WebAssembly.Suspending {
  const call = counted(waits, guest);
  return new WebAssembly.Suspending((...args: never[]) => {
    const result = call(...args);
    if (typeof result === 'number') return result;
    return wait(result).catch((thrown: unknown) => {
      guest.ending = thrown;
      throw thrown;
    });
  });
}
