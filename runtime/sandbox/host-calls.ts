// The table of everything that a guest can call: built once per sandbox from the host modules, every call counted on
// its way. The only place to allow, time, record or replay host calls. Worker thread only.

import type { Guest } from './guest.ts';
import type { HostFunction, HostModule } from './host-module.ts';

/** The import object of one sandbox. */
export function bindHostCalls(modules: readonly HostModule[], guest: Guest): WebAssembly.Imports {
  const imports: Record<string, Record<string, HostFunction>> = {};
  for (const module of modules) {
    const functions = Object.entries(module.bind(guest));
    imports[module.name] = Object.fromEntries(functions.map(([name, call]) => [name, counted(call, guest)]));
  }
  return imports;
}

function counted(call: HostFunction, guest: Guest): HostFunction {
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
