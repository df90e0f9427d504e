// Pass: exports what an instance remembers beside its memory, so that an initialised instance can be snapshot and
// restored: mutable globals, and the tables that code changes. What cannot be reached from the host is named.

import { EXPORT_PREFIX } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import type { ExternKind } from './module.ts';
import type { StateUse } from './function-scan.ts';
import { EXNREF, V128, valueTypeName } from './types.ts';

export interface StateExport {
  /** The module's own name for it if it has one, else one of ours. */
  readonly exportName: string;
  readonly index: number;
  /** Value type of a global, reference type of a table. */
  readonly type: string;
}

export interface ExportedState {
  /** Mutable globals that the module defines. */
  readonly globals: readonly StateExport[];
  /** Tables that the module defines and its code may change. */
  readonly tables: readonly StateExport[];
  /** State that JavaScript cannot read, such as `global 3 of type v128`: an instance of it cannot be snapshot. */
  readonly unreachable: readonly string[];
  /** True if code drops passive segments; an instance that has done so cannot be told from one that has not. */
  readonly dropsSegments: boolean;
}

/** @param use what the scan of all code found. */
export function exportState(rewrite: ModuleRewrite, use: StateUse): ExportedState {
  const { globals, importedGlobalCount, tables, importedTableCount } = rewrite.module;
  const unreachable: string[] = [];
  const exported = (kind: ExternKind, index: number, type: number): StateExport[] => {
    if (type === V128 || type === EXNREF) {
      unreachable.push(`${kind} ${index} of type ${valueTypeName(type)}`);
      return [];
    }
    return [{ exportName: exportName(rewrite, kind, index), index, type: valueTypeName(type) }];
  };
  return {
    globals: globals.flatMap(({ type, isMutable }, index) =>
      isMutable && index >= importedGlobalCount ? exported('global', index, type) : [],
    ),
    tables: tables.flatMap(({ type }, index) =>
      use.changedTables.has(index) && index >= importedTableCount ? exported('table', index, type) : [],
    ),
    unreachable,
    dropsSegments: use.dropsSegments,
  };
}

function exportName(rewrite: ModuleRewrite, kind: ExternKind, index: number): string {
  const existing = rewrite.module.exports.find((entry) => entry.kind === kind && entry.index === index);
  if (existing !== undefined) return existing.name;
  const name = `${EXPORT_PREFIX}${kind}/${index}`;
  rewrite.addExport(name, kind, index);
  return name;
}
