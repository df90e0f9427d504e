// The guest's stderr as log lines: cut at newlines, capped per line and per invocation, drops counted.

import type { GuestLogLine } from '../invocation.ts';

/** Longest line that is kept whole, in bytes; the rest of it is dropped and the line marked. */
export const MAX_LINE_BYTES = 8 * 1024;
/** Most lines that one invocation may log; later ones are counted, not kept. */
export const MAX_LINES = 100;

/** One more, because the carriage return before a newline is not part of the line. */
const KEPT_BYTES = MAX_LINE_BYTES + 1;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export class LogLines {
  #lines: GuestLogLine[] = [];
  #dropped = 0;
  #partial = new Uint8Array(0);
  #truncated = false;
  /** Bytes of the line that is being written. */
  #partialLength = 0;

  write(bytes: Uint8Array): void {
    let start = 0;
    while (start < bytes.byteLength) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? bytes.byteLength : newline;
      this.#append(bytes.subarray(start, end));
      if (newline === -1) return;
      this.#endLine();
      start = newline + 1;
    }
  }

  /** Every line so far, the unfinished last one included. */
  finish(): { lines: readonly GuestLogLine[]; dropped: number } {
    if (this.#partialLength > 0) this.#endLine();
    return { lines: this.#lines, dropped: this.#dropped };
  }

  clear(): void {
    this.#lines = [];
    this.#dropped = 0;
    this.#partialLength = 0;
    this.#truncated = false;
  }

  #append(bytes: Uint8Array): void {
    if (this.#lines.length >= MAX_LINES) {
      // The line is counted when it ends; until then it only has to be known as not empty.
      this.#partialLength = Math.max(this.#partialLength, Math.min(bytes.byteLength, 1));
      return;
    }
    if (this.#partial.byteLength === 0 && bytes.byteLength > 0) this.#partial = new Uint8Array(KEPT_BYTES);
    const room = KEPT_BYTES - this.#partialLength;
    if (bytes.byteLength > room) this.#truncated = true;
    const kept = bytes.subarray(0, room);
    this.#partial.set(kept, this.#partialLength);
    this.#partialLength += kept.byteLength;
  }

  #endLine(): void {
    if (this.#lines.length >= MAX_LINES) {
      this.#dropped++;
    } else {
      let length = this.#partialLength;
      if (length > 0 && !this.#truncated && this.#partial[length - 1] === CARRIAGE_RETURN) length--;
      if (length > MAX_LINE_BYTES) {
        this.#truncated = true;
        length = MAX_LINE_BYTES;
      }
      // Invalid UTF-8 becomes U+FFFD: a log line is for reading.
      const text = Buffer.from(this.#partial.buffer, 0, length).toString('utf8');
      this.#lines.push({ text, truncated: this.#truncated });
    }
    this.#partialLength = 0;
    this.#truncated = false;
  }
}
