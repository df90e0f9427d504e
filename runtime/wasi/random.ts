// random_get: cryptographic randomness, different for every invocation.

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EFAULT, SUCCESS } from './errno.ts';

/** Fills, with cryptographic randomness, all of `bytes`, which are at most 64 KiB (the quota of Web Crypto's `getRandomValues`). */
export type RandomSource = (bytes: Uint8Array) => void;

const CHUNK_BYTES = 65_536;

export function randomFunctions(guest: Guest, random: RandomSource): Record<string, HostFunction> {
  return {
    random_get(pointer: number, length: number): number {
      const bytes = guest.slice(pointer, length);
      if (bytes === undefined) return EFAULT;
      for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) {
        random(bytes.subarray(start, start + CHUNK_BYTES));
      }
      return SUCCESS;
    },
  };
}
