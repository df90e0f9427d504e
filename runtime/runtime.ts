// The face of the runtime: load functions, invoke them, close. Knows no HTTP server, no route and no named capability.

import type { ContractName } from './contract/contracts.ts';
import { ModuleError } from './errors.ts';
import type { AnswerReceiver, Invocation } from './invocation.ts';
import type { ModuleFacts } from './module/inspect.ts';
import type { ModuleBytes } from './module/read-module.ts';
import { ModuleCache, type ModuleLease } from './module/module-cache.ts';
import type { RuntimeObserver } from './observer.ts';
import type { PooledFunction } from './pool/pending.ts';
import { Pool } from './pool/pool.ts';
import { importNames, standardHostModules } from './sandbox/host-modules.ts';
import type { StateMode } from './sandbox/sandbox.ts';

export interface RuntimeOptions {
  /** Worker threads that run functions, 1 or more; one spare is kept beside them. */
  readonly threads: number;
  /** Most invocations that wait for a thread, over all functions. */
  readonly queueLength: number;
  readonly observer: RuntimeObserver;
}

/** A function as its operator defined it. */
export interface FunctionDefinition {
  readonly name: string;
  readonly modulePath: string;
  /** SHA-256 that the module must have, as hex; null for any. */
  readonly sha256: string | null;
  readonly contract: ContractName;
  readonly env: Readonly<Record<string, string>>;
  /**
   * `fresh`: every invocation starts from the same state. `shared`: an instance lives on from one to the next, so that
   * what it caches is still there; only for reactors.
   */
  readonly state: StateMode;
  readonly limits: FunctionLimits;
}

export interface FunctionLimits {
  /** CPU time of one invocation, in milliseconds; 100 unless configured. */
  readonly cpuMs: number;
  /** Instructions of one invocation, metered the same on every machine; null unless configured: no metering, no cost. */
  readonly fuel: number | null;
  /** Wall time of one invocation from its start on a thread, in milliseconds; 1000 unless configured. */
  readonly wallMs: number;
  /** Linear memory of one instance, in bytes, a multiple of the 64 KiB of a wasm page; 64 MiB unless configured. */
  readonly memoryBytes: number;
  /** Largest stdout of one invocation, in bytes; 6 MiB unless configured. */
  readonly outputBytes: number;
  /** Most entries of each table; 10,000 unless configured. */
  readonly tableEntries: number;
  /** Most invocations of the function that wait at a time; 100 unless configured. */
  readonly queueLength: number;
  /** Longest wait for a thread, in milliseconds; 250 unless configured. */
  readonly queueTimeoutMs: number;
}

/** A function that can be invoked. */
export interface LoadedFunction {
  readonly definition: FunctionDefinition;
  readonly facts: ModuleFacts;
  /** SHA-256 of the module, as hex. */
  readonly sha256: string;
  /**
   * Starts an invocation; returns at once.
   * @returns a function that says that nobody waits for the answer any more: the receiver is not called after it, a
   *   queued invocation is dropped, a running one is stopped if it goes on
   */
  invoke(invocation: Invocation, receiver: AnswerReceiver): () => void;
  /** Lets its last invocations end, then gives back all that it holds. Not to be invoked after this call. */
  unload(): Promise<void>;
}

/** Where functions are loaded: {@link Runtime} in threads of this process, `IsolatedRuntime` in a process of their own. */
export interface FunctionRuntime {
  /** @throws ModuleError if the module cannot be read or served; its message names the fix */
  load(definition: FunctionDefinition): Promise<LoadedFunction>;
  /** Threads that take work now; 0 means that every invocation fails soon. */
  readonly readyThreads: number;
  /** Admits nothing more, gives invocations up to `drainMs` to end (default 0), then ends what runs them. */
  close(drainMs?: number): Promise<void>;
}

export class Runtime implements FunctionRuntime {
  readonly #modules = new ModuleCache();
  readonly #knownImports = importNames(standardHostModules());
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Resolves when a thread is ready to run functions. */
  static async open(options: RuntimeOptions): Promise<Runtime> {
    return new Runtime(await Pool.open(options));
  }

  /**
   * @param content of the module if it is at hand, already checked against the pin; else it is read from its path
   * @throws ModuleError if the module cannot be read or served; its message names the fix
   */
  async load(definition: FunctionDefinition, content?: ModuleBytes): Promise<LoadedFunction> {
    const { name, modulePath, sha256, contract, env, state, limits } = definition;
    const { memoryBytes, tableEntries, fuel } = limits;
    const inspectLimits = { memoryBytes, tableEntries, knownImports: this.#knownImports };
    const source = { path: modulePath, pin: sha256, limits: inspectLimits, isMetered: fuel !== null };
    const lease = await this.#modules.acquire(source, content);
    const { prepared } = lease;
    if (state === 'shared' && prepared.facts.kind === 'command') {
      lease.release();
      throw notShareable();
    }
    const fn = this.#pool.load({ name, prepared, contract, env, state, limits }, limits);
    return this.#loaded(definition, fn, lease);
  }

  get readyThreads(): number {
    return this.#pool.readyThreads;
  }

  close(drainMs = 0): Promise<void> {
    return this.#pool.close(drainMs);
  }

  #loaded(definition: FunctionDefinition, fn: PooledFunction, lease: ModuleLease): LoadedFunction {
    const pool = this.#pool;
    return {
      definition,
      facts: lease.prepared.facts,
      sha256: lease.sha256,
      invoke(invocation, receiver) {
        const pending = pool.submit(fn, invocation, receiver);
        return () => pool.cancel(pending);
      },
      async unload() {
        await pool.unload(fn);
        lease.release();
      },
    };
  }
}

function notShareable(): ModuleError {
  const message =
    'module is a command, whose instance runs once, so its state cannot be shared; use state: fresh, or build a reactor that exports "handle"';
  return new ModuleError('ERR_MODULE_EXPORT', message, {});
}
