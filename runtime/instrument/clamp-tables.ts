// Pass: bounds the maxima of the module's own tables, so that table.grow returns -1 instead of passing the budget: a
// table of ten million entries ends the whole process, whatever a worker's limits are.

import type { ModuleRewrite } from './module-rewrite.ts';

/** @param maxEntries most entries of each table; a table that starts with more is refused when the module is written. */
export function clampTables(rewrite: ModuleRewrite, maxEntries: number): void {
  rewrite.maxTableEntries = maxEntries;
}
