// Where functions run: on threads of this process, or in a process of their own. Opens only what the config asks for, so
// that a gateway whose functions are all isolated neither compiles nor runs anything of a guest.

import type { IsolationObserver } from '../runtime/observer.ts';
import { IsolatedRuntime } from '../runtime/process/isolated-runtime.ts';
import { type FunctionRuntime, type LoadedFunction, Runtime } from '../runtime/runtime.ts';
import type { Config, FunctionConfig, Isolation } from './config/config.ts';
import type { FunctionLoader } from './site.ts';

export class Runtimes implements FunctionLoader {
  readonly #runtimes: ReadonlyMap<Isolation, FunctionRuntime>;

  private constructor(runtimes: ReadonlyMap<Isolation, FunctionRuntime>) {
    this.#runtimes = runtimes;
  }

  /**
   * Resolves when functions can be loaded.
   * @throws Error if threads or the process do not start
   */
  static async open({ pool, functions }: Config, observer: IsolationObserver): Promise<Runtimes> {
    const asked = new Set([...functions.values()].map(({ isolation }) => isolation));
    const options = { ...pool, observer };
    const opening: Promise<readonly [Isolation, FunctionRuntime]>[] = [];
    if (asked.has('process')) opening.push(IsolatedRuntime.open(options).then((runtime) => ['process', runtime]));
    if (asked.has('thread')) opening.push(Runtime.open(options).then((runtime) => ['thread', runtime]));
    const results = await Promise.allSettled(opening);
    const opened = new Map(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    const runtimes = new Runtimes(opened);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure === undefined) return runtimes;
    await runtimes.close(0);
    throw failure.reason;
  }

  /** @throws ModuleError if the module cannot be read or served; its message names the fix */
  load(config: FunctionConfig): Promise<LoadedFunction> {
    // Opened with the config that the function is from.
    return this.#runtimes.get(config.isolation)!.load(config);
  }

  notReadyBecause(): string | undefined {
    for (const [isolation, { readyThreads }] of this.#runtimes) {
      if (readyThreads > 0) continue;
      return isolation === 'thread' ? 'no worker thread is ready' : 'the process of isolated functions is not ready';
    }
    return undefined;
  }

  async close(drainMs: number): Promise<void> {
    await Promise.all([...this.#runtimes.values()].map((runtime) => runtime.close(drainMs)));
  }
}
