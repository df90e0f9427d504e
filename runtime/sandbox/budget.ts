// What an invocation may use and has used. CPU time is that of its thread while the guest runs; waiting and being put
// aside do not count. Read at most once a time slice: an invocation that ends within its first one costs no system call.

export interface BudgetLimits {
  /** CPU time of one invocation, in milliseconds. */
  readonly cpuMs: number;
  /** Wall time of one invocation from its start, in milliseconds. */
  readonly wallMs: number;
}

export interface BudgetClock {
  /** Milliseconds, monotonic. */
  nowMs(): number;
  /** CPU time that the calling thread has used, in milliseconds. */
  threadCpuMs(): number;
}

export const threadClock: BudgetClock = {
  nowMs: () => performance.now(),
  threadCpuMs() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};

export class Budget {
  readonly #limits: BudgetLimits;
  readonly #clock: BudgetClock;
  #startedAtMs = 0;
  /** CPU time of the time slices that are over. */
  #cpuMs = 0;
  /** When the guest got the thread, this time. */
  #segmentStartMs = 0;
  /** CPU time of the thread at that moment, or since a check; undefined if it was not read. */
  #segmentCpuMs: number | undefined;
  #isRunning = false;

  constructor(limits: BudgetLimits, clock: BudgetClock = threadClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  start(): void {
    this.#startedAtMs = this.#segmentStartMs = this.#clock.nowMs();
    this.#segmentCpuMs = undefined;
    this.#cpuMs = 0;
    this.#isRunning = true;
  }

  /** The guest waits, or was put aside. */
  pause(): void {
    if (!this.#isRunning) return;
    this.#charge();
    this.#isRunning = false;
  }

  resume(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#segmentStartMs = this.#clock.nowMs();
    this.#segmentCpuMs = this.#clock.threadCpuMs();
  }

  /** Which limit has been passed, if any; also what brings `cpuMs` up to date. */
  exceeded(): 'cpu' | 'wall' | undefined {
    if (this.#isRunning) this.#charge();
    if (this.#cpuMs > this.#limits.cpuMs) return 'cpu';
    return this.remainingWallMs() <= 0 ? 'wall' : undefined;
  }

  remainingWallMs(): number {
    return this.#startedAtMs + this.#limits.wallMs - this.#clock.nowMs();
  }

  /** CPU time so far in milliseconds, as of the last check or pause. */
  get cpuMs(): number {
    return this.#cpuMs;
  }

  /** The invocation is over: what was not yet counted is its last, possibly only, time slice. */
  end(): void {
    if (!this.#isRunning) return;
    if (this.#segmentCpuMs === undefined) this.#cpuMs += this.#clock.nowMs() - this.#segmentStartMs;
    else this.#charge();
    this.#isRunning = false;
  }

  #charge(): void {
    const cpuNowMs = this.#clock.threadCpuMs();
    const nowMs = this.#clock.nowMs();
    // Wall time stands in for the first time slice, whose CPU time was not read when it began.
    this.#cpuMs += this.#segmentCpuMs === undefined ? nowMs - this.#segmentStartMs : cpuNowMs - this.#segmentCpuMs;
    this.#segmentStartMs = nowMs;
    this.#segmentCpuMs = cpuNowMs;
  }
}
