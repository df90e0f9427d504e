// Pass: bounds the maxima of the module's own memory and tables, so that memory.grow and table.grow fail (they return
// -1) instead of passing the budget. A table of ten million entries ends the whole process, whatever a worker's limits.

import { ModuleError } from '../errors.ts';
import { BinaryReader } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';
import { SECTION } from './module.ts';
import { parseModule } from './parse-module.ts';
import type { Limits } from './types.ts';
import { readLimits, readReferenceType } from './types.ts';

export const PAGE_BYTES = 65_536;

export interface ClampOptions {
  /** Most linear memory, in bytes; rounded down to pages of 64 KiB. */
  readonly memoryBytes: number;
  /** Most entries of each table. */
  readonly tableEntries: number;
}

/**
 * Returns the module with every maximum of a defined memory or table at most the budget; imported ones belong to the host.
 * @throws ModuleError ERR_MODULE_LIMIT if a minimum is above the budget, or what `parseModule` throws.
 */
export function clampLimits(bytes: Uint8Array, { memoryBytes, tableEntries }: ClampOptions): Uint8Array<ArrayBuffer> {
  const module = parseModule(bytes);
  const output = new BinaryWriter(bytes.byteLength + 64);
  let copiedTo = 0;
  for (const section of module.sections) {
    if (section.id !== SECTION.memory && section.id !== SECTION.table) continue;
    output.range(bytes, copiedTo, section.start);
    copiedTo = section.end;
    const reader = new BinaryReader(bytes, section.contentStart, section.end);
    output.section(section.id, (writer) => {
      if (section.id === SECTION.memory) writeClampedMemories(reader, writer, Math.floor(memoryBytes / PAGE_BYTES));
      else writeClampedTables(reader, writer, tableEntries);
    });
  }
  output.range(bytes, copiedTo, bytes.byteLength);
  return output.toBytes();
}

/** Copies the content of a memory section with every maximum at most `maxPages`; Infinity leaves them. */
export function writeClampedMemories(reader: BinaryReader, writer: BinaryWriter, maxPages: number): void {
  const count = reader.u32('number of memories');
  writer.u32(count);
  for (let index = 0; index < count; index++) {
    writeClamped(writer, readLimits(reader, 'memory'), maxPages, 'memory', 'pages of 64 KiB');
  }
}

/** Copies the content of a table section with every maximum at most `maxEntries`; Infinity leaves them. */
export function writeClampedTables(reader: BinaryReader, writer: BinaryWriter, maxEntries: number): void {
  const count = reader.u32('number of tables');
  writer.u32(count);
  for (let index = 0; index < count; index++) {
    writer.byte(readReferenceType(reader, 'a table'));
    writeClamped(writer, readLimits(reader, 'table'), maxEntries, 'table', 'entries');
  }
}

function writeClamped(writer: BinaryWriter, { min, max }: Limits, limit: number, what: string, unit: string): void {
  if (min > limit) {
    throw new ModuleError(
      'ERR_MODULE_LIMIT',
      `module's ${what} starts with ${min} ${unit}, the limit is ${limit}; raise the limit or shrink the ${what}`,
      { min, limit },
    );
  }
  const clamped = Math.min(max ?? Infinity, limit);
  writer.byte(clamped === Infinity ? 0x00 : 0x01);
  writer.u32(min);
  if (clamped !== Infinity) writer.u32(clamped);
}
