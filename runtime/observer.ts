// What the runtime tells whoever embeds it, for logs and metrics. The runtime reports; the embedder counts.

/** Why a thread was ended before its time. */
export type ThreadEndReason = 'deadline' | 'crashed';

export interface RuntimeObserver {
  /** A thread is gone and another takes its place. `functionName` is what it was running. */
  threadReplaced(reason: ThreadEndReason, functionName: string | undefined, cause: Error | undefined): void;
}

/**
 * Why the process of isolated functions was replaced: it ended by itself or by a signal; it gave no sign of life; what it
 * sent was no message; it could not load again what it had loaded before.
 */
export type ProcessEndReason = 'ended' | 'unresponsive' | 'garbled' | 'unloadable';

export interface IsolationObserver extends RuntimeObserver {
  /** The process of isolated functions serves: the first one, or the next. */
  processReady(processId: number): void;
  /** The process of isolated functions is gone, and what it was running with it; another takes its place. */
  processReplaced(reason: ProcessEndReason, cause: Error): void;
}
