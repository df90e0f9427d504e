// Function indices outside of code: in constant expressions, element segments, exports, the start function and names.
// Needed for the one function whose index an added import takes.

import { BinaryReader, malformed } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';
import type { OnIndex } from './const-expression.ts';
import { skipConstExpression } from './const-expression.ts';
import type { MovedFunction } from './module.ts';
import type { Section } from './module.ts';
import { readReferenceType, readValueType } from './types.ts';

/** Copies what is left to read, with the index of the moved function replaced wherever `walk` meets it. */
export function copyMoved(
  reader: BinaryReader,
  writer: BinaryWriter,
  moved: MovedFunction | null,
  walk: (reader: BinaryReader, onIndex: OnIndex) => void,
): void {
  let copiedTo = reader.offset;
  walk(reader, (space, index, start, end) => {
    if (space !== 'function' || index !== moved?.from) return;
    writer.range(reader.bytes, copiedTo, start);
    writer.u32(moved.to);
    copiedTo = end;
  });
  writer.range(reader.bytes, copiedTo, reader.end);
}

/** The globals after their number. */
export function walkGlobals(reader: BinaryReader, count: number, onIndex: OnIndex): void {
  for (let index = 0; index < count; index++) {
    readValueType(reader, 'a global');
    reader.byte('mutability of a global');
    skipConstExpression(reader, onIndex);
  }
}

/** The exports after their number. */
export function walkExports(reader: BinaryReader, count: number, onIndex: OnIndex): void {
  for (let index = 0; index < count; index++) {
    reader.name('name of an export');
    const isFunction = reader.byte('kind of an export') === 0;
    readIndex(reader, isFunction ? onIndex : undefined);
  }
}

/** The element segments, their number included. */
export function walkElements(reader: BinaryReader, onIndex: OnIndex): void {
  for (let segments = reader.count('element segments', 2); segments > 0; segments--) {
    const at = reader.offset;
    const flags = reader.u32('flags of an element segment');
    if (flags > 7) throw malformed(at, `element segment with the unknown flags ${flags}`);
    const isActive = (flags & 1) === 0;
    const hasExpressions = (flags & 4) !== 0;
    if (isActive) {
      if (flags & 2) reader.u32('table index');
      skipConstExpression(reader, onIndex);
    }
    // Only an active segment of table 0 leaves out what its items are.
    if (flags & 3) readElementKind(reader, hasExpressions);
    for (let items = reader.count('elements'); items > 0; items--) {
      if (hasExpressions) skipConstExpression(reader, onIndex);
      else readIndex(reader, onIndex);
    }
  }
  if (reader.remaining > 0) throw malformed(reader.offset, 'bytes are left after the element segments');
}

function readElementKind(reader: BinaryReader, hasExpressions: boolean): void {
  if (hasExpressions) {
    readReferenceType(reader, 'an element segment');
    return;
  }
  const at = reader.offset;
  const kind = reader.byte('kind of an element segment');
  if (kind !== 0) throw malformed(at, `element segment of the unknown kind ${kind}`);
}

function readIndex(reader: BinaryReader, onIndex: OnIndex | undefined): void {
  const start = reader.offset;
  const index = reader.u32('index');
  onIndex?.('function', index, start, reader.offset);
}

/** Parts of the name section that list functions by index: names, then locals and labels by function. */
const FUNCTION_NAMES = 1;
const LOCAL_NAMES = 2;
const LABEL_NAMES = 3;

/**
 * Writes the content of the name section with the moved function's names under its new index, which is the last, and a
 * name for the import that took the old one. Names are in ascending order of index.
 * @throws ModuleError if the section is broken, which does not make a module invalid.
 */
export function writeMovedNames(
  bytes: Uint8Array,
  section: Section,
  writer: BinaryWriter,
  moved: MovedFunction,
  importName: string,
): void {
  const reader = new BinaryReader(bytes, section.contentStart, section.end);
  while (reader.remaining > 0) {
    const id = reader.byte('part of the name section');
    const size = reader.u32('size of names');
    const start = reader.skip(size, 'names');
    const names = new BinaryReader(bytes, start, reader.offset);
    writer.byte(id);
    writer.sized((part) => {
      if (id === FUNCTION_NAMES) moveEntry(names, part, moved, importName, skipName);
      else if (id === LOCAL_NAMES || id === LABEL_NAMES) moveEntry(names, part, moved, null, skipNameMap);
      else part.range(bytes, start, names.end);
    });
  }
}

function moveEntry(
  reader: BinaryReader,
  writer: BinaryWriter,
  moved: MovedFunction,
  importName: string | null,
  skipValue: (reader: BinaryReader) => void,
): void {
  const count = reader.count('names', 2);
  const before = new BinaryWriter();
  const after = new BinaryWriter();
  const last = new BinaryWriter();
  for (let entry = 0; entry < count; entry++) {
    const start = reader.offset;
    const index = reader.u32('function index');
    const valueStart = reader.offset;
    skipValue(reader);
    if (index === moved.from) {
      last.u32(moved.to);
      last.range(reader.bytes, valueStart, reader.offset);
    } else {
      (index < moved.from ? before : after).range(reader.bytes, start, reader.offset);
    }
  }
  if (importName !== null) {
    before.u32(moved.from);
    before.name(importName);
  }
  writer.u32(importName === null ? count : count + 1);
  for (const part of [before, after, last]) writer.raw(part.bytes());
}

function skipName(reader: BinaryReader): void {
  reader.skip(reader.u32('length of a name'), 'name');
}

function skipNameMap(reader: BinaryReader): void {
  for (let count = reader.count('names', 2); count > 0; count--) {
    reader.u32('index');
    skipName(reader);
  }
}
