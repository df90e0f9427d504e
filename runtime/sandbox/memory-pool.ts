// Linear memories of one thread, used again and again: making one costs some 65 µs and, later, a garbage collection;
// clearing a small one a few. Worker thread only.

export interface MemoryLimits {
  readonly minPages: number;
  readonly maxPages: number;
}

const PAGE_BYTES = 65_536;
/** A memory above this size is not cleared but dropped: fresh pages from the kernel cost less. */
const CLEARED_BYTES = 2 * 1024 * 1024;
/** Idle memories that are kept, over all limits; each holds up to `CLEARED_BYTES` and some 8 GiB of address space. */
const MAX_IDLE = 64;

export class MemoryPool {
  /** By limits. */
  readonly #idle = new Map<string, WebAssembly.Memory[]>();
  #idleCount = 0;
  readonly #live = { count: 0 };
  readonly #collected = new FinalizationRegistry<{ count: number }>((live) => void live.count--);

  /** Memories that exist on this thread, those included that are dropped and not yet collected. */
  get liveCount(): number {
    return this.#live.count;
  }

  /**
   * A memory of `minPages` pages with nothing in it.
   * @throws RangeError if there is no address space for it
   */
  acquire(limits: MemoryLimits): WebAssembly.Memory {
    const memory = this.#idle.get(keyOf(limits))?.pop();
    if (memory !== undefined) {
      this.#idleCount--;
      return memory;
    }
    return this.#create(limits);
  }

  /** Gives a memory back; nobody may hold it any more. */
  release(memory: WebAssembly.Memory, limits: MemoryLimits): void {
    const { byteLength } = memory.buffer;
    // A grown memory cannot shrink, and the next guest would see its size.
    const isReusable = byteLength === limits.minPages * PAGE_BYTES && byteLength <= CLEARED_BYTES;
    if (!isReusable || this.#idleCount >= MAX_IDLE) return;
    new Uint8Array(memory.buffer).fill(0);
    const key = keyOf(limits);
    const idle = this.#idle.get(key);
    if (idle === undefined) this.#idle.set(key, [memory]);
    else idle.push(memory);
    this.#idleCount++;
  }

  #create({ minPages, maxPages }: MemoryLimits): WebAssembly.Memory {
    const memory = new WebAssembly.Memory({ initial: minPages, maximum: maxPages });
    this.#live.count++;
    this.#collected.register(memory, this.#live);
    return memory;
  }
}

function keyOf({ minPages, maxPages }: MemoryLimits): string {
  return `${minPages}-${maxPages}`;
}
