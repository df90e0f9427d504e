// The descriptors of a guest: its three standard streams and nothing else, because there is no filesystem and no socket.

import type { Guest } from '../sandbox/guest.ts';

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
export const CLOSED = -1;

/** The stream behind a descriptor; `CLOSED` for every number that is not an open descriptor. */
export function streamAt(guest: Guest, descriptor: number): number {
  return guest.descriptors[descriptor] ?? CLOSED;
}

export function isOpen(guest: Guest, descriptor: number): boolean {
  return streamAt(guest, descriptor) !== CLOSED;
}
