// Rewrites and compiles modules off the main thread and under a deadline: a module can be made to compile for minutes.
// The thread is started for the first module and ended when the last one is done.

import { Worker } from 'node:worker_threads';
import { ModuleError, type ModuleErrorCode } from '../errors.ts';
import type { PreparedModule } from './prepare.ts';

/** Longest compilation of one module, in milliseconds. */
const COMPILE_DEADLINE_MS = 30_000;

export interface CompileOptions {
  /** Linear memory of one instance, in bytes. */
  readonly memoryBytes: number;
  /** Most entries of each table. */
  readonly tableEntries: number;
  /** Whether instructions are counted. */
  readonly isMetered: boolean;
}

export interface CompileRequest extends CompileOptions {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type Compiled = Omit<PreparedModule, 'facts'>;

export type CompileReply =
  | { readonly id: number; readonly compiled: Compiled }
  | { readonly id: number; readonly error: { readonly code: ModuleErrorCode; readonly message: string } };

export class Compiler {
  #worker: Worker | undefined;
  #nextId = 0;
  readonly #jobs = new Map<number, PromiseWithResolvers<Compiled>>();

  /**
   * @throws ModuleError ERR_MODULE_MALFORMED if V8 finds it invalid, ERR_MODULE_UNSUPPORTED or ERR_MODULE_LIMIT if it
   *   cannot be rewritten, ERR_MODULE_COMPILE if it takes too long
   */
  async compile(
    bytes: Uint8Array<ArrayBuffer>,
    options: CompileOptions,
    deadlineMs = COMPILE_DEADLINE_MS,
  ): Promise<Compiled> {
    const id = this.#nextId++;
    const job = Promise.withResolvers<Compiled>();
    this.#jobs.set(id, job);
    this.#worker ??= this.#startWorker();
    this.#worker.postMessage({ id, bytes, ...options } satisfies CompileRequest);
    const timer = setTimeout(() => this.#fail(tooSlow(deadlineMs)), deadlineMs);
    try {
      return await job.promise;
    } finally {
      clearTimeout(timer);
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) this.#endWorker();
    }
  }

  #startWorker(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./compile-worker.${extension}`, import.meta.url));
    worker.on('message', (reply: CompileReply) => this.#receive(reply));
    worker.on('error', (cause: Error) => this.#fail(crashed(cause)));
    return worker;
  }

  #receive(reply: CompileReply): void {
    const job = this.#jobs.get(reply.id);
    if ('compiled' in reply) {
      job?.resolve(reply.compiled);
    } else {
      const { code, message } = reply.error;
      const isInvalid = code === 'ERR_MODULE_MALFORMED';
      job?.reject(new ModuleError(code, isInvalid ? `module is not valid WebAssembly: ${message}` : message, {}));
    }
  }

  /** All that wait for this thread: which of them was the slow one is not known from outside. */
  #fail(error: ModuleError): void {
    for (const job of this.#jobs.values()) job.reject(error);
    this.#endWorker();
  }

  #endWorker(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}

function tooSlow(deadlineMs: number): ModuleError {
  const message = `module took longer than ${deadlineMs} ms to compile: split it, or build it without inlining`;
  return new ModuleError('ERR_MODULE_COMPILE', message, { deadlineMs });
}

function crashed(cause: Error): ModuleError {
  return new ModuleError('ERR_MODULE_COMPILE', `module could not be compiled: ${cause.message}`, {}, { cause });
}
