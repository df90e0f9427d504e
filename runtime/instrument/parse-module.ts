// Bytes → sections. Reads everything but function bodies and the contents of segments, whose types are left to the
// engine's validation; an unknown or misplaced section is refused with its offset.

import { ModuleError } from '../errors.ts';
import { BinaryReader, malformed } from './binary-reader.ts';
import { skipConstExpression } from './const-expression.ts';
import { checkHeader, HEADER_BYTES } from './header.ts';
import type { Export, ExternKind, GlobalType, Import, ImportType, ParsedModule, Section, TableType } from './module.ts';
import { EXTERN_KINDS, SECTION } from './module.ts';
import type { Limits } from './types.ts';
import { readLimits, readReferenceType, readValueType, skipFunctionType } from './types.ts';

/**
 * Most entries of a list that is kept as objects (sections, imports, exports, globals, tables, memories), so that a
 * file of a few bytes an entry cannot take a large multiple of its size.
 */
export const MAX_ENTRIES = 100_000;

/** The order that the specification fixes; custom sections may stand anywhere. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

/**
 * Reads the sections of a core module.
 * @throws ModuleError ERR_MODULE_MALFORMED, ERR_MODULE_COMPONENT, ERR_MODULE_UNSUPPORTED or ERR_MODULE_LIMIT, each with
 *   `details.offset` in bytes.
 */
export function parseModule(bytes: Uint8Array): ParsedModule {
  checkHeader(bytes);
  const sections = readSections(bytes);
  const reader = (id: number): BinaryReader | null => {
    const section = sections.find((section) => section.id === id);
    return section ? new BinaryReader(bytes, section.contentStart, section.end) : null;
  };
  const imports = readList(reader(SECTION.import), 'imports', 4, readImport);
  const imported = byKind(imports);
  const tables = readList(reader(SECTION.table), 'tables', 3, readTableType);
  const memories = readList(reader(SECTION.memory), 'memories', 2, (reader) => readLimits(reader, 'memory'));
  const globals = readList(reader(SECTION.global), 'globals', 3, readGlobal);
  const tags = readList(reader(SECTION.tag), 'tags', 2, readTagType);
  const definedTypeIndices = readFunctionSection(reader(SECTION.function));
  const codeRanges = readCodeRanges(reader(SECTION.code));
  if (codeRanges.length !== definedTypeIndices.length * 2) {
    const at = sections.find((section) => section.id === SECTION.code)?.contentStart ?? bytes.byteLength;
    throw malformed(at, `${definedTypeIndices.length} functions are declared but ${codeRanges.length / 2} have a body`);
  }
  return {
    bytes,
    sections,
    typeOffsets: readTypeOffsets(reader(SECTION.type)),
    imports,
    functionTypeIndices: concat(imported.functionTypeIndices, definedTypeIndices),
    importedFunctionCount: imported.functionTypeIndices.length,
    tables: [...imported.tables, ...tables],
    importedTableCount: imported.tables.length,
    memories: [...imported.memories, ...memories],
    importedMemoryCount: imported.memories.length,
    globals: [...imported.globals, ...globals],
    importedGlobalCount: imported.globals.length,
    tagTypeIndices: [...imported.tagTypeIndices, ...tags],
    exports: readList(reader(SECTION.export), 'exports', 3, readExport),
    start: readStart(reader(SECTION.start)),
    elementSegmentCount: reader(SECTION.element)?.count('element segments', 2) ?? 0,
    dataSegmentCount: readDataSegmentCount(reader(SECTION.dataCount), reader(SECTION.data)),
    codeRanges,
  };
}

function readSections(bytes: Uint8Array): Section[] {
  const reader = new BinaryReader(bytes, HEADER_BYTES);
  const sections: Section[] = [];
  let lastRank = -1;
  while (reader.remaining > 0) {
    checkEntries(sections.length + 1, 'sections', reader.offset);
    const start = reader.offset;
    const id = reader.byte('section id');
    const size = reader.u32('section size');
    const contentStart = reader.skip(size, `section ${id}`);
    const end = reader.offset;
    if (id === SECTION.custom) {
      const content = new BinaryReader(bytes, contentStart, end);
      const name = content.name('name of a custom section');
      sections.push({ id, name, start, contentStart: content.offset, end });
      continue;
    }
    const rank = SECTION_ORDER.indexOf(id);
    if (rank === -1) throw malformed(start, `unknown section ${id}`);
    if (rank === lastRank) throw malformed(start, `section ${id} comes twice`);
    if (rank < lastRank) throw malformed(start, `section ${id} is out of order`);
    lastRank = rank;
    sections.push({ id, name: null, start, contentStart, end });
  }
  return sections;
}

function readList<Entry>(
  reader: BinaryReader | null,
  what: string,
  minEntryBytes: number,
  read: (reader: BinaryReader) => Entry,
): Entry[] {
  if (reader === null) return [];
  const at = reader.offset;
  const count = reader.count(what, minEntryBytes);
  checkEntries(count, what, at);
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) entries.push(read(reader));
  checkEnd(reader, what);
  return entries;
}

function checkEntries(count: number, what: string, offset: number): void {
  if (count <= MAX_ENTRIES) return;
  throw new ModuleError(
    'ERR_MODULE_LIMIT',
    `module has ${count} ${what} at byte ${offset}, the limit is ${MAX_ENTRIES}; split it into smaller modules`,
    { offset, limit: MAX_ENTRIES },
  );
}

function checkEnd(reader: BinaryReader, what: string): void {
  if (reader.remaining > 0) throw malformed(reader.offset, `${reader.remaining} bytes are left after the ${what}`);
}

function readTypeOffsets(reader: BinaryReader | null): Uint32Array {
  if (reader === null) return new Uint32Array(0);
  const offsets = new Uint32Array(reader.count('types', 2));
  for (let index = 0; index < offsets.length; index++) offsets[index] = skipFunctionType(reader);
  checkEnd(reader, 'types');
  return offsets;
}

function readFunctionSection(reader: BinaryReader | null): Uint32Array {
  if (reader === null) return new Uint32Array(0);
  const typeIndices = new Uint32Array(reader.count('functions'));
  for (let index = 0; index < typeIndices.length; index++) typeIndices[index] = reader.u32('type index');
  checkEnd(reader, 'functions');
  return typeIndices;
}

function readCodeRanges(reader: BinaryReader | null): Uint32Array {
  if (reader === null) return new Uint32Array(0);
  // The shortest body is a size, no locals and `end`.
  const ranges = new Uint32Array(reader.count('function bodies', 3) * 2);
  for (let index = 0; index < ranges.length; index += 2) {
    const size = reader.u32('size of a function body');
    ranges[index] = reader.skip(size, 'function body');
    ranges[index + 1] = reader.offset;
  }
  checkEnd(reader, 'function bodies');
  return ranges;
}

function readImport(reader: BinaryReader): Import {
  const module = reader.name('module of an import');
  const name = reader.name('name of an import');
  return { module, name, ...readImportType(reader) };
}

function readImportType(reader: BinaryReader): ImportType {
  const kind = readExternKind(reader, 'import');
  switch (kind) {
    case 'function':
      return { kind, typeIndex: reader.u32('type index') };
    case 'table':
      return { kind, table: readTableType(reader) };
    case 'memory':
      return { kind, limits: readLimits(reader, 'memory') };
    case 'global':
      return { kind, global: readGlobalType(reader) };
    case 'tag':
      break;
  }
  return { kind, typeIndex: readTagType(reader) };
}

function readExternKind(reader: BinaryReader, what: 'import' | 'export'): ExternKind {
  const at = reader.offset;
  const kind = EXTERN_KINDS[reader.byte(`kind of an ${what}`)];
  if (kind === undefined) throw malformed(at, `${what} of the unknown kind ${reader.bytes[at]}`);
  return kind;
}

function byKind(imports: readonly Import[]) {
  const functionTypeIndices: number[] = [];
  const tables: TableType[] = [];
  const memories: Limits[] = [];
  const globals: GlobalType[] = [];
  const tagTypeIndices: number[] = [];
  for (const entry of imports) {
    switch (entry.kind) {
      case 'function':
        functionTypeIndices.push(entry.typeIndex);
        break;
      case 'table':
        tables.push(entry.table);
        break;
      case 'memory':
        memories.push(entry.limits);
        break;
      case 'global':
        globals.push(entry.global);
        break;
      case 'tag':
        tagTypeIndices.push(entry.typeIndex);
        break;
    }
  }
  return { functionTypeIndices, tables, memories, globals, tagTypeIndices };
}

function readTableType(reader: BinaryReader): TableType {
  const type = readReferenceType(reader, 'a table');
  return { type, ...readLimits(reader, 'table') };
}

function readTagType(reader: BinaryReader): number {
  const at = reader.offset;
  const attribute = reader.byte('attribute of a tag');
  if (attribute !== 0) throw malformed(at, `tag with the unknown attribute ${attribute}`);
  return reader.u32('type index');
}

function readGlobalType(reader: BinaryReader): GlobalType {
  const type = readValueType(reader, 'a global');
  const at = reader.offset;
  const mutability = reader.byte('mutability of a global');
  if (mutability > 1) throw malformed(at, `global with the unknown mutability ${mutability}`);
  return { type, isMutable: mutability === 1 };
}

function readGlobal(reader: BinaryReader): GlobalType {
  const global = readGlobalType(reader);
  skipConstExpression(reader);
  return global;
}

function readExport(reader: BinaryReader): Export {
  const name = reader.name('name of an export');
  return { name, kind: readExternKind(reader, 'export'), index: reader.u32('index of an export') };
}

function readStart(reader: BinaryReader | null): number | null {
  if (reader === null) return null;
  const index = reader.u32('index of the start function');
  checkEnd(reader, 'start function');
  return index;
}

function readDataSegmentCount(declared: BinaryReader | null, data: BinaryReader | null): number {
  const count = data?.count('data segments', 2) ?? 0;
  if (declared === null) return count;
  const at = declared.offset;
  const declaredCount = declared.u32('number of data segments');
  checkEnd(declared, 'number of data segments');
  if (declaredCount !== count) throw malformed(at, `${declaredCount} data segments are declared but ${count} follow`);
  return count;
}

function concat(first: readonly number[], second: Uint32Array): Uint32Array {
  const all = new Uint32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
