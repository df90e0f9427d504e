// The guest's stdout: one growing buffer with a hard cap.

/** Thrown through the guest's frames when it writes more than it may. */
export class OutputLimitExceeded {
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }
}

const INITIAL_BYTES = 4096;
/** A buffer that one large answer grew is not kept for the small ones after it. */
const KEPT_BYTES = 256 * 1024;

export class CappedOutput {
  readonly #limitBytes: number;
  #buffer = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @throws OutputLimitExceeded when the total would pass the limit; nothing of `bytes` is kept then. */
  write(bytes: Uint8Array): void {
    const length = this.#length + bytes.byteLength;
    if (length > this.#limitBytes) throw new OutputLimitExceeded(this.#limitBytes);
    if (length > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.min(Math.max(length, this.#buffer.byteLength * 2), this.#limitBytes));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** What was written so far; valid until the next `write` or `clear`. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.byteLength > KEPT_BYTES) this.#buffer = new Uint8Array(INITIAL_BYTES);
  }
}
