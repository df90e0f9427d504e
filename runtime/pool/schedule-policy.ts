// Who runs next on a thread. Fresh invocations come first, so that a short one never waits behind long ones; then the
// function that has used the least CPU time, so that none can crowd out another; within a function, in turn. Pure: no
// clock, no threads, simulated in its tests.

/**
 * Lead of a fresh invocation over one that was put aside, in milliseconds of its function's CPU time. A function that
 * floods the thread with fresh ones uses it up.
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
  readonly fresh: Fresh[];
  readonly aside: Task[];
}

export class SchedulePolicy<Fresh extends object, Task extends object> {
  readonly #maxLive: number;
  /** Functions with something to run or running. */
  readonly #shares = new Map<number, Share<Fresh, Task>>();
  #live = 0;
  /** Where a function starts that becomes active: it neither has to catch up nor has a lead for having been idle. */
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
    this.#shareOf(key).fresh.push(fresh);
  }

  /** A started invocation can go on: it was put aside, or what it waited for is there. */
  addAside(task: Task, key: number): void {
    this.#shareOf(key).aside.push(task);
  }

  /** Takes out whom it chooses; undefined if there is nobody. A fresh one counts as started from then on. */
  next(): Choice<Fresh, Task> | undefined {
    let best: Share<Fresh, Task> | undefined;
    let bestMs = Infinity;
    let isFresh = false;
    const mayStart = this.#live < this.#maxLive;
    for (const share of this.#shares.values()) {
      const startsFresh = mayStart && share.fresh.length > 0;
      if (!startsFresh && share.aside.length === 0) continue;
      const rankMs = share.usedMs - (startsFresh ? FRESH_LEAD_MS : 0);
      if (rankMs >= bestMs) continue;
      best = share;
      bestMs = rankMs;
      isFresh = startsFresh;
    }
    if (best === undefined) return undefined;
    this.#baseMs = Math.max(this.#baseMs, best.usedMs);
    if (!isFresh) return { task: best.aside.shift()! };
    this.#live++;
    return { fresh: best.fresh.shift()! };
  }

  /** True if somebody could run now. */
  get hasRunnable(): boolean {
    for (const { fresh, aside } of this.#shares.values()) {
      if (aside.length > 0 || (fresh.length > 0 && this.#live < this.#maxLive)) return true;
    }
    return false;
  }

  /** A function has used CPU time. */
  charge(key: number, ms: number): void {
    this.#shareOf(key).usedMs += ms;
  }

  /** A started invocation has ended. */
  ended(key: number): void {
    this.#live--;
    this.#forgetIdle(key);
  }

  /** Takes out the first that was put aside and for which `mustStop` is true: it is resumed only to end. */
  takeAside(mustStop: (task: Task) => boolean): Task | undefined {
    for (const { aside } of this.#shares.values()) {
      const index = aside.findIndex(mustStop);
      if (index !== -1) return aside.splice(index, 1)[0];
    }
    return undefined;
  }

  #shareOf(key: number): Share<Fresh, Task> {
    let share = this.#shares.get(key);
    if (share === undefined) {
      share = { key, usedMs: this.#baseMs, fresh: [], aside: [] };
      this.#shares.set(key, share);
    }
    return share;
  }

  /** What an idle function has used would count for ever; while others are active it is kept, or a flood would reset it. */
  #forgetIdle(key: number): void {
    const share = this.#shares.get(key);
    if (share === undefined || share.fresh.length > 0 || share.aside.length > 0) return;
    if (share.usedMs <= this.#baseMs || this.#live === 0) this.#shares.delete(key);
  }
}
