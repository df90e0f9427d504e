// Runs one invocation at a time of one function, each from a fresh state, and is then ready for the next one. Worker
// thread only.

import type { Answer, Contract, ContractInput } from '../contract/contract.ts';
import type { InvocationError } from '../errors.ts';
import { COUNTDOWN_IMPORT, INTERRUPT_IMPORT } from '../instrument/interrupt.ts';
import { HOST_MODULE } from '../instrument/host-names.ts';
import { MEMORY_IMPORT } from '../instrument/import-memory.ts';
import type { GuestLogLine, InvocationCost } from '../invocation.ts';
import type { PreparedModule } from '../module/prepare.ts';
import { Budget, type BudgetLimits } from './budget.ts';
import type { Countdown } from './countdown.ts';
import { Guest, GuestExit } from './guest.ts';
import { bindHostCalls } from './host-calls.ts';
import type { HostModule } from './host-module.ts';
import type { MemoryPool } from './memory-pool.ts';
import { type StopReason, toInvocationError, toStopError } from './traps.ts';
import type { Turn } from './turn.ts';

/** What all sandboxes of a thread share. */
export interface SandboxThread {
  readonly countdown: Countdown;
  readonly memories: MemoryPool;
  readonly hostModules: readonly HostModule[];
}

export interface SandboxOptions {
  readonly functionName: string;
  readonly prepared: PreparedModule;
  readonly contract: Contract;
  readonly env: Readonly<Record<string, string>>;
  readonly outputBytes: number;
  readonly limits: BudgetLimits;
}

export interface Outcome {
  readonly result: Answer | InvocationError;
  readonly cost: Omit<InvocationCost, 'queueMs'>;
  readonly logs: readonly GuestLogLine[];
  readonly droppedLogLines: number;
}

const GO_ON = 0;
const STOP = 1;

export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #thread: SandboxThread;
  readonly #guest: Guest;
  readonly #budget: Budget;
  readonly #imports: WebAssembly.Imports;
  /** The part of the imports that is for the instrumentation; the memory in it is that of the invocation. */
  readonly #instrumentation: Record<string, unknown>;
  #turn: Turn | undefined;
  #stopReason: StopReason | undefined;

  constructor(options: SandboxOptions, thread: SandboxThread) {
    this.#options = options;
    this.#thread = thread;
    this.#budget = new Budget(options.limits);
    const environ = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    const remainingWallMs = (): number => this.#budget.remainingWallMs();
    this.#guest = new Guest({
      args: [options.functionName],
      environ,
      outputBytes: options.outputBytes,
      remainingWallMs,
    });
    this.#instrumentation = {
      [COUNTDOWN_IMPORT]: thread.countdown.memory,
      [INTERRUPT_IMPORT]: new WebAssembly.Suspending(() => this.#interrupt()),
    };
    const hostCalls = bindHostCalls(thread.hostModules, this.#guest, (pending) => this.#wait(pending));
    this.#imports = { ...hostCalls, [HOST_MODULE]: this.#instrumentation };
  }

  /** CPU time of the invocation in milliseconds, as of its last time slice. */
  get cpuMs(): number {
    return this.#budget.cpuMs;
  }

  /** True if the invocation's wall time is over. */
  get isOverdue(): boolean {
    return this.#budget.remainingWallMs() <= 0;
  }

  /** Never rejects: whatever the guest does is an outcome. */
  async run(input: ContractInput, turn: Turn): Promise<Outcome> {
    const { contract } = this.#options;
    const guest = this.#guest;
    this.#turn = turn;
    this.#stopReason = undefined;
    this.#budget.start();
    const usage = { instantiateMs: 0, runMs: 0, memoryBytes: 0 };
    let result: Answer | InvocationError;
    try {
      guest.reset(contract.encode(input));
      await this.#execute(usage);
      result = contract.decode(guest.stdout.bytes(), input);
    } catch (thrown) {
      result = this.#toError(thrown);
    }
    this.#budget.end();
    const { lines, dropped } = guest.stderr.finish();
    const cost = { ...usage, cpuMs: this.#budget.cpuMs, hostCalls: guest.hostCalls };
    return { result, cost, logs: lines, droppedLogLines: dropped };
  }

  async #execute(usage: { instantiateMs: number; runMs: number; memoryBytes: number }): Promise<void> {
    const { module, memory: limits, startExport, facts } = this.#options.prepared;
    const { memories } = this.#thread;
    const startedAtMs = performance.now();
    let instantiatedAtMs = startedAtMs;
    const memory = memories.acquire(limits);
    this.#instrumentation[MEMORY_IMPORT] = memory;
    this.#guest.attachMemory(memory);
    this.#thread.countdown.start();
    try {
      const { exports } = new WebAssembly.Instance(module, this.#imports);
      instantiatedAtMs = performance.now();
      if (startExport !== null) await callExport(exports, startExport);
      if (facts.kind === 'command') {
        await callExport(exports, '_start');
      } else {
        if (exports['_initialize'] !== undefined) await callExport(exports, '_initialize');
        await callExport(exports, 'handle');
      }
      if (this.#guest.ending !== undefined) throw this.#guest.ending;
    } catch (thrown) {
      if (!(thrown instanceof GuestExit) || thrown.exitCode !== 0) throw thrown;
    } finally {
      usage.instantiateMs = instantiatedAtMs - startedAtMs;
      usage.runMs = performance.now() - instantiatedAtMs;
      usage.memoryBytes = this.#guest.memoryBytes;
      this.#guest.attachMemory(undefined);
      memories.release(memory, limits);
    }
  }

  /** Called by the guest's code at the end of a time slice. What it answers decides whether the code goes on. */
  #interrupt(): number | Promise<number> {
    if (this.#mustStop()) return STOP;
    const turn = this.#turn!.yieldTurn();
    if (turn === undefined) {
      this.#thread.countdown.start();
      return GO_ON;
    }
    this.#budget.pause();
    return turn.then(() => this.#resume());
  }

  #resume(): number {
    this.#budget.resume();
    if (this.#mustStop()) return STOP;
    this.#thread.countdown.start();
    return GO_ON;
  }

  #mustStop(): boolean {
    this.#stopReason = this.#turn!.isCancelled ? 'cancelled' : this.#budget.exceeded();
    return this.#stopReason !== undefined;
  }

  /** Suspends the guest in a host call until `pending` is settled and its turn has come. */
  async #wait(pending: Promise<number>): Promise<number> {
    this.#budget.pause();
    const cancelled = this.#turn!.startWaiting();
    try {
      return await Promise.race([pending, cancelled.then(() => STOP)]);
    } finally {
      await this.#turn!.endWaiting();
      this.#budget.resume();
      // A guest that must not go on is thrown out of its host call.
      if (this.#mustStop()) throw this.#stopError(this.#stopReason!);
      this.#thread.countdown.start();
    }
  }

  #toError(thrown: unknown): InvocationError {
    const { functionName } = this.#options;
    return this.#stopReason === undefined ? toInvocationError(thrown, functionName) : this.#stopError(this.#stopReason);
  }

  #stopError(reason: StopReason): InvocationError {
    const { functionName, limits } = this.#options;
    return toStopError(reason, functionName, limits);
  }
}

/**
 * The inspection at load has seen that the export is a function without parameters and results. Suspending imports need
 * a stack of their own to suspend, which `promising` gives the call.
 */
function callExport(exports: WebAssembly.Exports, name: string): Promise<unknown> {
  return WebAssembly.promising(exports[name] as () => void)();
}
