// What the runtime tells whoever embeds it, for logs and metrics. The runtime reports; the embedder counts.

/** Why a thread was ended before its time. */
export type ThreadEndReason = 'deadline' | 'crashed';

export interface RuntimeObserver {
  /** A thread is gone and another takes its place. `functionName` is what it was running. */
  threadReplaced(reason: ThreadEndReason, functionName: string | undefined, cause: Error | undefined): void;
}
