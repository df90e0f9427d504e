// An instance of a guest's module, and how it is set back: memory and mutable globals are all that an instance of an
// instrumented module remembers, unless its facts say otherwise. Setting one back costs a copy of its memory's image;
// making another one some 70 µs, and garbage that only a full collection frees. Worker thread only.

import { FUEL_EXPORT, HOST_MODULE, MEMORY_IMPORT } from '../instrument/host-names.ts';
import type { PreparedModule } from '../module/prepare.ts';
import type { LiveMemories } from './live-memories.ts';

/** A memory above this size is not copied over but given up with its instance: fresh pages from the kernel cost less. */
const MAX_RESTORED_BYTES = 4 * 1024 * 1024;

/** What an instance remembers. */
interface Snapshot {
  /** The memory's bytes without the zeros at its end. */
  readonly image: Uint8Array;
  readonly memoryBytes: number;
  readonly globals: readonly unknown[];
}

export class GuestInstance {
  readonly memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;
  readonly #isRestorable: boolean;
  readonly #globals: readonly WebAssembly.Global[];
  readonly #calls = new Map<string, () => Promise<unknown>>();
  #snapshot: Snapshot | undefined;

  /**
   * Runs no code of the guest: its start function is left to the caller.
   * @throws RangeError if there is no address space for its memory
   */
  constructor(prepared: PreparedModule, imports: WebAssembly.Imports, memories: LiveMemories) {
    const { module, memory, state } = prepared;
    this.memory = memories.create(memory.minPages, memory.maxPages);
    const hostImports = { ...imports[HOST_MODULE], [MEMORY_IMPORT]: this.memory };
    this.#exports = new WebAssembly.Instance(module, { ...imports, [HOST_MODULE]: hostImports }).exports;
    this.#isRestorable = state.unreachable.length === 0 && state.tables.length === 0 && !state.dropsSegments;
    this.#globals = state.globals.map(({ exportName }) => this.#exports[exportName] as WebAssembly.Global);
  }

  /** Instructions left before the guest traps, in a metered module; below zero: it has run out. */
  get fuel(): number {
    return Number((this.#exports[FUEL_EXPORT] as WebAssembly.Global).value);
  }

  set fuel(fuel: number) {
    (this.#exports[FUEL_EXPORT] as WebAssembly.Global).value = BigInt(fuel);
  }

  has(name: string): boolean {
    return this.#exports[name] !== undefined;
  }

  /**
   * Calls an export without parameters and results, which the inspection at load has seen. It gets a stack of its own, on
   * which suspending imports can wait.
   */
  call(name: string): Promise<unknown> {
    let call = this.#calls.get(name);
    if (call === undefined) {
      call = WebAssembly.promising(this.#exports[name] as () => void);
      this.#calls.set(name, call);
    }
    return call();
  }

  /** Remembers the state that `restore` goes back to. */
  capture(): void {
    if (!this.#isRestorable) return;
    const bytes = new Uint8Array(this.memory.buffer);
    if (bytes.byteLength > MAX_RESTORED_BYTES) return;
    const globals = this.#globals.map((global) => global.value);
    // JavaScript does not keep the payload of a NaN, which the guest can see.
    if (globals.some(Number.isNaN)) return;
    this.#snapshot = { image: bytes.slice(0, usedLength(bytes)), memoryBytes: bytes.byteLength, globals };
  }

  /** Goes back to the captured state, whatever happened since. False if it cannot: then it must not be used again. */
  restore(): boolean {
    const snapshot = this.#snapshot;
    // A grown memory cannot shrink, and the next invocation would see its size.
    if (snapshot === undefined || this.memory.buffer.byteLength !== snapshot.memoryBytes) return false;
    const bytes = new Uint8Array(this.memory.buffer);
    bytes.set(snapshot.image);
    bytes.fill(0, snapshot.image.byteLength);
    for (let i = 0; i < this.#globals.length; i++) this.#globals[i]!.value = snapshot.globals[i];
    return true;
  }
}

/** Length without the zeros at the end. */
function usedLength(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Int32Array.BYTES_PER_ELEMENT);
  let length = words.length;
  while (length > 0 && words[length - 1] === 0) length--;
  return length * Int32Array.BYTES_PER_ELEMENT;
}
