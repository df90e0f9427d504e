// Pass: the module's own memory becomes an import, so that the host owns it: pools it, clears it, and caps it.

import { ModuleError } from '../errors.ts';
import { HOST_MODULE, MEMORY_IMPORT } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import { MAX_MEMORY_PAGES } from './types.ts';

export interface ImportMemoryOptions {
  /** Most pages of 64 KiB that the memory may grow to; 65,536 (4 GiB) by default. */
  readonly maxPages?: number;
}

/** The memory to make for an instance: exactly these limits. */
export interface ImportedMemory {
  readonly module: string;
  readonly name: string;
  readonly minPages: number;
  readonly maxPages: number;
}

/**
 * Returns what the host has to import, or null if the module defines no memory.
 * @throws ModuleError ERR_MODULE_LIMIT if the memory starts above `maxPages`.
 */
export function importMemory(
  rewrite: ModuleRewrite,
  { maxPages = MAX_MEMORY_PAGES }: ImportMemoryOptions,
): ImportedMemory | null {
  const { memories, importedMemoryCount } = rewrite.module;
  const memory = memories[importedMemoryCount];
  if (memory === undefined) return null;
  if (memory.min > maxPages) {
    throw new ModuleError(
      'ERR_MODULE_LIMIT',
      `module's memory starts with ${memory.min} pages of 64 KiB, the limit is ${maxPages}; ` +
        'raise limits.memory or build it with a smaller initial memory',
      { min: memory.min, limit: maxPages },
    );
  }
  const max = Math.min(memory.max ?? maxPages, maxPages);
  rewrite.importMemory({ module: HOST_MODULE, name: MEMORY_IMPORT, min: memory.min, max });
  rewrite.importsMemory = true;
  return { module: HOST_MODULE, name: MEMORY_IMPORT, minPages: memory.min, maxPages: max };
}
