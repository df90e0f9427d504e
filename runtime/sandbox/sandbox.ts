// Runs one invocation at a time of one function, each from a fresh state, and is then ready for the next one. Worker
// thread only.

import type { Answer, Contract, ContractInput } from '../contract/contract.ts';
import type { InvocationError } from '../errors.ts';
import { COUNTDOWN_IMPORT, HOST_MODULE, INTERRUPT_IMPORT } from '../instrument/host-names.ts';
import { PAGE_BYTES } from '../instrument/types.ts';
import type { GuestLogLine, InvocationCost } from '../invocation.ts';
import type { PreparedModule } from '../module/prepare.ts';
import { Budget, type BudgetLimits } from './budget.ts';
import type { Countdown } from './countdown.ts';
import { Guest, GuestExit } from './guest.ts';
import { bindHostCalls } from './host-calls.ts';
import type { HostModule } from './host-module.ts';
import { GuestInstance } from './guest-instance.ts';
import type { LiveMemories } from './live-memories.ts';
import { type StopReason, toInvocationError, toStopError } from './traps.ts';
import type { Turn } from './turn.ts';

/** What all sandboxes of a thread share. */
export interface SandboxThread {
  readonly countdown: Countdown;
  readonly memories: LiveMemories;
  readonly hostModules: readonly HostModule[];
}

export interface SandboxOptions {
  readonly functionName: string;
  readonly prepared: PreparedModule;
  readonly contract: Contract;
  readonly env: Readonly<Record<string, string>>;
  readonly state: StateMode;
  readonly limits: SandboxLimits;
}

/** Whether an instance goes back to its first state after each invocation, or lives on. */
export type StateMode = 'fresh' | 'shared';

export interface SandboxLimits extends BudgetLimits {
  /** Largest stdout, in bytes. */
  readonly outputBytes: number;
  /** Instructions of one invocation; null: they are not counted. */
  readonly fuel: number | null;
}

export interface Outcome {
  readonly result: Answer | InvocationError;
  readonly cost: Omit<InvocationCost, 'queueMs'>;
  readonly logs: readonly GuestLogLine[];
  readonly droppedLogLines: number;
}

/** What is known of an invocation's cost only while its instance is there. */
interface Usage {
  instantiateMs: number;
  runMs: number;
  memoryBytes: number;
  fuel: number | null;
}

const NO_INPUT = new Uint8Array(0);

/** An instance that lives on is replaced after this many invocations, so that what it leaks is bounded … */
const RECYCLE_AFTER = 10_000;
/** … and once its memory has this share of what the function may have, before it fails for want of it. */
const RECYCLE_ABOVE = 0.75;

const GO_ON = 0;
const STOP = 1;

export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #thread: SandboxThread;
  readonly #guest: Guest;
  readonly #budget: Budget;
  readonly #imports: WebAssembly.Imports;
  /** Ready for an invocation, or in one; undefined if the last one left it in a state that it cannot come back from. */
  #instance: GuestInstance | undefined;
  /** Invocations that the instance has had. */
  #served = 0;
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
      outputBytes: options.limits.outputBytes,
      remainingWallMs,
    });
    const instrumentation = {
      [COUNTDOWN_IMPORT]: thread.countdown.memory,
      [INTERRUPT_IMPORT]: new WebAssembly.Suspending(() => this.#interrupt()),
    };
    const hostCalls = bindHostCalls(thread.hostModules, this.#guest, (pending) => this.#wait(pending));
    this.#imports = { ...hostCalls, [HOST_MODULE]: instrumentation };
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
    const usage: Usage = { instantiateMs: 0, runMs: 0, memoryBytes: 0, fuel: null };
    let result: Answer | InvocationError;
    try {
      guest.reset(contract.encode(input));
      await this.#execute(usage);
      // A guest can come to its end and still have used more fuel than it had.
      result =
        this.#stopReason === undefined
          ? contract.decode(guest.stdout.bytes(), input)
          : this.#stopError(this.#stopReason);
    } catch (thrown) {
      result = this.#toError(thrown);
    }
    this.#budget.end();
    const { lines, dropped } = guest.stderr.finish();
    const cost = { ...usage, cpuMs: this.#budget.cpuMs, hostCalls: guest.hostCalls };
    return { result, cost, logs: lines, droppedLogLines: dropped };
  }

  async #execute(usage: Usage): Promise<void> {
    const guest = this.#guest;
    const { fuel } = this.#options.limits;
    const startedAtMs = performance.now();
    let readyAtMs = startedAtMs;
    let hasEnded = false;
    this.#thread.countdown.start();
    try {
      const instance = this.#instance ?? (await this.#createInstance());
      readyAtMs = performance.now();
      if (fuel !== null) instance.fuel = fuel;
      await this.#callGuest(instance);
      if (guest.ending !== undefined) throw guest.ending;
      hasEnded = true;
    } catch (thrown) {
      if (!(thrown instanceof GuestExit) || thrown.exitCode !== 0) throw thrown;
    } finally {
      usage.instantiateMs = readyAtMs - startedAtMs;
      usage.runMs = performance.now() - readyAtMs;
      usage.memoryBytes = guest.memoryBytes;
      if (fuel !== null && this.#instance !== undefined) {
        usage.fuel = fuel - this.#instance.fuel;
        if (usage.fuel > fuel) this.#stopReason ??= 'fuel';
      }
      if (this.#instance !== undefined && !this.#isReusable(this.#instance, hasEnded)) this.#instance = undefined;
    }
  }

  /** Made ready for this invocation and, if its module allows it, for all that follow. */
  async #createInstance(): Promise<GuestInstance> {
    const { prepared, state, limits } = this.#options;
    const { startExport, facts } = prepared;
    const instance = new GuestInstance(prepared, this.#imports, this.#thread.memories);
    this.#instance = instance;
    this.#guest.attachMemory(instance.memory);
    if (limits.fuel !== null) instance.fuel = limits.fuel;
    if (facts.kind === 'reactor') await this.#initialize(instance, startExport);
    if (state === 'fresh') instance.capture();
    this.#served = 0;
    return instance;
  }

  async #initialize(instance: GuestInstance, startExport: string | null): Promise<void> {
    const guest = this.#guest;
    const { stdin } = guest;
    // All later invocations start from the state that this leaves, so it must not see the request of the first.
    guest.stdin = NO_INPUT;
    try {
      if (startExport !== null) await instance.call(startExport);
      if (instance.has('_initialize')) await instance.call('_initialize');
      if (guest.ending !== undefined) throw guest.ending;
    } finally {
      guest.stdin = stdin;
      // What it wrote belongs to no request.
      guest.rewind();
    }
  }

  /** @param hasEnded false if the invocation was stopped, trapped or exited, in the middle of whatever it was doing */
  #isReusable(instance: GuestInstance, hasEnded: boolean): boolean {
    const { state, prepared } = this.#options;
    if (state === 'fresh') return instance.restore();
    this.#served++;
    const isFull = instance.memory.buffer.byteLength > prepared.memory.maxPages * PAGE_BYTES * RECYCLE_ABOVE;
    return hasEnded && !isFull && this.#served < RECYCLE_AFTER;
  }

  async #callGuest(instance: GuestInstance): Promise<void> {
    const { startExport, facts } = this.#options.prepared;
    if (facts.kind === 'reactor') {
      await instance.call('handle');
      return;
    }
    // The start function of a command may look at the clock or draw random numbers: it belongs to each request.
    if (startExport !== null) await instance.call(startExport);
    await instance.call('_start');
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
    const cancelled = this.#turn!.startWaiting().then(() => STOP);
    const [outcome] = await Promise.allSettled([Promise.race([pending, cancelled])]);
    await this.#turn!.endWaiting();
    this.#budget.resume();
    // A guest that must not go on is thrown out of its host call.
    if (this.#mustStop()) throw this.#stopError(this.#stopReason!);
    this.#thread.countdown.start();
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
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
