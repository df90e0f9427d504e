// Pass: takes the start function out of instantiation and exports it, so that the host runs it with budgets set and the
// memory at hand, and can put it aside like any other code.

import { BinaryReader, malformed } from './binary-reader.ts';
import { walkElements, walkGlobals } from './function-indices.ts';
import { EXPORT_PREFIX } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import type { ParsedModule } from './module.ts';
import { findSection, functionType, SECTION } from './module.ts';

/** To be called once, before anything else. */
export const START_EXPORT = `${EXPORT_PREFIX}start`;

/**
 * Returns the export's name, or null if there is no start function.
 * @throws ModuleError ERR_MODULE_MALFORMED for a start function that the engine would refuse as one.
 */
export function exportStart(rewrite: ModuleRewrite): string | null {
  const { module } = rewrite;
  if (module.start === null) return null;
  const type = functionType(module, module.functionTypeIndices[module.start]!);
  if (type === undefined || type.params.length > 0 || type.results.length > 0) {
    const at = findSection(module, SECTION.start)?.contentStart ?? 0;
    throw malformed(at, 'the start function takes parameters or gives results');
  }
  rewrite.dropsStart = true;
  rewrite.addExport(START_EXPORT, 'function', module.start);
  // An export declares a function for ref.func, which being the start function does not.
  if (!isDeclared(module, module.start)) rewrite.undeclaredFunction = module.start;
  return START_EXPORT;
}

function isDeclared(module: ParsedModule, index: number): boolean {
  if (module.exports.some((entry) => entry.kind === 'function' && entry.index === index)) return true;
  let isFound = false;
  const onIndex = (space: string, found: number): void => {
    if (space === 'function' && found === index) isFound = true;
  };
  const globals = findSection(module, SECTION.global);
  if (globals) {
    const reader = new BinaryReader(module.bytes, globals.contentStart, globals.end);
    walkGlobals(reader, reader.u32('number of globals'), onIndex);
  }
  const elements = findSection(module, SECTION.element);
  if (elements) walkElements(new BinaryReader(module.bytes, elements.contentStart, elements.end), onIndex);
  return isFound;
}
