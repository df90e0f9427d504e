// Writes a module with the changes of a rewrite: sections in the order of the file, what is new appended to them, and a
// section that the module does not have put where the specification wants it.

import { ModuleError } from '../errors.ts';
import { BinaryReader } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';
import { copyMoved, walkElements, walkExports, walkGlobals, writeMovedNames } from './function-indices.ts';
import type { MemoryImport, ModuleRewrite } from './module-rewrite.ts';
import type { Section } from './module.ts';
import { EXTERN_KINDS, SECTION } from './module.ts';
import { SECTION_ORDER } from './parse-module.ts';
import type { StateUse } from './scan-function.ts';
import { rewriteCode } from './rewrite-code.ts';
import { writeClampedMemories, writeClampedTables } from './clamp-limits.ts';
