// What a running invocation asks of its thread's scheduler. Worker thread only.

export interface Turn {
  /** True once nobody waits for the answer any more. */
  readonly isCancelled: boolean;
  /**
   * The time slice is over. Undefined: nobody else wants the thread, go on. Otherwise it resolves when the invocation
   * has the thread again.
   */
  yieldTurn(): Promise<void> | undefined;
  /** The guest waits in a host call: the thread goes on with others. Resolves if the invocation is cancelled meanwhile. */
  startWaiting(): Promise<void>;
  /** What the guest waited for is there; resolves when it has the thread again. */
  endWaiting(): Promise<void>;
}
