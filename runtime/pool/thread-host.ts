// Who owns the threads: starts them, limits their heap, ends them. The only file that imports piscina; a host of child
// processes would be another implementation of the same interface.

import { setTimeout } from 'node:timers/promises';
import { Piscina } from 'piscina';
import type { ThreadInit } from './messages.ts';

export interface ThreadLease {
  /** Ends the thread, whatever it runs; its port closes when it is gone. */
  terminate(): void;
}

export interface ThreadHost {
  /** Starts `worker.ts` on a thread of its own; `onEnded` is called once, when the thread was ended or has failed. */
  start(init: ThreadInit, onEnded: (cause: Error) => void): ThreadLease;
  /** Ends all threads; resolves when they are gone, or after half a second. */
  close(): Promise<void>;
}

/** JavaScript heap of a worker, for the host's side of an invocation: 6 MiB of output parsed as JSON fits many times. */
const OLD_GENERATION_MB = 256;

/** A thread that is deep in one instruction of its guest ends only after it; nobody waits for it longer than this. */
const CLOSE_TIMEOUT_MS = 500;

/** @param threads how many threads may live at a time, spares included */
export function openThreadHost(threads: number): ThreadHost {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const piscina = new Piscina({
    filename: new URL(`./worker.${extension}`, import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    // A thread is occupied by one endless task and hears of its jobs through a port of its own.
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: OLD_GENERATION_MB },
  });
  // A worker that fails before it has a task; the task that waits for a worker reports it.
  piscina.on('error', () => undefined);
  return {
    start(init, onEnded) {
      const abort = new AbortController();
      // Its declaration of the transfer list does not match the declarations of Node 26.
      const transferList = [init.port] as never;
      piscina.run(init, { signal: abort.signal, transferList }).catch(onEnded);
      return { terminate: () => abort.abort() };
    },
    close: async () => {
      const late = setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false });
      await Promise.race([piscina.destroy(), late]);
    },
  };
}
