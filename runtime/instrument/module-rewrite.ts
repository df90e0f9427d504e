// A module and the changes that passes make to it; written out once, in one go. Whatever is added is appended to its
// index space, so that no index of the module changes, with two exceptions that imports force, since imported things
// come before defined ones: the memory becomes an import itself and stays number 0, and one function gives its index
// to the imported function and becomes the last. Traps therefore name the functions of the original file.

import { ModuleError } from '../errors.ts';
import { checkIndices } from './check-indices.ts';
import type { BinaryWriter } from './binary-writer.ts';
import { EXPORT_PREFIX, HOST_MODULE } from './host-names.ts';
import type { Export, ExternKind, ParsedModule, MovedFunction } from './module.ts';
import type { SiteCode } from './rewrite-code.ts';
import type { FunctionType, Limits, ValueType } from './types.ts';

export interface MemoryImport extends Limits {
  readonly module: string;
  readonly name: string;
  readonly isShared?: boolean;
}

interface FunctionImport {
  readonly module: string;
  readonly name: string;
  readonly typeIndex: number;
}

interface AddedGlobal {
  readonly type: ValueType;
  writeInitial(writer: BinaryWriter): void;
}

/** Collects the changes; write-module.ts applies them. */
export class ModuleRewrite {
  readonly module: ParsedModule;
  readonly types: FunctionType[] = [];
  readonly memoryImports: MemoryImport[] = [];
  readonly globals: AddedGlobal[] = [];
  readonly exports: Export[] = [];
  readonly code: SiteCode[] = [];
  /** What the maxima of the module's own tables are lowered to; Infinity leaves them. */
  maxTableEntries = Infinity;
  functionImport: FunctionImport | null = null;
  /** True once the module's own memory is among `memoryImports`. */
  importsMemory = false;
  /** True if the start function is left to the host. */
  dropsStart = false;
  /** A function that code must not take a reference to though it is exported now, or -1. */
  undeclaredFunction = -1;

  /**
   * @throws ModuleError ERR_MODULE_IMPORT or ERR_MODULE_EXPORT if the module uses the names of the passes,
   *   ERR_MODULE_MALFORMED if it uses an index that does not exist, ERR_MODULE_LIMIT if it has two memories.
   */
  constructor(module: ParsedModule) {
    checkIndices(module);
    if (module.memories.length > 1) {
      const problem = `module has ${module.memories.length} memories, the limit is 1; build it without multiple memories`;
      throw new ModuleError('ERR_MODULE_LIMIT', problem);
    }
    this.module = module;
    // Importing the countdown would hand a guest its own budget.
    if (module.imports.some((entry) => entry.module === HOST_MODULE)) {
      throw new ModuleError(
        'ERR_MODULE_IMPORT',
        `module imports from ${HOST_MODULE}, which is reserved; drop that import`,
      );
    }
    if (module.exports.some(({ name }) => name.startsWith(EXPORT_PREFIX))) {
      const problem = `module exports a name that starts with ${EXPORT_PREFIX}, which is reserved; rename that export`;
      throw new ModuleError('ERR_MODULE_EXPORT', problem);
    }
  }

  /** The function whose index the imported one takes; null if there is none. */
  get movedFunction(): MovedFunction | null {
    if (this.functionImport === null || this.module.codeRanges.length === 0) return null;
    return { from: this.module.importedFunctionCount, to: this.module.functionTypeIndices.length };
  }

  /** Adds an imported function; one at most. */
  importFunction(module: string, name: string, type: FunctionType): number {
    if (this.functionImport !== null) throw new Error('one imported function is all that the passes need');
    this.functionImport = { module, name, typeIndex: this.module.typeOffsets.length + this.types.push(type) - 1 };
    return this.module.importedFunctionCount;
  }

  /** Adds an imported memory after those of the module, which must be imported already. */
  importMemory(memory: MemoryImport): number {
    return this.module.importedMemoryCount + this.memoryImports.push(memory) - 1;
  }

  /** Adds a mutable global. */
  defineGlobal(type: ValueType, writeInitial: (writer: BinaryWriter) => void): number {
    return this.module.globals.length + this.globals.push({ type, writeInitial }) - 1;
  }

  addExport(name: string, kind: ExternKind, index: number): void {
    this.exports.push({ name, kind, index });
  }

  addCode(code: SiteCode): void {
    this.code.push(code);
  }
}
