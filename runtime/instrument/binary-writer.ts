// A growing buffer of WebAssembly binary. Numbers are written in their shortest form. Pure.

const UTF8 = new TextEncoder();

export class BinaryWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** `capacity` is a guess of the final size in bytes; the buffer doubles when it is passed. */
  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(Math.max(capacity, 16));
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.byteLength) this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed number of at most 64 bits; `i32.const`, `i64.const` and block types take it. */
  signed(value: number | bigint): void {
    if (typeof value === 'number' && value === (value | 0)) this.#signed32(value);
    else this.#signed64(BigInt(value));
  }

  #signed32(value: number): void {
    let rest = value;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const isLast = rest === (low & 0x40 ? -1 : 0);
      this.byte(isLast ? low : low | 0x80);
      if (isLast) return;
    }
  }

  #signed64(value: bigint): void {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      const isLast = rest === (low & 0x40 ? -1n : 0n);
      this.byte(isLast ? low : low | 0x80);
      if (isLast) return;
    }
  }

  name(text: string): void {
    const encoded = UTF8.encode(text);
    this.u32(encoded.byteLength);
    this.raw(encoded);
  }

  raw(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Copies `source[start, end)`. */
  range(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    // A call of `set` costs more than a short loop, and code is copied in short pieces.
    if (length <= 32) {
      for (let index = 0; index < length; index++) this.#buffer[this.#length + index] = source[start + index]!;
    } else {
      this.#buffer.set(source.subarray(start, end), this.#length);
    }
    this.#length += length;
  }

  /** Writes a size in front of what `write` writes. */
  sized(write: (writer: BinaryWriter) => void): void {
    const content = new BinaryWriter();
    write(content);
    this.u32(content.length);
    this.raw(content.bytes());
  }

  section(id: number, write: (writer: BinaryWriter) => void): void {
    this.byte(id);
    this.sized(write);
  }

  /** Forgets what was written and keeps the buffer. */
  clear(): void {
    this.#length = 0;
  }

  /** What was written; valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A copy of exactly what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#buffer.byteLength) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.byteLength * 2));
    grown.set(this.bytes());
    this.#buffer = grown;
  }
}
