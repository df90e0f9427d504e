// From a module's bytes to code that the engine can stop, account and clear: inspected, rewritten, compiled.

import type { ExportedState } from '../instrument/export-state.ts';
import type { ImportedMemory } from '../instrument/import-memory.ts';
import type { ModuleFacts } from './inspect.ts';

/** A module that is ready to run; structured clone shares the code between threads. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly facts: ModuleFacts;
  /** The linear memory that the host makes for each invocation. */
  readonly memory: ImportedMemory;
  /** Export that has to be called before any other; null if there is none. */
  readonly startExport: string | null;
  /** What an instance remembers beside its memory. */
  readonly state: ExportedState;
}
