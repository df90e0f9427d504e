// Composes the passes: one parse, one scan of the code, one module written. Pure: bytes and options in, bytes and facts
// out.

import { clampTables } from './clamp-tables.ts';
import { exportStart } from './export-start.ts';
import type { ExportedState } from './export-state.ts';
import { exportState } from './export-state.ts';
import type { FuelOptions } from './fuel.ts';
import { addFuel } from './fuel.ts';
import type { ImportedMemory, ImportMemoryOptions } from './import-memory.ts';
import { importMemory } from './import-memory.ts';
import { addInterrupt } from './interrupt.ts';
import { ModuleRewrite } from './module-rewrite.ts';
import { parseModule } from './parse-module.ts';
import { rewriteCode } from './rewrite-code.ts';
import type { StateUse } from './function-scan.ts';
import { writeModule } from './write-module.ts';

/** The passes to run; one that is left out does nothing. */
export interface InstrumentOptions {
  readonly importMemory?: ImportMemoryOptions;
  /** Most entries of each table. */
  readonly maxTableEntries?: number;
  /**
   * Implies `importMemory`: the countdown's memory is an import, imports come before definitions, and a memory that the
   * module defines would get another number in each of its loads and stores.
   */
  readonly interrupt?: boolean;
  readonly fuel?: FuelOptions;
  readonly exportState?: boolean;
  /** Leaves the start function to the host, to be called once before anything else, with budgets set. */
  readonly exportStart?: boolean;
}

/** What a host has to provide to an instrumented module and may use of it. */
export interface InstrumentFacts {
  /** The memory to import; null if the module defines none or the pass did not run. */
  readonly memory: ImportedMemory | null;
  /** null if the pass did not run. */
  readonly state: ExportedState | null;
  /** Name under which the start function is exported; null if there is none or the pass did not run. */
  readonly startExport: string | null;
}

export interface Instrumented {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly facts: InstrumentFacts;
}

/**
 * Rewrites a module. The result is valid exactly if the module was, and gives the same results and traps; the one
 * difference is what the passes are for. The same bytes and options give the same result, byte for byte.
 * Called once per load, off the hot path; takes memory of a small multiple of the module.
 * @throws ModuleError ERR_MODULE_MALFORMED, ERR_MODULE_COMPONENT, ERR_MODULE_UNSUPPORTED, ERR_MODULE_LIMIT, or
 *   ERR_MODULE_IMPORT or ERR_MODULE_EXPORT for a reserved name.
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions): Instrumented {
  const rewrite = new ModuleRewrite(parseModule(bytes));
  const memoryOptions = options.importMemory ?? (options.interrupt ? {} : null);
  const memory = memoryOptions === null ? null : importMemory(rewrite, memoryOptions);
  if (options.maxTableEntries !== undefined) clampTables(rewrite, options.maxTableEntries);
  if (options.interrupt) addInterrupt(rewrite);
  if (options.fuel !== undefined) addFuel(rewrite, options.fuel);
  const use: StateUse = { changedTables: new Set(), dropsSegments: false };
  const startExport = options.exportStart ? exportStart(rewrite) : null;
  const { code: passes, movedFunction, undeclaredFunction } = rewrite;
  const code = rewriteCode(rewrite.module, { passes, movedFunction, undeclaredFunction }, use);
  const state = options.exportState ? exportState(rewrite, use) : null;
  return { bytes: writeModule(rewrite, code), facts: { memory, state, startExport } };
}
