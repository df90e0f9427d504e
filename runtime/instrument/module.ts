// A module as its sections say it: what parseModule returns. Offsets count from the start of the file. Function types,
// function bodies and segments stay in the bytes and are read when asked for, so that memory stays near the file's size.

import { BinaryReader } from './binary-reader.ts';
import type { FunctionType, Limits, ValueType } from './types.ts';

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

export interface Section {
  readonly id: number;
  /** Name of a custom section; null for the others. */
  readonly name: string | null;
  /** The section's id byte. */
  readonly start: number;
  /** First byte after the size; for a custom section, after its name. */
  readonly contentStart: number;
  readonly end: number;
}

export interface TableType extends Limits {
  readonly type: ValueType;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly isMutable: boolean;
}

export type ExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** Kinds by the byte that encodes them. */
export const EXTERN_KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global', 'tag'];

export type ImportType =
  | { readonly kind: 'function'; readonly typeIndex: number }
  | { readonly kind: 'table'; readonly table: TableType }
  | { readonly kind: 'memory'; readonly limits: Limits }
  | { readonly kind: 'global'; readonly global: GlobalType }
  | { readonly kind: 'tag'; readonly typeIndex: number };

export type Import = { readonly module: string; readonly name: string } & ImportType;

export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
}

export interface ParsedModule {
  readonly bytes: Uint8Array;
  /** All sections in the order of the file, custom ones included. */
  readonly sections: readonly Section[];
  /** Per function type, where its parameters start. */
  readonly typeOffsets: Uint32Array;
  readonly imports: readonly Import[];
  /** Type index of each function, imported ones first. */
  readonly functionTypeIndices: Uint32Array;
  readonly importedFunctionCount: number;
  /** Imported ones first; the same for the lists below. */
  readonly tables: readonly TableType[];
  readonly importedTableCount: number;
  readonly memories: readonly Limits[];
  readonly importedMemoryCount: number;
  readonly globals: readonly GlobalType[];
  readonly importedGlobalCount: number;
  readonly tagTypeIndices: readonly number[];
  readonly exports: readonly Export[];
  /** Index of the start function. */
  readonly start: number | null;
  readonly elementSegmentCount: number;
  readonly dataSegmentCount: number;
  /** Where the body of each defined function starts (after its size) and ends: two numbers a function. */
  readonly codeRanges: Uint32Array;
}

export function findSection(module: ParsedModule, id: number): Section | undefined {
  return module.sections.find((section) => section.id === id);
}

/** The function type at `typeIndex`, or undefined if there is none. */
export function functionType(module: ParsedModule, typeIndex: number): FunctionType | undefined {
  const offset = module.typeOffsets[typeIndex];
  if (offset === undefined) return undefined;
  const reader = new BinaryReader(module.bytes, offset);
  const list = (): ValueType[] => Array.from({ length: reader.u32('a function type') }, () => reader.byte('a type'));
  return { params: list(), results: list() };
}

/** A function whose index an import has taken. */
export interface MovedFunction {
  readonly from: number;
  readonly to: number;
}
