// The blocks that are open at an instruction, outermost first, as flags: one byte a block, however deep they are nested.

import { malformed } from './binary-reader.ts';

export const BLOCK = {
  /** Its `end` is where other paths may join. */
  joins: 1,
  loop: 2,
  /** It was entered in code that nothing reaches. */
  enteredDead: 4,
} as const;

/** The function itself as the target of a branch: branching to it returns. */
export const FUNCTION = -1;

export class ControlStack {
  depth = 0;
  #flags = new Uint8Array(64);

  clear(): void {
    this.depth = 0;
  }

  push(flags: number): void {
    if (this.depth === this.#flags.length) {
      const grown = new Uint8Array(this.#flags.length * 2);
      grown.set(this.#flags);
      this.#flags = grown;
    }
    this.#flags[this.depth++] = flags;
  }

  /** Returns the flags of the block that ends. */
  pop(): number {
    return this.#flags[--this.depth]!;
  }

  /** True if the innermost block was entered in code that nothing reaches. */
  get isEnteredDead(): boolean {
    return this.depth > 0 && (this.#flags[this.depth - 1]! & BLOCK.enteredDead) !== 0;
  }

  /** The place of the block that a label means, or FUNCTION; paths join at its end from now on. */
  target(label: number, offset: number): number {
    const target = this.depth - 1 - label;
    if (target < FUNCTION) throw malformed(offset, `label ${label} does not exist, there are ${this.depth + 1}`);
    if (target !== FUNCTION && !(this.#flags[target]! & BLOCK.loop)) this.#flags[target]! |= BLOCK.joins;
    return target;
  }
}
