// Pass: bounds the maxima of the module's own tables, so that table.grow returns -1 instead of passing the budget: a
// table of ten million entries ends the whole process, whatever a worker's limits are.

import { ModuleError } from '../errors.ts';
import type { BinaryReader } from './binary-reader.ts';
import type { BinaryWriter } from './binary-writer.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import { readLimits, readReferenceType } from './types.ts';

/**
 * @param maxEntries most entries of each table.
 * @throws ModuleError ERR_MODULE_LIMIT if a table starts with more.
 */
export function clampTables(rewrite: ModuleRewrite, maxEntries: number): void {
  const { tables, importedTableCount } = rewrite.module;
  const min = tables.slice(importedTableCount).reduce((most, table) => Math.max(most, table.min), 0);
  if (min > maxEntries) {
    throw new ModuleError(
      'ERR_MODULE_LIMIT',
      `module's table starts with ${min} entries, the limit is ${maxEntries}; raise limits.tableEntries or build it ` +
        'with smaller tables',
      { min, limit: maxEntries },
    );
  }
  rewrite.maxTableEntries = maxEntries;
}

/** Copies the content of a table section with every maximum at most `maxEntries`; Infinity leaves them. */
export function writeClampedTables(reader: BinaryReader, writer: BinaryWriter, maxEntries: number): void {
  const count = reader.u32('number of tables');
  writer.u32(count);
  for (let index = 0; index < count; index++) {
    writer.byte(readReferenceType(reader, 'a table'));
    const { min, max } = readLimits(reader, 'table');
    const clamped = Math.min(max ?? Infinity, maxEntries);
    writer.byte(clamped === Infinity ? 0x00 : 0x01);
    writer.u32(min);
    if (clamped !== Infinity) writer.u32(clamped);
  }
}
