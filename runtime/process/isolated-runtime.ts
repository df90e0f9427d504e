// A runtime whose guests run in a process of their own: an abort of the engine, or the kernel's out-of-memory killer,
// costs the invocations in flight and nothing else. Has the face of `Runtime`; compiles and runs nothing itself.

import { ModuleError, type ModuleErrorMessage } from '../errors.ts';
import type { ModuleFacts } from '../module/inspect.ts';
import { readModule } from '../module/read-module.ts';
import type { IsolationObserver } from '../observer.ts';
import { SLOTS } from '../pool/control-block.ts';
import type { FunctionDefinition, FunctionRuntime, LoadedFunction, RuntimeOptions } from '../runtime.ts';
import { restartDelayMs } from './backoff.ts';
import { Calls } from './calls.ts';
import { GuestProcess, type ProcessEnd } from './guest-process.ts';
import { IsolatedFunction } from './isolated-function.ts';
import type { FromGuestProcess } from './messages.ts';
import { endsProcesses } from './refusals.ts';

export interface IsolatedRuntimeOptions extends RuntimeOptions {
  readonly observer: IsolationObserver;
  /** How long the process may give no sign of life before it is ended, in milliseconds; 5000 unless given. */
  readonly unresponsiveMs?: number;
}

const UNRESPONSIVE_MS = 5_000;
/** A module that ends so many processes while they load it for the first time is refused. */
const MAX_PROCESSES_LOST = 3;

type State =
  /** Until the threads run and what was loaded in the last process is loaded in this one. */
  | { readonly kind: 'starting'; readonly process: GuestProcess; readonly failedStarts: number }
  | { readonly kind: 'serving'; readonly process: GuestProcess }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

export class IsolatedRuntime implements FunctionRuntime {
  readonly #options: IsolatedRuntimeOptions;
  readonly #functions = new Map<number, IsolatedFunction>();
  readonly #calls: Calls;
  readonly #opened = Promise.withResolvers<void>();
  #state: State = { kind: 'closed' };
  #readyThreads = 0;
  #nextFunctionId = 1;
  #closing: Promise<void> | undefined;

  private constructor(options: IsolatedRuntimeOptions) {
    this.#options = options;
    const { queueLength, threads } = options;
    this.#calls = new Calls({ queueLength, maxCalls: queueLength + threads * SLOTS });
    this.#start(0);
  }

  /**
   * Resolves when a thread of the process is ready to run functions.
   * @throws Error if the process cannot be started
   */
  static async open(options: IsolatedRuntimeOptions): Promise<IsolatedRuntime> {
    const runtime = new IsolatedRuntime(options);
    try {
      await runtime.#opened.promise;
      return runtime;
    } catch (cause) {
      await runtime.close();
      throw new Error('the process for isolated functions does not start', { cause });
    }
  }

  /** The process that runs the functions now; undefined between two. */
  get processId(): number | undefined {
    return this.#process?.pid;
  }

  /** As of the last sign of life of the process; 0 until what it had loaded before is loaded again. */
  get readyThreads(): number {
    return this.#state.kind === 'serving' ? this.#readyThreads : 0;
  }

  async load(definition: FunctionDefinition): Promise<LoadedFunction> {
    const module = await readModule(definition.modulePath, definition.sha256);
    const fn = new IsolatedFunction(this.#nextFunctionId++, definition, module);
    if (this.#state.kind === 'closed') throw closedError();
    this.#functions.set(fn.id, fn);
    if (this.#process !== undefined) fn.loadInto(this.#process);
    return {
      definition,
      facts: await fn.loaded.promise,
      sha256: module.sha256,
      invoke: (invocation, receiver) => this.#calls.admit(fn, invocation, receiver),
      unload: () => this.#unload(fn),
    };
  }

  close(drainMs = 0): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    await this.#calls.drain(drainMs);
    const process = this.#process;
    if (this.#state.kind === 'waiting') clearTimeout(this.#state.timer);
    this.#state = { kind: 'closed' };
    for (const fn of this.#functions.values()) fn.loaded.reject(closedError());
    // There is nothing in it that would need an orderly end.
    process?.kill('ended', closedError());
    await process?.gone;
  }

  get #process(): GuestProcess | undefined {
    return 'process' in this.#state ? this.#state.process : undefined;
  }

  #start(failedStarts: number): void {
    const { threads, queueLength, unresponsiveMs = UNRESPONSIVE_MS } = this.#options;
    const process = new GuestProcess(
      { unresponsiveMs },
      {
        received: (from, message) => this.#received(from, message),
        ended: (ended, end) => this.#processEnded(ended, end),
      },
    );
    this.#state = { kind: 'starting', process, failedStarts };
    process.send({ kind: 'open', threads, queueLength });
    for (const fn of this.#functions.values()) fn.loadInto(process);
  }

  #processEnded(process: GuestProcess, { reason, cause }: ProcessEnd): void {
    this.#readyThreads = 0;
    this.#calls.processLost(process, cause);
    if (this.#state.kind === 'closed') return;
    for (const fn of this.#functions.values()) this.#lostProcess(fn);
    this.#opened.reject(cause);
    const failedStarts = this.#state.kind === 'starting' ? this.#state.failedStarts + 1 : 0;
    const timer = setTimeout(() => this.#start(failedStarts), restartDelayMs(failedStarts));
    this.#state = { kind: 'waiting', timer };
    this.#options.observer.processReplaced(reason, cause);
  }

  #lostProcess(fn: IsolatedFunction): void {
    fn.process = undefined;
    if (fn.facts !== undefined || ++fn.processesLost < MAX_PROCESSES_LOST) return;
    this.#functions.delete(fn.id);
    fn.loaded.reject(endsProcesses(fn, MAX_PROCESSES_LOST));
  }

  #received(process: GuestProcess, message: FromGuestProcess): void {
    if (process !== this.#process) return;
    switch (message.kind) {
      case 'alive':
        this.#readyThreads = message.readyThreads;
        if (message.readyThreads > 0) this.#opened.resolve();
        this.#checkServing();
        return;
      case 'loaded':
        return this.#loaded(process, this.#functions.get(message.functionId), message.facts);
      case 'refused':
        return this.#refused(process, this.#functions.get(message.functionId), message.error);
      case 'threadReplaced': {
        const { reason, functionName, causeMessage } = message;
        const cause = causeMessage === undefined ? undefined : new Error(causeMessage);
        return this.#options.observer.threadReplaced(reason, functionName, cause);
      }
      case 'head':
      case 'chunk':
      case 'end':
      case 'failed':
        return this.#calls.answered(process, message);
    }
  }

  #loaded(process: GuestProcess, fn: IsolatedFunction | undefined, facts: ModuleFacts): void {
    if (fn === undefined) return;
    fn.process = process;
    fn.facts ??= facts;
    fn.loaded.resolve(fn.facts);
    this.#calls.loaded(fn, process);
    this.#checkServing();
  }

  #refused(
    process: GuestProcess,
    fn: IsolatedFunction | undefined,
    { code, message, details }: ModuleErrorMessage,
  ): void {
    if (fn === undefined) return;
    const error = new ModuleError(code, message, details);
    // It took the same bytes before, so it is not the module that is at fault.
    if (fn.facts !== undefined) return process.kill('unloadable', error);
    this.#functions.delete(fn.id);
    fn.loaded.reject(error);
  }

  #checkServing(): void {
    if (this.#state.kind !== 'starting' || this.#readyThreads === 0) return;
    const { process } = this.#state;
    for (const fn of this.#functions.values()) if (fn.facts !== undefined && fn.process !== process) return;
    this.#state = { kind: 'serving', process };
    this.#options.observer.processReady(process.pid!);
  }

  async #unload(fn: IsolatedFunction): Promise<void> {
    if (fn.unanswered > 0) await new Promise<void>((resolve) => (fn.onIdle = resolve));
    if (!this.#functions.delete(fn.id)) return;
    this.#process?.send({ kind: 'unload', functionId: fn.id });
    // It may have been the last one that a new process had to load.
    this.#checkServing();
  }
}

function closedError(): Error {
  return new Error('the runtime was closed');
}
