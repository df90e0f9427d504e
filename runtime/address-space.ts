// Whether the process may use the address space that WebAssembly memories take. V8 reserves some 10 GiB for each, so
// that code need not check every access, and ends the process if it gets less than it needs for itself.

import { readFileSync } from 'node:fs';
import { CodedError } from './errors.ts';

const GIB = 1024 ** 3;
/** What V8 reserves for one memory of 32-bit addresses, guard regions included. */
const MEMORY_BYTES = 10 * GIB;
/** The heaps and code of the process itself. */
const BASE_BYTES = 4 * GIB;

/** What a thread has at least: its countdown, and the memory of one guest. */
const MEMORIES_PER_THREAD = 2;

/**
 * @param threads worker threads, spares included
 * @throws CodedError ERR_ADDRESS_SPACE if a limit of the process (`ulimit -v`) is too low for them
 */
export function checkAddressSpace(threads: number, limitBytes = addressSpaceLimit()): void {
  const neededBytes = BASE_BYTES + threads * MEMORIES_PER_THREAD * MEMORY_BYTES;
  if (limitBytes >= neededBytes) return;
  const [limit, needed] = [limitBytes, neededBytes].map((bytes) => Math.floor(bytes / GIB));
  const message = `the process may use ${limit} GiB of address space, ${threads} worker threads need ${needed} GiB, of which little is ever touched: raise the limit (ulimit -v) or lower pool.threads`;
  throw new CodedError('ERR_ADDRESS_SPACE', message, { limitBytes, neededBytes });
}

/** In bytes; Infinity if there is no limit, or none that can be read. */
function addressSpaceLimit(): number {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Only Linux has this file.
    return Infinity;
  }
  const soft = /^Max address space\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Infinity : Number(soft);
}
