// Types of the binary format as this package uses them: value types stay the bytes that encode them. What is outside
// WebAssembly 2.0 and the finished proposals named in RATIONALE.md is refused here, by name.

import { ModuleError } from '../errors.ts';
import type { BinaryReader } from './binary-reader.ts';
import { malformed, unsupported } from './binary-reader.ts';

/** The byte that encodes a value type. */
export type ValueType = number;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
export const EXNREF = 0x69;
/** What a block type that is neither a value type nor an index holds. */
export const EMPTY_BLOCK = 0x40;

const VALUE_TYPE_NAMES: ReadonlyMap<ValueType, string> = new Map([
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
  [FUNCREF, 'funcref'],
  [EXTERNREF, 'externref'],
  [EXNREF, 'exnref'],
]);

const GC_TYPES: ReadonlyMap<number, string> = new Map([
  [0x74, 'nullexnref'],
  [0x73, 'nullfuncref'],
  [0x72, 'nullexternref'],
  [0x71, 'nullref'],
  [0x6e, 'anyref'],
  [0x6d, 'eqref'],
  [0x6c, 'i31ref'],
  [0x6b, 'structref'],
  [0x6a, 'arrayref'],
  [0x64, '(ref …)'],
  [0x63, '(ref null …)'],
]);

const COMPOSITE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x5f, 'struct'],
  [0x5e, 'array'],
  [0x50, 'sub'],
  [0x4f, 'sub final'],
  [0x4e, 'rec'],
]);

const NO_GC = 'build without garbage-collected types and typed function references';

export function valueTypeName(type: ValueType): string {
  return VALUE_TYPE_NAMES.get(type) ?? `0x${type.toString(16)}`;
}

export function isReferenceType(type: ValueType): boolean {
  return type === FUNCREF || type === EXTERNREF || type === EXNREF;
}

export function readValueType(reader: BinaryReader, what: string): ValueType {
  const at = reader.offset;
  const byte = reader.byte(what);
  if (VALUE_TYPE_NAMES.has(byte)) return byte;
  throw unknownType(at, byte, what);
}

export function readReferenceType(reader: BinaryReader, what: string): ValueType {
  const at = reader.offset;
  const byte = reader.byte(what);
  if (isReferenceType(byte)) return byte;
  throw unknownType(at, byte, what);
}

/** The error for a byte that stands where a type must and is none that we take. */
export function unknownType(at: number, byte: number, what: string): Error {
  const gcType = GC_TYPES.get(byte);
  if (gcType !== undefined) return unsupported(at, `the type ${gcType}`, NO_GC);
  return malformed(at, `${what} has the unknown type 0x${byte.toString(16).padStart(2, '0')}`);
}

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** As the text format writes it: `(i32, i64) -> f32`. */
export function functionTypeText({ params, results }: FunctionType): string {
  const list = (types: readonly ValueType[]): string => `(${types.map(valueTypeName).join(', ')})`;
  return `${list(params)} -> ${results.length === 1 ? valueTypeName(results[0]!) : list(results)}`;
}

/** Of parameters, and of results, of one function: what V8 allows. */
const MAX_PARAMETERS = 1000;

/** Passes one entry of the type section and returns where its parameters start. */
export function skipFunctionType(reader: BinaryReader): number {
  const at = reader.offset;
  const form = reader.byte('form of a type');
  if (form !== 0x60) {
    const composite = COMPOSITE_TYPES.get(form);
    if (composite !== undefined) throw unsupported(at, `the type form ${composite}`, NO_GC);
    throw malformed(at, `unknown type form 0x${form.toString(16).padStart(2, '0')}`);
  }
  const start = reader.offset;
  for (let list = 0; list < 2; list++) {
    const what = list === 0 ? 'parameters' : 'results';
    const count = reader.count(what);
    if (count > MAX_PARAMETERS) {
      throw new ModuleError(
        'ERR_MODULE_LIMIT',
        `function type at byte ${at} has ${count} ${what}, the limit is ${MAX_PARAMETERS}; pass a pointer instead`,
        { offset: at, limit: MAX_PARAMETERS },
      );
    }
    for (let index = 0; index < count; index++) readValueType(reader, 'a function type');
  }
  return start;
}

export interface Limits {
  readonly min: number;
  /** null if it may grow without end. */
  readonly max: number | null;
}

/** Of linear memory. */
export const PAGE_BYTES = 65_536;

/** 4 GiB. */
export const MAX_MEMORY_PAGES = 65_536;

/** Limits of a memory (in pages) or a table (in entries). */
export function readLimits(reader: BinaryReader, what: 'memory' | 'table'): Limits {
  const at = reader.offset;
  // A single byte by the specification, though a LEB128 of more bytes would decode as well.
  const flags = reader.byte(`limits of a ${what}`);
  if (flags > 0x07) throw malformed(at, `limits of a ${what} have the unknown flags 0x${flags.toString(16)}`);
  if (flags & 0x04) throw unsupported(at, `a 64-bit ${what} (${what}64)`, 'build for wasm32');
  if (flags & 0x02) throw unsupported(at, `a shared ${what} (threads)`, 'build without threads');
  const min = reader.u32(`minimum of a ${what}`);
  const max = flags & 0x01 ? reader.u32(`maximum of a ${what}`) : null;
  // Checked here because a pass that lowers a maximum would otherwise make an invalid module valid.
  if (what === 'memory' && Math.max(min, max ?? 0) > MAX_MEMORY_PAGES) {
    throw malformed(
      at,
      `a memory of ${Math.max(min, max ?? 0)} pages is above the ${MAX_MEMORY_PAGES} of 32-bit memory`,
    );
  }
  return { min, max };
}
