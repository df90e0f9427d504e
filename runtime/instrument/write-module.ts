// Writes a module with the changes of a rewrite: sections in the order of the file, what is new appended to them, and a
// section that the module does not have put where the specification wants it.

import { ModuleError } from '../errors.ts';
import { BinaryReader } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';
import { writeClampedTables } from './clamp-tables.ts';
import { copyMoved, walkElements, walkExports, walkGlobals, writeMovedNames } from './function-indices.ts';
import type { MemoryImport, ModuleRewrite } from './module-rewrite.ts';
import type { Section } from './module.ts';
import type { RewrittenCode } from './rewrite-code.ts';
import { EXTERN_KINDS, SECTION } from './module.ts';
import { SECTION_ORDER } from './parse-module.ts';
import { OPCODE } from './opcodes.ts';

/** Tool conventions keep offsets of instructions in sections of this prefix; they would point elsewhere now. */
const CODE_METADATA = 'metadata.code.';

/** @throws ModuleError for what is broken in the sections rewritten. */
export function writeModule(rewrite: ModuleRewrite, code: RewrittenCode): Uint8Array<ArrayBuffer> {
  const { bytes, sections } = rewrite.module;
  const output = new BinaryWriter(bytes.byteLength + code.content.length - codeLength(rewrite) + 1024);
  output.range(bytes, 0, sections[0]?.start ?? bytes.byteLength);
  let rank = 0;
  for (const section of sections) {
    if (section.id === SECTION.custom) {
      writeCustom(rewrite, section, output);
      continue;
    }
    const sectionRank = SECTION_ORDER.indexOf(section.id);
    for (; rank < sectionRank; rank++) writeMissing(rewrite, SECTION_ORDER[rank]!, output);
    rank = sectionRank + 1;
    writeSection(rewrite, section, output, code);
  }
  for (; rank < SECTION_ORDER.length; rank++) writeMissing(rewrite, SECTION_ORDER[rank]!, output);
  return output.toBytes();
}

function codeLength({ module }: ModuleRewrite): number {
  const section = module.sections.find(({ id }) => id === SECTION.code);
  return section ? section.end - section.contentStart : 0;
}

function writeSection(rewrite: ModuleRewrite, section: Section, output: BinaryWriter, code: RewrittenCode): void {
  const { bytes } = rewrite.module;
  const reader = new BinaryReader(bytes, section.contentStart, section.end);
  switch (section.id) {
    case SECTION.code:
      code.hints.write(output);
      output.byte(section.id);
      output.u32(code.content.length);
      output.raw(code.content.bytes());
      return;
    case SECTION.memory:
      if (!rewrite.importsMemory) output.range(bytes, section.start, section.end);
      return;
    case SECTION.start:
      if (!rewrite.dropsStart)
        output.section(section.id, (writer) => writer.u32(newIndex(rewrite, rewrite.module.start!)));
      return;
    case SECTION.type:
    case SECTION.import:
    case SECTION.function:
    case SECTION.table:
    case SECTION.global:
    case SECTION.export:
    case SECTION.element:
      output.section(section.id, (writer) => writeRewritten(rewrite, section.id, reader, writer));
      return;
    default:
      output.range(bytes, section.start, section.end);
  }
}

/** A section that the module has. */
function writeRewritten(rewrite: ModuleRewrite, id: number, reader: BinaryReader, writer: BinaryWriter): void {
  const { movedFunction } = rewrite;
  switch (id) {
    case SECTION.function:
      return writeFunctions(rewrite, reader, writer);
    case SECTION.table:
      return writeClampedTables(reader, writer, rewrite.maxTableEntries);
    case SECTION.element:
      return copyMoved(reader, writer, movedFunction, walkElements);
    default:
  }
  const count = reader.u32('number of entries');
  writer.u32(count + addedCount(rewrite, id));
  if (id === SECTION.global) {
    copyMoved(reader, writer, movedFunction, (cursor, found) => walkGlobals(cursor, count, found));
  } else if (id === SECTION.export) {
    copyMoved(reader, writer, movedFunction, (cursor, found) => walkExports(cursor, count, found));
  } else {
    writer.range(reader.bytes, reader.offset, reader.end);
  }
  writeAdded(rewrite, id, writer);
}

/** A section that the module does not have; nothing is written if nothing is added. */
function writeMissing(rewrite: ModuleRewrite, id: number, output: BinaryWriter): void {
  const count = addedCount(rewrite, id);
  if (count === 0) return;
  output.section(id, (writer) => {
    writer.u32(count);
    writeAdded(rewrite, id, writer);
  });
}

function addedCount(rewrite: ModuleRewrite, id: number): number {
  switch (id) {
    case SECTION.type:
      return rewrite.types.length;
    case SECTION.import:
      return rewrite.memoryImports.length + (rewrite.functionImport === null ? 0 : 1);
    case SECTION.global:
      return rewrite.globals.length;
    case SECTION.export:
      return rewrite.exports.length;
    default:
      return 0;
  }
}

function writeAdded(rewrite: ModuleRewrite, id: number, writer: BinaryWriter): void {
  switch (id) {
    case SECTION.type:
      for (const { params, results } of rewrite.types) {
        writer.raw([0x60, params.length, ...params, results.length, ...results]);
      }
      return;
    case SECTION.import:
      return writeImports(rewrite, writer);
    case SECTION.global:
      for (const global of rewrite.globals) {
        writer.raw([global.type, 0x01]);
        global.writeInitial(writer);
        writer.byte(OPCODE.end);
      }
      return;
    case SECTION.export:
      for (const { name, kind, index } of rewrite.exports) {
        writer.name(name);
        writer.byte(EXTERN_KINDS.indexOf(kind));
        writer.u32(kind === 'function' ? newIndex(rewrite, index) : index);
      }
      return;
    default:
  }
}

function writeImports({ memoryImports, functionImport }: ModuleRewrite, writer: BinaryWriter): void {
  for (const memory of memoryImports) {
    writer.name(memory.module);
    writer.name(memory.name);
    writer.byte(EXTERN_KINDS.indexOf('memory'));
    writeMemoryType(memory, writer);
  }
  if (functionImport === null) return;
  writer.name(functionImport.module);
  writer.name(functionImport.name);
  writer.byte(EXTERN_KINDS.indexOf('function'));
  writer.u32(functionImport.typeIndex);
}

function writeMemoryType({ min, max, isShared = false }: MemoryImport, writer: BinaryWriter): void {
  writer.byte((max === null ? 0 : 1) | (isShared ? 2 : 0));
  writer.u32(min);
  if (max !== null) writer.u32(max);
}

/** The type indices, that of the moved function last. */
function writeFunctions({ movedFunction }: ModuleRewrite, reader: BinaryReader, writer: BinaryWriter): void {
  writer.u32(reader.u32('number of functions'));
  const start = reader.offset;
  const first = movedFunction === null ? null : reader.u32('type index');
  writer.range(reader.bytes, first === null ? start : reader.offset, reader.end);
  if (first !== null) writer.u32(first);
}

function newIndex({ movedFunction }: ModuleRewrite, index: number): number {
  return index === movedFunction?.from ? movedFunction.to : index;
}

function writeCustom(rewrite: ModuleRewrite, section: Section, output: BinaryWriter): void {
  const { movedFunction, functionImport, module } = rewrite;
  if (section.name?.startsWith(CODE_METADATA)) return;
  if (section.name === 'name' && movedFunction !== null && functionImport !== null) {
    const content = new BinaryWriter(section.end - section.start + 64);
    content.name(section.name);
    try {
      writeMovedNames(module.bytes, section, content, movedFunction, functionImport.name);
    } catch (error) {
      // Broken names do not make a module invalid; wrong ones would mislead, so they go.
      if (error instanceof ModuleError) return;
      throw error;
    }
    output.byte(section.id);
    output.u32(content.length);
    output.raw(content.bytes());
    return;
  }
  output.range(module.bytes, section.start, section.end);
}
