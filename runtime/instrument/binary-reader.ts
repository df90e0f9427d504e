// A cursor over a WebAssembly binary, as strict as the specification's binary grammar: every number in at most the
// bytes that its type allows, no unused bits set, every name UTF-8. Pure; allocates nothing but names.

import { ModuleError } from '../errors.ts';

/** A module whose bytes break the binary format; `details.offset` is the byte where it shows. */
export function malformed(offset: number, problem: string): ModuleError {
  return new ModuleError(
    'ERR_MODULE_MALFORMED',
    `module is malformed at byte ${offset}: ${problem}; the file is damaged or cut off, build or copy it again`,
    { offset },
  );
}

/** A module that uses a proposal or section that is not supported; `details.offset` is the byte where it shows. */
export function unsupported(offset: number, feature: string, fix: string): ModuleError {
  return new ModuleError('ERR_MODULE_UNSUPPORTED', `module uses ${feature} at byte ${offset}, not supported; ${fix}`, {
    offset,
    feature,
  });
}

// `ignoreBOM` keeps a leading U+FEFF: it is part of the name.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class BinaryReader {
  readonly bytes: Uint8Array;
  /** Where the next byte is read, from the start of `bytes`. */
  offset: number;
  /** One past the last byte that may be read. */
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.byteLength) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** `what` names the value in the error, here and below. @throws ModuleError ERR_MODULE_MALFORMED, here and below. */
  byte(what: string): number {
    if (this.offset >= this.end) throw malformed(this.offset, `${what} is missing, unexpected end`);
    return this.bytes[this.offset++]!;
  }

  u32(what: string): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte(what);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte(what);
    // 28 bits are read: four are left, and nothing may follow.
    if (last > 0x0f) throw malformed(start, `${what} is not an unsigned 32-bit LEB128 number`);
    return (value | (last << 28)) >>> 0;
  }

  s32(what: string): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte(what);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    const last = this.byte(what);
    // Bits past the 32nd repeat the sign, so the upper four of the last seven are all 0 or all 1.
    if (last > 0x07 && (last < 0x78 || last > 0x7f)) {
      throw malformed(start, `${what} is not a signed 32-bit LEB128 number`);
    }
    return value | (last << 28);
  }

  /** A signed 33-bit number: a block type, where a negative value is a value type and any other a type index. */
  s33(what: string): number {
    const start = this.offset;
    let value = 0;
    let scale = 1;
    for (let read = 0; read < 4; read++) {
      const byte = this.byte(what);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    const last = this.byte(what);
    if (last > 0x0f && (last < 0x70 || last > 0x7f)) {
      throw malformed(start, `${what} is not a signed 33-bit LEB128 number`);
    }
    return value + (last & 0x0f) * scale - (last & 0x10 ? 2 ** 32 : 0);
  }

  /** Passes a signed 64-bit number without computing it. */
  skipS64(what: string): void {
    const start = this.offset;
    for (let read = 0; read < 9; read++) if (this.byte(what) < 0x80) return;
    const last = this.byte(what);
    // Nine bytes hold 63 bits; the tenth is the sign, repeated.
    if (last !== 0x00 && last !== 0x7f) throw malformed(start, `${what} is not a signed 64-bit LEB128 number`);
  }

  /** Passes `length` bytes and returns where they start. */
  skip(length: number, what: string): number {
    if (length > this.remaining) {
      throw malformed(this.offset, `${what} needs ${length} bytes but ${this.remaining} are left`);
    }
    const start = this.offset;
    this.offset += length;
    return start;
  }

  name(what: string): string {
    const length = this.u32(`length of ${what}`);
    const start = this.skip(length, what);
    try {
      return UTF8.decode(this.bytes.subarray(start, this.offset));
    } catch {
      throw malformed(start, `${what} is not valid UTF-8`);
    }
  }

  /** The number of entries in a list, checked against the bytes left so that it is safe to allocate by it. */
  count(what: string, minEntryBytes = 1): number {
    const start = this.offset;
    const count = this.u32(`number of ${what}`);
    if (count * minEntryBytes > this.remaining) {
      throw malformed(start, `${count} ${what} announced but ${this.remaining} bytes are left`);
    }
    return count;
  }
}
