// The linear memories of one thread: each takes some 8 to 10 GiB of address space until it has been collected, so their
// number is bounded and known. Worker thread only.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Past this number, memories that nobody uses are collected before another one is made. */
const COLLECT_ABOVE = 192;

export class LiveMemories {
  #count = 0;
  readonly #collected = new FinalizationRegistry<undefined>(() => void this.#count--);
  readonly #collectGarbage = exposeGarbageCollector();
  #collectAbove = COLLECT_ABOVE;

  /** Memories that exist, those included that nobody uses and that are not yet collected. */
  get count(): number {
    return this.#count;
  }

  /** @throws RangeError if there is no address space for it */
  create(minPages: number, maxPages: number): WebAssembly.Memory {
    if (this.#count >= this.#collectAbove) this.#collect();
    const memory = new WebAssembly.Memory({ initial: minPages, maximum: maxPages });
    this.#count++;
    this.#collected.register(memory, undefined);
    return memory;
  }

  #collect(): void {
    this.#collectGarbage();
    // The registry tells of what was collected only later; until then the next memories need not collect again.
    this.#collectAbove = this.#count + COLLECT_ABOVE / 2;
    setImmediate(() => (this.#collectAbove = COLLECT_ABOVE));
  }
}

/** V8 collects by its own heap's size, in which a memory is only a few bytes; so it has to be told. */
function exposeGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
