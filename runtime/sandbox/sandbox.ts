// Runs the invocations of one function on one thread, each from a fresh state. Worker thread only.

import type { Answer, Contract, ContractInput } from '../contract/contract.ts';
import type { InvocationError } from '../errors.ts';
import type { GuestLogLine, InvocationCost } from '../invocation.ts';
import type { ModuleKind } from '../module/inspect.ts';
import { Guest } from './guest.ts';
import { bindHostCalls } from './host-calls.ts';
import type { HostModule } from './host-module.ts';
import { toInvocationError } from './traps.ts';

export interface SandboxOptions {
  readonly functionName: string;
  readonly kind: ModuleKind;
  readonly module: WebAssembly.Module;
  readonly contract: Contract;
  readonly hostModules: readonly HostModule[];
  readonly env: Readonly<Record<string, string>>;
  readonly outputBytes: number;
}

export interface Outcome {
  readonly result: Answer | InvocationError;
  readonly cost: Omit<InvocationCost, 'queueMs'>;
  readonly logs: readonly GuestLogLine[];
  readonly droppedLogLines: number;
}

export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #guest: Guest;
  readonly #imports: WebAssembly.Imports;

  constructor(options: SandboxOptions) {
    this.#options = options;
    const environ = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    this.#guest = new Guest([options.functionName], environ, { outputBytes: options.outputBytes });
    this.#imports = bindHostCalls(options.hostModules, this.#guest);
  }

  /** Never throws: whatever the guest does is an outcome. */
  run(input: ContractInput): Outcome {
    const { contract, functionName } = this.#options;
    const guest = this.#guest;
    const timer = new RunTimer();
    let result: Answer | InvocationError;
    try {
      guest.reset(contract.encode(input));
      const error = this.#execute(timer);
      result = error ?? contract.decode(guest.stdout.bytes(), input);
    } catch (thrown) {
      result = toInvocationError(thrown, functionName)!;
    }
    const { lines, dropped } = guest.stderr.finish();
    const cost = {
      instantiateMs: timer.instantiateMs,
      runMs: timer.runMs,
      memoryBytes: guest.memoryBytes,
      hostCalls: guest.hostCalls,
    };
    return { result, cost, logs: lines, droppedLogLines: dropped };
  }

  #execute(timer: RunTimer): InvocationError | undefined {
    try {
      timer.start();
      const { exports } = new WebAssembly.Instance(this.#options.module, this.#imports);
      this.#guest.attachMemory(exports['memory'] as WebAssembly.Memory);
      timer.instantiated();
      if (this.#options.kind === 'command') {
        callExport(exports, '_start');
      } else {
        if (exports['_initialize'] !== undefined) callExport(exports, '_initialize');
        callExport(exports, 'handle');
      }
      if (this.#guest.ending !== undefined) throw this.#guest.ending;
      return undefined;
    } catch (thrown) {
      return toInvocationError(thrown, this.#options.functionName);
    } finally {
      timer.ended();
    }
  }
}

/** The inspection at load has seen that the export is a function without parameters. */
function callExport(exports: WebAssembly.Exports, name: string): void {
  (exports[name] as () => void)();
}

class RunTimer {
  instantiateMs = 0;
  runMs = 0;
  #sinceMs = 0;
  #isInstantiated = false;

  start(): void {
    this.#sinceMs = performance.now();
  }

  instantiated(): void {
    this.instantiateMs = this.#lapMs();
    this.#isInstantiated = true;
  }

  ended(): void {
    if (this.#isInstantiated) this.runMs = this.#lapMs();
    else this.instantiateMs = this.#lapMs();
  }

  #lapMs(): number {
    const nowMs = performance.now();
    const lapMs = nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
    return lapMs;
  }
}
