// What tests of isolated functions have in common: a runtime in a process of its own, and what becomes of that process.

import { readFileSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';
import { collectAnswer } from '../collect-answer.ts';
import type { ProcessEndReason, ThreadEndReason } from '../observer.ts';
import { IsolatedRuntime, type IsolatedRuntimeOptions } from '../process/isolated-runtime.ts';
import type { LoadedFunction } from '../runtime.ts';
import { request, textOf } from './runtime-fixture.ts';

export interface OpenIsolatedRuntime {
  readonly runtime: IsolatedRuntime;
  /** Why processes were replaced so far. */
  readonly processesReplaced: readonly ProcessEndReason[];
  readonly threadsReplaced: readonly ThreadEndReason[];
  /** Resolves when the next process has ended. */
  readonly nextEnd: () => Promise<ProcessEndReason>;
  /** Resolves when a process has loaded all that was loaded before. */
  readonly serving: () => Promise<void>;
}

export async function openIsolated(options: Partial<IsolatedRuntimeOptions> = {}): Promise<OpenIsolatedRuntime> {
  const processesReplaced: ProcessEndReason[] = [];
  const threadsReplaced: ThreadEndReason[] = [];
  let next = Promise.withResolvers<ProcessEndReason>();
  let ready = Promise.withResolvers<void>();
  const observer = {
    processReady: () => ready.resolve(),
    threadReplaced: (reason: ThreadEndReason) => void threadsReplaced.push(reason),
    processReplaced: (reason: ProcessEndReason) => {
      processesReplaced.push(reason);
      ready = Promise.withResolvers();
      next.resolve(reason);
      next = Promise.withResolvers();
    },
  };
  const runtime = await IsolatedRuntime.open({ threads: 1, queueLength: 2_000, observer, ...options });
  return { runtime, processesReplaced, threadsReplaced, nextEnd: () => next.promise, serving: () => ready.promise };
}

/** Closed when the test has ended. */
export async function openIsolatedForTest(options: Partial<IsolatedRuntimeOptions> = {}): Promise<OpenIsolatedRuntime> {
  const opened = await openIsolated(options);
  onTestFinished(() => opened.runtime.close());
  return opened;
}

/** Sends a signal to the process that runs the functions now. */
export function signalProcess(runtime: IsolatedRuntime, signal: NodeJS.Signals = 'SIGKILL'): void {
  process.kill(runtime.processId!, signal);
}

/** `200 body`, or the code of the error. */
export async function answerOf(fn: LoadedFunction): Promise<string> {
  return textOf(await collectAnswer(fn, request()));
}

/** Resolves when nothing runs under the id any more. */
export function processGone(pid: number): Promise<void> {
  return vi.waitFor(
    () => {
      if (isRunning(pid)) throw new Error(`process ${pid} runs`);
    },
    { timeout: 10_000, interval: 5 },
  );
}

/** A process that has ended and that nobody has waited for does not run. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Where there is no init process that waits for orphans, they stay as zombies.
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
