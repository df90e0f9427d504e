// The state of one invocation that host functions may touch: memory, stdio, arguments. A Guest is made once per
// sandbox and reset for each invocation, so that the import object bound to it is built once. Worker thread only.

import { CappedOutput } from './capped-output.ts';
import { LogLines } from './log-lines.ts';

export interface GuestOptions {
  readonly args: readonly string[];
  /** `NAME=value`, as WASI wants them. */
  readonly environ: readonly string[];
  /** Largest stdout, in bytes. */
  readonly outputBytes: number;
  /** Wall time that the invocation has left, in milliseconds; no host call waits longer. */
  readonly remainingWallMs: () => number;
}

/** Thrown through the guest's frames by `proc_exit`; caught by the sandbox, never seen outside it. */
export class GuestExit {
  readonly exitCode: number;

  constructor(exitCode: number) {
    this.exitCode = exitCode;
  }
}

export class Guest {
  readonly args: readonly string[];
  readonly environ: readonly string[];
  readonly remainingWallMs: () => number;
  readonly stdout: CappedOutput;
  readonly stderr = new LogLines();
  stdin: Uint8Array = new Uint8Array(0);
  stdinPosition = 0;
  /** For descriptors 0, 1 and 2: the standard stream behind it, or -1 once the guest has closed it. */
  readonly descriptors = Int8Array.of(0, 1, 2);
  /** Host calls of this invocation so far. */
  hostCalls = 0;
  /** What a host call threw to end the invocation. */
  ending: unknown;
  #memory: WebAssembly.Memory | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor({ args, environ, outputBytes, remainingWallMs }: GuestOptions) {
    this.args = args;
    this.environ = environ;
    this.remainingWallMs = remainingWallMs;
    this.stdout = new CappedOutput(outputBytes);
  }

  /** Ready for the next invocation; its memory stays, or comes later. */
  reset(stdin: Uint8Array): void {
    this.stdin = stdin;
    this.hostCalls = 0;
    this.ending = undefined;
    this.stderr.clear();
    this.rewind();
  }

  /** All of stdin is there to be read, nothing has been written to stdout, and no descriptor is closed. */
  rewind(): void {
    this.stdinPosition = 0;
    this.stdout.clear();
    for (let stream = 0; stream < this.descriptors.length; stream++) this.descriptors[stream] = stream;
  }

  attachMemory(memory: WebAssembly.Memory | undefined): void {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory?.buffer ?? new ArrayBuffer(0));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Size of linear memory in bytes; 0 while it has none. */
  get memoryBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** All of linear memory. Not to be kept across a call into the guest: growing memory detaches it. */
  bytes(): Uint8Array {
    // A grown memory has a new buffer and the old one is detached (length 0).
    if (this.#memory !== undefined && this.#bytes.buffer !== this.#memory.buffer) this.attachMemory(this.#memory);
    return this.#bytes;
  }

  view(): DataView {
    this.bytes();
    return this.#view;
  }

  /**
   * The `length` bytes at `pointer`, or undefined if any of them lies outside linear memory. Both are i32 as wasm hands
   * them over: negative numbers are the upper half of the unsigned range.
   */
  slice(pointer: number, length: number): Uint8Array | undefined {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    const bytes = this.bytes();
    return end <= bytes.byteLength ? bytes.subarray(start, end) : undefined;
  }
}
