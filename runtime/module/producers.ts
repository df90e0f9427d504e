// The "producers" custom section: which language and tools made a module. For people to read; it is written by the
// guest's toolchain and never trusted, so whatever is odd in it is left out.
// https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md

import { BinaryReader } from '../instrument/binary-reader.ts';
import type { ParsedModule } from '../instrument/module.ts';
import { ModuleError } from '../errors.ts';

export interface Producers {
  /** Such as `Rust` or `C11`, with the version where it is given. */
  readonly languages: readonly string[];
  /** Compilers, linkers and SDKs, such as `clang 14.0.6`. */
  readonly tools: readonly string[];
}

const MAX_VALUES = 32;
const MAX_TEXT_CHARACTERS = 100;

/** null if the module has no such section or a broken one. */
export function readProducers(module: ParsedModule): Producers | null {
  const section = module.sections.find(({ name }) => name === 'producers');
  if (section === undefined) return null;
  try {
    return readFields(new BinaryReader(module.bytes, section.contentStart, section.end));
  } catch (error) {
    // A broken custom section does not make a module invalid.
    if (error instanceof ModuleError) return null;
    throw error;
  }
}

function readFields(reader: BinaryReader): Producers {
  const languages: string[] = [];
  const tools: string[] = [];
  for (let fields = reader.count('producers', 2); fields > 0; fields--) {
    const values = reader.name('name of a field') === 'language' ? languages : tools;
    for (let count = reader.count('values', 2); count > 0; count--) {
      const text = [reader.name('name of a tool'), reader.name('version of a tool')].join(' ').trim();
      if (values.length < MAX_VALUES) values.push(printable(text));
    }
  }
  return { languages, tools };
}

function printable(text: string): string {
  return text.slice(0, MAX_TEXT_CHARACTERS).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
