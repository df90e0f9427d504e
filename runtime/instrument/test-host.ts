// Runs instrumented modules in tests: gives them what the passes import and reads what they export.

import { COUNTDOWN_IMPORT, FUEL_EXPORT, HOST_MODULE, INTERRUPT_IMPORT } from './host-names.ts';
import type { Instrumented } from './instrument.ts';

export type ExportedFunction = (...args: unknown[]) => unknown;

export class TestHost {
  readonly instance: WebAssembly.Instance;
  /** The first word of the countdown's memory. */
  readonly countdown: Int32Array;
  interruptCalls = 0;

  /** @param interrupt what the imported function does; by default it sets the countdown and goes on. */
  constructor(
    { bytes, facts }: Instrumented,
    interrupt?: (host: TestHost) => number,
    imports: WebAssembly.Imports = {},
  ) {
    const countdown = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    this.countdown = new Int32Array(countdown.buffer, 0, 1);
    this.countdown[0] = -1;
    const memory = facts.memory;
    const host = {
      [COUNTDOWN_IMPORT]: countdown,
      [INTERRUPT_IMPORT]: () => {
        this.interruptCalls++;
        if (interrupt !== undefined) return interrupt(this);
        this.countdown[0] = -1;
        return 0;
      },
      ...(memory && {
        [memory.name]: new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages }),
      }),
    };
    this.instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { ...imports, [HOST_MODULE]: host });
  }

  call(name: string, ...args: unknown[]): unknown {
    const exported = this.instance.exports[name];
    if (typeof exported !== 'function') throw new Error(`no exported function ${name}`);
    return exported(...args);
  }

  global(name: string): WebAssembly.Global {
    const exported = this.instance.exports[name];
    if (!(exported instanceof WebAssembly.Global)) throw new Error(`no exported global ${name}`);
    return exported;
  }

  get fuel(): bigint {
    const { value } = this.global(FUEL_EXPORT);
    if (typeof value !== 'bigint') throw new Error('fuel is not an i64');
    return value;
  }

  set fuel(value: bigint) {
    this.global(FUEL_EXPORT).value = value;
  }
}
