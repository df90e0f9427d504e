// Pass: deterministic metering. Every basic block takes its number of instructions from a counter when it is entered;
// the counter is compared at function entries and loop headers, which every endless run has to pass. Bulk operations
// pay by length before they run. Out of fuel is a trap with the counter below zero.

import type { BinaryWriter } from './binary-writer.ts';
import { FUEL_EXPORT } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import { OPCODE } from './opcodes.ts';
import type { SiteCode } from './rewrite-code.ts';
import type { FunctionScan } from './function-scan.ts';
import { SITE } from './sites.ts';
import type { ValueType } from './types.ts';
import { EMPTY_BLOCK, I32, I64 } from './types.ts';

export interface FuelOptions {
  /** What the counter starts with; it pays for a start function that runs before the host can set the counter. */
  readonly initial: bigint;
}

/** Bytes of a bulk memory operation that cost as much as one instruction; a power of two. */
const BULK_BYTES_PER_FUEL_LOG2 = 3n;

const KINDS = [
  SITE.entry,
  SITE.block,
  SITE.check,
  SITE.call,
  SITE.afterCall,
  SITE.exit,
  SITE.bulkBytes,
  SITE.bulkEntries,
];

/** Defines and exports the counter and adds the code that takes from it. */
export function addFuel(rewrite: ModuleRewrite, { initial }: FuelOptions): void {
  const global = rewrite.defineGlobal(I64, (writer) => {
    writer.byte(OPCODE.i64Const);
    writer.signed(initial);
  });
  rewrite.addExport(FUEL_EXPORT, 'global', global);
  rewrite.addCode(new FuelCode(global));
}

/**
 * Writes the metering code of one function at a time.
 *
 * A counter in memory costs a store and a load that depend on each other in every block, most of what a tight loop
 * does. So a function with a loop keeps it in a local: the global is read at entry and after each call and written
 * before each call and exit. A function without a loop has too few blocks for that to pay. One with exception handling
 * could be left and re-entered in the middle, so it uses the global as well.
 */
class FuelCode implements SiteCode {
  readonly kinds = KINDS.reduce((kinds, kind) => kinds | (1 << kind), 0);
  readonly #global: number;
  #hasCall = false;
  /** The local that holds the counter, or -1 for the global. */
  #counter = -1;
  /** The local that holds a bulk operation's length. */
  #length = -1;
  /** False while local and global are known to be the same. */
  #isDirty = false;

  constructor(global: number) {
    this.#global = global;
  }

  begin(scan: FunctionScan, firstLocal: number): readonly ValueType[] {
    const types: ValueType[] = [];
    this.#hasCall = scan.hasCall;
    const useLocal = scan.hasLoop && !scan.hasExceptions;
    this.#counter = useLocal ? firstLocal + types.push(I64) - 1 : -1;
    this.#length = scan.hasBulk ? firstLocal + types.push(I32) - 1 : -1;
    this.#isDirty = false;
    return types;
  }

  write(writer: BinaryWriter, kind: number, value: number): void {
    switch (kind) {
      case SITE.entry:
      case SITE.afterCall:
        return this.#reload(writer);
      case SITE.block:
        return this.#charge(writer, value);
      case SITE.check:
        // A function that neither loops nor calls ends by itself.
        if (value === 1 || this.#hasCall) this.#check(writer);
        return;
      case SITE.call:
      case SITE.exit:
        return this.#flush(writer);
      case SITE.bulkBytes:
      case SITE.bulkEntries:
        return this.#chargeBulk(writer, kind === SITE.bulkBytes);
      default:
    }
  }

  #charge(writer: BinaryWriter, cost: number): void {
    // Paths join here, so what is known about the one before is not known about all of them.
    this.#isDirty = true;
    if (cost === 0) return;
    this.#get(writer);
    writer.byte(OPCODE.i64Const);
    writer.signed(cost);
    writer.byte(OPCODE.i64Sub);
    this.#set(writer);
  }

  #check(writer: BinaryWriter): void {
    this.#get(writer);
    writer.raw([OPCODE.i64Const, 0, OPCODE.i64LtS, OPCODE.if, EMPTY_BLOCK]);
    this.#store(writer);
    writer.raw([OPCODE.unreachable, OPCODE.end]);
  }

  /** With the length on top of the stack, and after it again. */
  #chargeBulk(writer: BinaryWriter, isBytes: boolean): void {
    writer.byte(OPCODE.localTee);
    writer.u32(this.#length);
    this.#get(writer);
    writer.byte(OPCODE.localGet);
    writer.u32(this.#length);
    writer.byte(OPCODE.i64ExtendI32U);
    if (isBytes) {
      writer.byte(OPCODE.i64Const);
      writer.signed(BULK_BYTES_PER_FUEL_LOG2);
      writer.byte(OPCODE.i64ShrU);
    }
    writer.byte(OPCODE.i64Sub);
    this.#set(writer);
    this.#isDirty = true;
    this.#check(writer);
  }

  /** Before whatever reads the global: a callee or, after an exit, the caller. */
  #flush(writer: BinaryWriter): void {
    if (!this.#isDirty) return;
    this.#store(writer);
    this.#isDirty = false;
  }

  /** After a callee has written the global. */
  #reload(writer: BinaryWriter): void {
    if (this.#counter === -1) return;
    writer.byte(OPCODE.globalGet);
    writer.u32(this.#global);
    writer.byte(OPCODE.localSet);
    writer.u32(this.#counter);
    this.#isDirty = false;
  }

  #store(writer: BinaryWriter): void {
    if (this.#counter === -1) return;
    writer.byte(OPCODE.localGet);
    writer.u32(this.#counter);
    writer.byte(OPCODE.globalSet);
    writer.u32(this.#global);
  }

  #get(writer: BinaryWriter): void {
    writer.byte(this.#counter === -1 ? OPCODE.globalGet : OPCODE.localGet);
    writer.u32(this.#counter === -1 ? this.#global : this.#counter);
  }

  #set(writer: BinaryWriter): void {
    writer.byte(this.#counter === -1 ? OPCODE.globalSet : OPCODE.localSet);
    writer.u32(this.#counter === -1 ? this.#global : this.#counter);
  }
}
