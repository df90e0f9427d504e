// The places in a function body where passes may put code, as a list of numbers: no object a site, one list for all
// functions. Made by scan-function.ts, read by rewrite-code.ts.

export const SITE = {
  /** Withdrawn. */
  none: 0,
  /** First instruction of the function. */
  entry: 1,
  /**
   * The `loop` instruction of a tight loop; value: its block type, a single byte. A loop is tight if there is no loop
   * and no call in it, it takes no parameters and gives at most one result. Engines treat such a loop better, and would
   * not if a pass put a call into it.
   */
  tightLoop: 2,
  /** First instruction of a loop's body; value: 1 if the loop is tight. */
  loop: 3,
  /** After the `end` of a tight loop. */
  tightLoopEnd: 4,
  /** A label of a branch out of a tight loop; value: what it becomes if TIGHT_LOOP_BLOCKS are opened around the loop. */
  label: 5,
  /** First instruction of a basic block; value: its cost. Follows `entry` and `loop` as well. */
  block: 6,
  /** After the first block of the function (value 0) and of each loop (value 1). */
  check: 7,
  call: 8,
  /** The instruction after a call. */
  afterCall: 9,
  /** An instruction that may leave the function, tail calls included. */
  exit: 10,
  /** A bulk operation whose length in bytes is on top of the stack. */
  bulkBytes: 11,
  /** A bulk operation whose length in table entries is on top of the stack. */
  bulkEntries: 12,
  /** A function index that is to be replaced; value: the new one. */
  functionIndex: 13,
} as const;

/** Blocks that a pass opens around a tight loop, if it opens any. */
export const TIGHT_LOOP_BLOCKS = 3;

const NUMBERS = 3;

export class SiteList {
  length = 0;
  #numbers = new Int32Array(256 * NUMBERS);

  clear(): void {
    this.length = 0;
  }

  /** Sites are added in the order of the code. Returns the site's index. */
  add(offset: number, kind: number, value: number): number {
    const at = this.length * NUMBERS;
    if (at === this.#numbers.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[at] = offset;
    this.#numbers[at + 1] = kind;
    this.#numbers[at + 2] = value;
    return this.length++;
  }

  offset(index: number): number {
    return this.#numbers[index * NUMBERS]!;
  }

  kind(index: number): number {
    return this.#numbers[index * NUMBERS + 1]!;
  }

  value(index: number): number {
    return this.#numbers[index * NUMBERS + 2]!;
  }

  setValue(index: number, value: number): void {
    this.#numbers[index * NUMBERS + 2] = value;
  }

  withdraw(index: number): void {
    this.#numbers[index * NUMBERS + 1] = SITE.none;
  }
}
