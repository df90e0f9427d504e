// Who runs next on a thread. Fresh invocations come first, so that a short one never waits behind long ones; then the
// function that has used the least CPU time, so that none can crowd out another; within a function, in turn. Pure: no
// clock, no threads, simulated in its tests.

/**
 * Lead of a fresh invocation over one that was put aside, in milliseconds of its function's CPU time. A function that
 * floods the thread with fresh ones uses it up, against the others as well as against its own that were put aside.
 */
const FRESH_LEAD_MS = 20;

export interface Choice<Fresh, Task> {
  readonly fresh?: Fresh;
  readonly task?: Task;
}

interface Share<Fresh, Task> {
  readonly key: number;
  /** CPU time that the function has used, in milliseconds, from where the others stood when it became active. */
  usedMs: number;
  /** What it had used when one that was put aside last got its turn, or the first of them began to wait. */
  asideTurnMs: number;
  readonly fresh: Fresh[];
  readonly aside: Task[];
}

export class SchedulePolicy<Fresh extends object, Task extends object> {
  readonly #maxLive: number;
  /** Functions with something to run, and those that have used more than an idle one starts from. */
  readonly #shares = new Map<number, Share<Fresh, Task>>();
  #live = 0;
  /**
   * The least that a function with something to run has used; never goes back. A function starts from here whenever it
   * becomes active: it neither has to catch up nor has a lead for having been idle.
   */
  #baseMs = 0;

  /** @param maxLive most invocations that are started and not ended at a time */
  constructor(maxLive: number) {
    this.#maxLive = maxLive;
  }

  /** Started and not ended. */
  get live(): number {
    return this.#live;
  }

  addFresh(fresh: Fresh, key: number): void {
    this.#activate(key).fresh.push(fresh);
  }

  /** A started invocation can go on: it was put aside, or what it waited for is there. */
  addAside(task: Task, key: number): void {
    const share = this.#activate(key);
    if (share.aside.length === 0) share.asideTurnMs = share.usedMs;
    share.aside.push(task);
  }

  /** Takes out whom it chooses; undefined if there is nobody. A fresh one counts as started from then on. */
  next(): Choice<Fresh, Task> | undefined {
    let best: Share<Fresh, Task> | undefined;
    let bestMs = Infinity;
    let leastUsedMs = Infinity;
    for (const share of this.#shares.values()) {
      const mayStart = this.#mayStart(share);
      if (!mayStart && share.aside.length === 0) {
        this.#forgetIdle(share);
        continue;
      }
      leastUsedMs = Math.min(leastUsedMs, share.usedMs);
      const rankMs = share.usedMs - (mayStart ? FRESH_LEAD_MS : 0);
      if (rankMs >= bestMs) continue;
      best = share;
      bestMs = rankMs;
    }
    if (best === undefined) return undefined;
    this.#baseMs = Math.max(this.#baseMs, leastUsedMs);
    if (this.#mayStart(best) && !isAsideTurn(best)) {
      this.#live++;
      return { fresh: best.fresh.shift()! };
    }
    best.asideTurnMs = best.usedMs;
    return { task: best.aside.shift()! };
  }

  /** True if somebody could run now. */
  get hasRunnable(): boolean {
    for (const share of this.#shares.values()) if (share.aside.length > 0 || this.#mayStart(share)) return true;
    return false;
  }

  /** A function has used CPU time. */
  charge(key: number, ms: number): void {
    const share = this.#shareOf(key);
    share.usedMs += ms;
    // It ran at nobody's cost: whoever comes next starts level with it.
    if (!this.hasRunnable) this.#baseMs = Math.max(this.#baseMs, share.usedMs);
  }

  /** A started invocation has ended. */
  ended(): void {
    this.#live--;
  }

  /** Takes out the first that was put aside and for which `mustStop` is true: it is resumed only to end. */
  takeAside(mustStop: (task: Task) => boolean): Task | undefined {
    for (const { aside } of this.#shares.values()) {
      const index = aside.findIndex(mustStop);
      if (index !== -1) return aside.splice(index, 1)[0];
    }
    return undefined;
  }

  #mayStart({ fresh }: Share<Fresh, Task>): boolean {
    return fresh.length > 0 && this.#live < this.#maxLive;
  }

  /** The function is about to have something to run. */
  #activate(key: number): Share<Fresh, Task> {
    const share = this.#shareOf(key);
    if (share.fresh.length === 0 && share.aside.length === 0) share.usedMs = Math.max(share.usedMs, this.#baseMs);
    return share;
  }

  #shareOf(key: number): Share<Fresh, Task> {
    let share = this.#shares.get(key);
    if (share === undefined) {
      share = { key, usedMs: this.#baseMs, asideTurnMs: this.#baseMs, fresh: [], aside: [] };
      this.#shares.set(key, share);
    }
    return share;
  }

  /** One that has used more is kept: it would come back as if it had not. */
  #forgetIdle({ key, usedMs, fresh, aside }: Share<Fresh, Task>): void {
    if (fresh.length === 0 && aside.length === 0 && usedMs <= this.#baseMs) this.#shares.delete(key);
  }
}

/** The fresh ones of the function have used up their lead over its own that were put aside. */
function isAsideTurn({ aside, usedMs, asideTurnMs }: Share<unknown, unknown>): boolean {
  return aside.length > 0 && usedMs - asideTurnMs >= FRESH_LEAD_MS;
}
