// The blocks that are open at an instruction, outermost first, as flags: one byte a block, however deep they are nested.

import { ModuleError } from '../errors.ts';
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

/**
 * V8's optimising compiler takes the square of this in time: 65 s of a thread for 100,000 loops in each other, a hundredth
 * of a second for as many as are allowed. Compilers of real code stay below fifty.
 */
export const MAX_NESTED_LOOPS = 1000;

export class ControlStack {
  depth = 0;
  #loopDepth = 0;
  #flags = new Uint8Array(64);

  clear(): void {
    this.depth = 0;
    this.#loopDepth = 0;
  }

  /** @throws ModuleError ERR_MODULE_LIMIT for loops nested too deeply; `offset` is where the block opens. */
  push(flags: number, offset: number): void {
    if (flags & BLOCK.loop && ++this.#loopDepth > MAX_NESTED_LOOPS) {
      throw new ModuleError(
        'ERR_MODULE_LIMIT',
        `function has more than ${MAX_NESTED_LOOPS} loops in each other at byte ${offset}; split it into functions`,
        { offset, limit: MAX_NESTED_LOOPS },
      );
    }
    if (this.depth === this.#flags.length) {
      const grown = new Uint8Array(this.#flags.length * 2);
      grown.set(this.#flags);
      this.#flags = grown;
    }
    this.#flags[this.depth++] = flags;
  }

  /** Returns the flags of the block that ends. */
  pop(): number {
    const flags = this.#flags[--this.depth]!;
    if (flags & BLOCK.loop) this.#loopDepth--;
    return flags;
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
