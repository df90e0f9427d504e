// What a module is, read from its bytes before anything is compiled, and why it cannot be served. Pure; every refusal
// names the fix. Types of instructions are left to the engine's validation, which comes after.

import { ModuleError } from '../errors.ts';
import { BinaryReader } from '../instrument/binary-reader.ts';
import type { Export, ExternKind, Import, ParsedModule, TableType } from '../instrument/module.ts';
import { functionType } from '../instrument/module.ts';
import { parseModule } from '../instrument/parse-module.ts';
import { functionTypeText, PAGE_BYTES, readValueType, valueTypeName } from '../instrument/types.ts';
import type { Producers } from './producers.ts';
import { readProducers } from './producers.ts';
import { ENTRY_POINT_FIX, formatMiB, importFixes, listSome, MEMORY_EXPORT_FIX, quoteGuestText } from './refusals.ts';

export const MAX_TABLES = 16;
export const MAX_FUNCTIONS = 100_000;
/** What V8 allows in one function. */
export const MAX_LOCALS_PER_FUNCTION = 50_000;
/** Over all functions: each local costs the compiler memory though a declaration of any number takes two bytes. */
export const MAX_LOCALS = 10_000_000;

export interface InspectLimits {
  /** Linear memory that one instance may have, in bytes. */
  readonly memoryBytes: number;
  /** Entries that each table may have. */
  readonly tableEntries: number;
  /** Functions that the host offers: import module → names. */
  readonly knownImports: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface ImportFact {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function, as in the text format: `(i32, i64) -> i32`. */
  readonly type?: string;
}

export interface ExportFact {
  readonly name: string;
  readonly kind: ExternKind;
  readonly type?: string;
}

export interface TableFact {
  readonly type: string;
  readonly min: number;
  readonly max: number | null;
  readonly imported: boolean;
}

export interface MemoryFact {
  readonly minPages: number;
  readonly maxPages: number | null;
  readonly imported: boolean;
}

/** A command runs `_start` once; a reactor is initialised by `_initialize`, if it has one, and then runs `handle`. */
export type ModuleKind = 'command' | 'reactor';

/** What a module says about itself. Names are the guest's: escape them before printing. */
export interface ModuleFacts {
  readonly kind: ModuleKind;
  readonly imports: readonly ImportFact[];
  readonly exports: readonly ExportFact[];
  readonly memory: MemoryFact;
  readonly tables: readonly TableFact[];
  readonly hasStart: boolean;
  /** Functions with a body. */
  readonly functionCount: number;
  /** Size of all function bodies. */
  readonly codeBytes: number;
  readonly sizeBytes: number;
  /** Names of the custom sections in the order of the file. */
  readonly customSections: readonly string[];
  /** From the "producers" section, if there is a readable one. */
  readonly producers: Producers | null;
}

/**
 * Reads a module's facts and refuses what cannot be served. Called once per load, off the hot path.
 * @throws ModuleError ERR_MODULE_MALFORMED, ERR_MODULE_COMPONENT, ERR_MODULE_UNSUPPORTED, ERR_MODULE_LIMIT,
 *   ERR_MODULE_EXPORT or ERR_MODULE_IMPORT.
 */
export function inspectModule(bytes: Uint8Array, limits: InspectLimits): ModuleFacts {
  const module = parseModule(bytes);
  checkCounts(module);
  checkTables(module.tables, limits.tableEntries);
  const typeText = typeTexts(module);
  const kind = entryPoint(module, typeText);
  checkImports(module.imports, limits.knownImports);
  const memory = checkMemory(module, limits.memoryBytes);
  return {
    kind,
    imports: module.imports.map((entry) => importFact(entry, typeText)),
    exports: module.exports.map((entry) => exportFact(module, entry, typeText)),
    memory,
    tables: module.tables.map(({ type, min, max }, index) => {
      return { type: valueTypeName(type), min, max, imported: index < module.importedTableCount };
    }),
    hasStart: module.start !== null,
    functionCount: module.codeRanges.length / 2,
    codeBytes: codeBytes(module),
    sizeBytes: bytes.byteLength,
    customSections: module.sections.flatMap(({ name }) => name ?? []),
    producers: readProducers(module),
  };
}

function checkCounts(module: ParsedModule): void {
  checkAtMost('functions', module.codeRanges.length / 2, MAX_FUNCTIONS, 'split it or build it with optimisation');
  checkAtMost('memories', module.memories.length, 1, 'build it without multiple memories');
  checkAtMost('tables', module.tables.length, MAX_TABLES, 'build it with fewer tables');
  const locals = countLocals(module);
  checkAtMost('locals in one function', locals.most, MAX_LOCALS_PER_FUNCTION, 'split that function');
  checkAtMost('locals in all functions', locals.total, MAX_LOCALS, 'split it into smaller modules');
}

function checkAtMost(what: string, count: number, limit: number, fix: string): void {
  if (count <= limit) return;
  throw new ModuleError('ERR_MODULE_LIMIT', `module has ${count} ${what}, the limit is ${limit}; ${fix}`, {
    count,
    limit,
  });
}

function countLocals(module: ParsedModule): { total: number; most: number } {
  let total = 0;
  let most = 0;
  for (let index = 0; index < module.codeRanges.length; index += 2) {
    const reader = new BinaryReader(module.bytes, module.codeRanges[index], module.codeRanges[index + 1]);
    let locals = 0;
    for (let groups = reader.count('groups of locals', 2); groups > 0; groups--) {
      locals += reader.u32('number of locals');
      readValueType(reader, 'a local');
    }
    total += locals;
    most = Math.max(most, locals);
  }
  return { total, most };
}

function codeBytes({ codeRanges }: ParsedModule): number {
  let total = 0;
  for (let index = 0; index < codeRanges.length; index += 2) total += codeRanges[index + 1]! - codeRanges[index]!;
  return total;
}

function checkTables(tables: readonly TableType[], limit: number): void {
  const tooLarge = tables.flatMap(({ min }, index) => (min > limit ? [`table ${index} starts with ${min}`] : []));
  if (tooLarge.length === 0) return;
  throw new ModuleError(
    'ERR_MODULE_LIMIT',
    `${listSome(tooLarge)} entries, the limit is ${limit}; raise limits.tableEntries or build it with smaller tables`,
    { limit },
  );
}

function entryPoint(module: ParsedModule, typeText: TypeText): ModuleKind {
  const has = (name: string): boolean => module.exports.some((entry) => entry.name === name);
  const refused = (problem: string): ModuleError => new ModuleError('ERR_MODULE_EXPORT', problem);
  if (has('_start') && has('handle')) {
    throw refused('module exports both "_start" and "handle"; remove "handle" for a command or "_start" for a reactor');
  }
  if (has('_start') && has('_initialize')) {
    throw refused('module exports both "_start" and "_initialize"; link it as a command or as a reactor, not as both');
  }
  if (!has('_start') && !has('handle')) {
    throw refused(`module exports neither "_start" nor "handle"; ${ENTRY_POINT_FIX}`);
  }
  const wrong = module.exports.flatMap((entry) => {
    if (!['_start', '_initialize', 'handle'].includes(entry.name)) return [];
    const type = exportFact(module, entry, typeText).type ?? `a ${entry.kind}`;
    return type === '() -> ()' ? [] : [`"${entry.name}" is ${type}`];
  });
  if (wrong.length > 0) {
    throw refused(`exported ${wrong.join(', ')}; make it a function of type () -> (), input comes from stdin`);
  }
  return has('_start') ? 'command' : 'reactor';
}

function checkImports(imports: readonly Import[], known: InspectLimits['knownImports']): void {
  const unknown = imports.filter(({ module, name }) => !known.get(module)?.has(name));
  if (unknown.length > 0) {
    const names = [...new Set(unknown.map(({ module, name }) => quoteGuestText(`${module}.${name}`)))];
    throw new ModuleError(
      'ERR_MODULE_IMPORT',
      `module imports what is not offered: ${listSome(names)}; ${importFixes(unknown)}`,
      { imports: names.slice(0, 100) },
    );
  }
  const wrongKind = imports.filter(({ kind }) => kind !== 'function');
  if (wrongKind.length > 0) {
    const names = wrongKind.map(({ module, name, kind }) => `${quoteGuestText(`${module}.${name}`)} as a ${kind}`);
    throw new ModuleError('ERR_MODULE_IMPORT', `module imports ${listSome(names)}; import it as a function`);
  }
}

function checkMemory(module: ParsedModule, budgetBytes: number): MemoryFact {
  const limits = module.memories[0];
  if (limits === undefined) {
    throw new ModuleError(
      'ERR_MODULE_EXPORT',
      `module has no memory; define one and export it as "memory": ${MEMORY_EXPORT_FIX}`,
    );
  }
  const exported = module.exports.find(({ name }) => name === 'memory');
  if (exported?.kind !== 'memory') {
    const problem = exported ? `exports "memory" as a ${exported.kind}` : 'does not export its memory as "memory"';
    throw new ModuleError('ERR_MODULE_EXPORT', `module ${problem}; ${MEMORY_EXPORT_FIX}`);
  }
  const minBytes = limits.min * PAGE_BYTES;
  if (minBytes > budgetBytes) {
    throw new ModuleError(
      'ERR_MODULE_LIMIT',
      `module's memory starts with ${formatMiB(minBytes)}, the limit is ${formatMiB(budgetBytes)}; ` +
        'raise limits.memory or build it with a smaller initial memory',
      { minBytes, limitBytes: budgetBytes },
    );
  }
  return { minPages: limits.min, maxPages: limits.max, imported: module.importedMemoryCount > 0 };
}

function importFact(entry: Import, typeText: TypeText): ImportFact {
  const fact = { module: entry.module, name: entry.name, kind: entry.kind };
  return entry.kind === 'function' ? { ...fact, type: typeText(entry.typeIndex) } : fact;
}

function exportFact(module: ParsedModule, { name, kind, index }: Export, typeText: TypeText): ExportFact {
  if (kind !== 'function') return { name, kind };
  return { name, kind, type: typeText(module.functionTypeIndices[index]) };
}

type TypeText = (typeIndex: number | undefined) => string;

/** Each type's text is made once: a hostile module can name one long type in 100,000 imports. */
function typeTexts(module: ParsedModule): TypeText {
  const texts = new Map<number | undefined, string>();
  return (typeIndex) => {
    let text = texts.get(typeIndex);
    if (text === undefined) {
      const type = typeIndex === undefined ? undefined : functionType(module, typeIndex);
      text = type ? functionTypeText(type) : 'a function of an unknown type';
      texts.set(typeIndex, text);
    }
    return text;
  };
}
