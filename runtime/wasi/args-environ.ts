// args_* and environ_*: what the config gives the guest, encoded once per sandbox.

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EFAULT, SUCCESS } from './errno.ts';
import { isInBounds } from './linear-memory.ts';

const POINTER_BYTES = 4;

export function argsEnvironFunctions(guest: Guest): Record<string, HostFunction> {
  const args = new StringList(guest.args);
  const environ = new StringList(guest.environ);
  return {
    args_get: (pointers: number, buffer: number) => args.copyTo(guest, pointers, buffer),
    args_sizes_get: (count: number, bytes: number) => args.writeSizes(guest, count, bytes),
    environ_get: (pointers: number, buffer: number) => environ.copyTo(guest, pointers, buffer),
    environ_sizes_get: (count: number, bytes: number) => environ.writeSizes(guest, count, bytes),
  };
}

/** Strings as C wants them: each ended by a NUL, one after the other, and where each starts. */
class StringList {
  readonly #bytes: Uint8Array;
  readonly #offsets: readonly number[];

  constructor(strings: readonly string[]) {
    const encoded = strings.map((text) => Buffer.from(`${text}\0`, 'utf8'));
    this.#bytes = Buffer.concat(encoded);
    let offset = 0;
    this.#offsets = encoded.map(({ byteLength }) => (offset += byteLength) - byteLength);
  }

  writeSizes(guest: Guest, countPointer: number, bytesPointer: number): number {
    if (!isInBounds(guest, countPointer, 4) || !isInBounds(guest, bytesPointer, 4)) return EFAULT;
    guest.view().setUint32(countPointer >>> 0, this.#offsets.length, true);
    guest.view().setUint32(bytesPointer >>> 0, this.#bytes.byteLength, true);
    return SUCCESS;
  }

  copyTo(guest: Guest, pointers: number, buffer: number): number {
    if (!isInBounds(guest, pointers, this.#offsets.length * POINTER_BYTES)) return EFAULT;
    const target = guest.slice(buffer, this.#bytes.byteLength);
    if (target === undefined) return EFAULT;
    target.set(this.#bytes);
    const view = guest.view();
    for (const [index, offset] of this.#offsets.entries()) {
      view.setUint32((pointers >>> 0) + index * POINTER_BYTES, (buffer >>> 0) + offset, true);
    }
    return SUCCESS;
  }
}
