// The code section: scans each function once and copies it with the code of the passes put in at the sites.

import { ModuleError } from '../errors.ts';
import { BinaryReader } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';
import { BranchHints } from './branch-hints.ts';
import type { ParsedModule } from './module.ts';
import type { FunctionScan, ScanOptions, StateUse } from './function-scan.ts';
import { FunctionScanner } from './scan-function.ts';
import { SITE } from './sites.ts';
import type { ValueType } from './types.ts';

/** The code of one pass, written function by function. */
export interface SiteCode {
  /** Bit k is set if it writes at sites of kind k; at labels, if it opens TIGHT_LOOP_BLOCKS around each tight loop. */
  readonly kinds: number;
  /** Starts a function. Returns the types of the locals that it needs; the first of them has the index `firstLocal`. */
  begin(scan: FunctionScan, firstLocal: number): readonly ValueType[];
  /** Called at each site in the order of the code; `value` is the site's. `writer` starts with the function's body. */
  write(writer: BinaryWriter, kind: number, value: number, hints: BranchHints): void;
}

export interface CodePlan extends ScanOptions {
  readonly passes: readonly SiteCode[];
}

// What V8 allows in one function.
const MAX_LOCALS = 50_000;
const MAX_BODY_BYTES = 7_654_321;

/**
 * Instrumented code may have at most this many times the bytes of the original, beyond a megabyte. Compilers stay below
 * two; a module of nothing but empty loops would come to ten, and take the memory for it.
 */
const MAX_GROWTH = 4;
const FREE_GROWTH_BYTES = 2 ** 20;

export interface RewrittenCode {
  /** Content of the new code section. */
  readonly content: BinaryWriter;
  readonly hints: BranchHints;
}

/** @throws ModuleError, also ERR_MODULE_LIMIT for code that grows too much. */
export function rewriteCode(module: ParsedModule, plan: CodePlan, state: StateUse): RewrittenCode {
  const { codeRanges } = module;
  const count = codeRanges.length / 2;
  const codeBytes = (codeRanges.at(-1) ?? 0) - (codeRanges[0] ?? 0);
  const maxBytes = codeBytes * MAX_GROWTH + FREE_GROWTH_BYTES;
  const output = new BinaryWriter(codeBytes * 1.25 + 64);
  output.u32(count);
  const rewriter = new FunctionRewriter(module, plan, state);
  // A function that gives its index to an import moves to the end, and its body with it.
  const first = plan.movedFunction === null ? 0 : 1;
  for (let index = first; index < count + first; index++) {
    const body = rewriter.rewrite(index % count);
    rewriter.hints.endFunction(module.importedFunctionCount + index);
    if (body.byteLength > MAX_BODY_BYTES) throw bodyTooLarge(body.byteLength, codeRanges[(index % count) * 2]!);
    output.u32(body.byteLength);
    output.raw(body);
    if (output.length > maxBytes) throw growsTooMuch(output.length, codeBytes);
  }
  return { content: output, hints: rewriter.hints };
}

function growsTooMuch(length: number, codeBytes: number): ModuleError {
  return new ModuleError(
    'ERR_MODULE_LIMIT',
    `module's code of ${codeBytes} bytes grows past ${length} bytes when it is instrumented, the limit is ` +
      `${MAX_GROWTH} times its size; build it with optimisation`,
    { codeBytes, limit: codeBytes * MAX_GROWTH + FREE_GROWTH_BYTES },
  );
}

function bodyTooLarge(length: number, offset: number): ModuleError {
  return new ModuleError(
    'ERR_MODULE_LIMIT',
    `function at byte ${offset} has ${length} bytes when it is instrumented, the limit is ${MAX_BODY_BYTES}; split it`,
    { offset, limit: MAX_BODY_BYTES },
  );
}

class FunctionRewriter {
  readonly hints = new BranchHints();
  readonly #module: ParsedModule;
  readonly #passes: readonly SiteCode[];
  readonly #scanner: FunctionScanner;
  /** Bit k is set if something is written at sites of kind k. */
  readonly #kinds: number;
  /** Reused for every function. */
  readonly #body = new BinaryWriter(4096);

  constructor(module: ParsedModule, plan: CodePlan, state: StateUse) {
    this.#module = module;
    this.#passes = plan.passes;
    this.#scanner = new FunctionScanner(module, plan, state);
    this.#kinds = plan.passes.reduce((kinds, pass) => kinds | pass.kinds, 1 << SITE.functionIndex);
  }

  /** The new body; valid until the next call. */
  rewrite(definedIndex: number): Uint8Array {
    const { bytes, codeRanges } = this.#module;
    const start = codeRanges[definedIndex * 2]!;
    const end = codeRanges[definedIndex * 2 + 1]!;
    const scan = this.#scanner.scan(definedIndex);
    const body = this.#body;
    body.clear();
    this.#writeLocals(scan, start);
    let copiedTo = scan.codeStart;
    const { sites } = scan;
    for (let site = 0; site < sites.length; site++) {
      const kind = sites.kind(site);
      if (!(this.#kinds & (1 << kind))) continue;
      const offset = sites.offset(site);
      body.range(bytes, copiedTo, offset);
      copiedTo = offset;
      if (kind === SITE.functionIndex || kind === SITE.label) {
        body.u32(sites.value(site));
        while (bytes[copiedTo++]! >= 0x80);
      } else {
        for (const pass of this.#passes) {
          if (pass.kinds & (1 << kind)) pass.write(body, kind, sites.value(site), this.hints);
        }
      }
    }
    body.range(bytes, copiedTo, end);
    return body.bytes();
  }

  /** The declarations of the function's own locals as they are, then one group for each that a pass adds. */
  #writeLocals(scan: FunctionScan, start: number): void {
    const added: ValueType[] = [];
    for (const pass of this.#passes) {
      added.push(...pass.begin(scan, scan.paramCount + scan.localCount + added.length));
    }
    const locals = scan.paramCount + scan.localCount;
    if (added.length > 0 && locals + added.length > MAX_LOCALS) throw tooManyLocals(locals, start);
    const { bytes } = this.#module;
    if (added.length === 0) return this.#body.range(bytes, start, scan.codeStart);
    const reader = new BinaryReader(bytes, start, scan.codeStart);
    this.#body.u32(reader.u32('groups of locals') + added.length);
    this.#body.range(bytes, reader.offset, scan.codeStart);
    for (const type of added) this.#body.raw([1, type]);
  }
}

function tooManyLocals(count: number, offset: number): ModuleError {
  return new ModuleError(
    'ERR_MODULE_LIMIT',
    `function at byte ${offset} has ${count} parameters and locals, which leaves no room for those of the fuel counter ` +
      `below ${MAX_LOCALS}; split that function`,
    { offset, limit: MAX_LOCALS },
  );
}
