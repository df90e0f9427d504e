// Every index outside of code, checked against the module's own index spaces. The engine checks them as well, but after
// the passes have appended to those spaces: an export of global 7 in a module of seven globals, or a data segment for
// its second of one memories, would hand the guest its fuel counter or the countdown.

import { BinaryReader, malformed, unsupported } from './binary-reader.ts';
import type { OnIndex } from './const-expression.ts';
import { skipConstExpression } from './const-expression.ts';
import { walkElements, walkGlobals } from './function-indices.ts';
import type { ExternKind, ParsedModule } from './module.ts';
import { findSection, SECTION } from './module.ts';

/** @throws ModuleError ERR_MODULE_MALFORMED or ERR_MODULE_UNSUPPORTED. */
export function checkIndices(module: ParsedModule): void {
  const counts: Readonly<Record<ExternKind, number>> = {
    function: module.functionTypeIndices.length,
    table: module.tables.length,
    memory: module.memories.length,
    global: module.globals.length,
    tag: module.tagTypeIndices.length,
  };
  const typeCount = module.typeOffsets.length;
  for (const index of module.functionTypeIndices) check(module, SECTION.function, 'function type', index, typeCount);
  for (const index of module.tagTypeIndices) check(module, SECTION.tag, 'type of a tag', index, typeCount);
  for (const { kind, index } of module.exports) check(module, SECTION.export, `exported ${kind}`, index, counts[kind]);
  if (module.start !== null) check(module, SECTION.start, 'start function', module.start, counts.function);
  const onIndex = constantIndices(module);
  const readerOf = (id: number): BinaryReader | null => {
    const section = findSection(module, id);
    return section ? new BinaryReader(module.bytes, section.contentStart, section.end) : null;
  };
  const globals = readerOf(SECTION.global);
  if (globals) walkGlobals(globals, globals.u32('number of globals'), onIndex);
  const elements = readerOf(SECTION.element);
  if (elements) walkElements(elements, onIndex);
  const data = readerOf(SECTION.data);
  if (data) walkDataSegments(data, module, onIndex);
}

function constantIndices({ functionTypeIndices, importedGlobalCount }: ParsedModule): OnIndex {
  return (space, index, start) => {
    if (space === 'function') {
      if (index >= functionTypeIndices.length) throw malformed(start, `function ${index} does not exist`);
    } else if (index >= importedGlobalCount) {
      const feature = `global ${index}, which is not imported, in a constant expression`;
      throw unsupported(start, feature, 'build without garbage collection, whose proposal allows it');
    }
  };
}

function check(module: ParsedModule, section: number, what: string, index: number, count: number): void {
  if (index < count) return;
  const offset = (findSection(module, section) ?? findSection(module, SECTION.import))?.contentStart ?? 0;
  throw malformed(offset, `${what} ${index} does not exist, there are ${count}`);
}

function walkDataSegments(reader: BinaryReader, module: ParsedModule, onIndex: OnIndex): void {
  for (let segments = reader.count('data segments', 2); segments > 0; segments--) {
    const at = reader.offset;
    const flags = reader.u32('flags of a data segment');
    if (flags > 2) throw malformed(at, `data segment with the unknown flags ${flags}`);
    if (flags !== 1) {
      const memory = flags === 2 ? reader.u32('memory index') : 0;
      check(module, SECTION.data, 'memory', memory, module.memories.length);
      skipConstExpression(reader, onIndex);
    }
    reader.skip(reader.u32('size of a data segment'), 'data segment');
  }
  if (reader.remaining > 0) throw malformed(reader.offset, 'bytes are left after the data segments');
}
