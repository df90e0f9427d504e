// The countdown of one thread's time slice, in a shared memory that instrumented code looks at and the process's ticker
// counts up; see instrument/interrupt.ts.

/** Time between two ticks in milliseconds, and the longest time slice. */
export const TICK_MS = 1;

export class Countdown {
  /** What instrumented modules import. */
  readonly memory: WebAssembly.Memory;
  readonly #word: Int32Array;

  constructor(memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })) {
    this.memory = memory;
    this.#word = new Int32Array(memory.buffer, 0, 1);
  }

  /** A time slice begins; it ends with the next tick. */
  start(): void {
    Atomics.store(this.#word, 0, -1);
  }

  tick(): void {
    Atomics.add(this.#word, 0, 1);
  }
}
