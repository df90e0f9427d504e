// Checked access to what a guest's pointers name. Worker thread only.

import type { Guest } from '../sandbox/guest.ts';
import { EFAULT, EINVAL, SUCCESS } from './errno.ts';

/** Longest list of buffers that one call takes, as IOV_MAX on Linux. */
export const MAX_IOVECS = 1024;
const IOVEC_BYTES = 8;

/** Whether all of the `length` bytes at `pointer` lie in linear memory; both are i32 as wasm hands them over. */
export function isInBounds(guest: Guest, pointer: number, length: number): boolean {
  return (pointer >>> 0) + (length >>> 0) <= guest.bytes().byteLength;
}

/** Whether the list and every buffer that it names lie in linear memory, as an errno. */
export function checkIovecs(guest: Guest, pointer: number, count: number): number {
  // The count is untrusted: it is bounded before anything loops over it.
  if (count >>> 0 > MAX_IOVECS) return EINVAL;
  if (!isInBounds(guest, pointer, count * IOVEC_BYTES)) return EFAULT;
  const view = guest.view();
  const start = pointer >>> 0;
  const end = start + count * IOVEC_BYTES;
  for (let at = start; at < end; at += IOVEC_BYTES) {
    if (view.getUint32(at, true) + view.getUint32(at + 4, true) > view.byteLength) return EFAULT;
  }
  return SUCCESS;
}

/** The buffer at `index` of a checked list; undefined if the guest's memory changed since and it no longer fits. */
export function iovecAt(guest: Guest, pointer: number, index: number): Uint8Array | undefined {
  const at = (pointer >>> 0) + index * IOVEC_BYTES;
  const view = guest.view();
  return guest.slice(view.getUint32(at, true), view.getUint32(at + 4, true));
}
