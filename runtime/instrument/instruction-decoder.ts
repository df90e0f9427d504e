// Reads function bodies instruction by instruction, at the speed of the passes: no object an instruction, operands are
// fields. Every index is checked against the module's own index spaces. That is what makes it safe to append functions,
// globals, memories and locals: a body that names one of ours is refused, not made valid by the rewriting.

import type { ModuleError } from '../errors.ts';
import { BinaryReader, malformed, unsupported } from './binary-reader.ts';
import type { ParsedModule } from './module.ts';
import { FC_IMMEDIATES, FD_IMMEDIATES, IMMEDIATE, IMMEDIATES, PREFIX_FC, UNSUPPORTED_PROPOSALS } from './opcodes.ts';
import {
  EMPTY_BLOCK,
  EXNREF,
  EXTERNREF,
  FUNCREF,
  I32,
  readReferenceType,
  readValueType,
  unknownType,
  V128,
} from './types.ts';

export class InstructionDecoder extends BinaryReader {
  /** Of the instruction read last; a prefixed one is `prefix << 16 | opcode`. */
  opcode = 0;
  /** Where that instruction starts; it ends at `offset`. */
  start = 0;
  /** Its first immediate, if that is an index or a label. */
  operand = 0;
  /** Where that immediate starts. */
  operandStart = 0;
  /** Type of the block that it opens, if that is a single byte; 0 for one that is written as an index. */
  blockType = 0;
  /** Labels of a `br_table` or of the clauses of a `try_table`, the default label last; reused by the next one. */
  labels = new Uint32Array(16);
  /** Where each of them starts. */
  labelStarts = new Uint32Array(16);
  labelCount = 0;
  /** Parameters and declared locals of the function. */
  readonly #localCount: number;
  readonly #module: ParsedModule;

  /** Starts at the first instruction of a body; what is before it are the declarations of `localCount` locals. */
  constructor(module: ParsedModule, start: number, end: number, localCount: number) {
    super(module.bytes, start, end);
    this.#module = module;
    this.#localCount = localCount;
  }

  /** Reads one instruction and returns its opcode. @throws ModuleError ERR_MODULE_MALFORMED or ERR_MODULE_UNSUPPORTED. */
  next(): number {
    const start = this.offset;
    if (start >= this.end) throw malformed(start, 'function body ends without end');
    const opcode = this.bytes[start]!;
    this.start = start;
    this.offset = start + 1;
    this.opcode = opcode;
    const immediate = IMMEDIATES[opcode]!;
    switch (immediate) {
      case IMMEDIATE.none:
        break;
      case IMMEDIATE.local:
        this.#index(this.#localCount, 'local');
        break;
      case IMMEDIATE.s32:
        this.#s32();
        break;
      case IMMEDIATE.memoryArgument:
        this.#memoryArgument();
        break;
      default:
        this.#immediate(immediate);
    }
    return this.opcode;
  }

  #immediate(immediate: number): void {
    const module = this.#module;
    switch (immediate) {
      case IMMEDIATE.none:
        return;
      case IMMEDIATE.blockType:
        return this.#blockType();
      case IMMEDIATE.label:
        return this.#label();
      case IMMEDIATE.labelTable:
        return this.#labelTable();
      case IMMEDIATE.functionIndex:
        return this.#index(module.functionTypeIndices.length, 'function');
      case IMMEDIATE.typeAndTable:
        this.#secondIndex(module.typeOffsets.length, 'type');
        return this.#index(module.tables.length, 'table');
      case IMMEDIATE.global:
        return this.#index(module.globals.length, 'global');
      case IMMEDIATE.table:
        return this.#index(module.tables.length, 'table');
      case IMMEDIATE.memory:
        return this.#index(module.memories.length, 'memory');
      case IMMEDIATE.memoryByte:
        this.#index(module.memories.length, 'memory');
        if (this.offset - this.operandStart > 1) throw malformed(this.operandStart, 'the memory is not a single byte');
        return;
      case IMMEDIATE.s64:
        return this.skipS64('i64.const');
      case IMMEDIATE.tag:
        return this.#index(module.tagTypeIndices.length, 'tag');
      case IMMEDIATE.tryTable:
        return this.#tryTable();
      case IMMEDIATE.valueTypes:
        return this.#valueTypes();
      case IMMEDIATE.referenceType:
        readReferenceType(this, 'ref.null');
        return;
      case IMMEDIATE.bytes4:
        this.skip(4, 'constant');
        return;
      case IMMEDIATE.bytes8:
        this.skip(8, 'constant');
        return;
      default:
        return this.#rareImmediate(immediate);
    }
  }

  /** Those behind a prefix, and what is refused. */
  #rareImmediate(immediate: number): void {
    const module = this.#module;
    switch (immediate) {
      case IMMEDIATE.prefix:
        return this.#prefixed();
      case IMMEDIATE.memoryArgument:
        return this.#memoryArgument();
      case IMMEDIATE.bytes16:
        this.skip(16, 'immediate');
        return;
      case IMMEDIATE.lane:
        this.byte('lane');
        return;
      case IMMEDIATE.memoryArgumentAndLane:
        this.#memoryArgument();
        this.byte('lane');
        return;
      case IMMEDIATE.dataAndMemory:
        this.#index(module.dataSegmentCount, 'data segment');
        return this.#secondIndex(module.memories.length, 'memory');
      case IMMEDIATE.data:
        return this.#index(module.dataSegmentCount, 'data segment');
      case IMMEDIATE.twoMemories:
        this.#index(module.memories.length, 'memory');
        return this.#secondIndex(module.memories.length, 'memory');
      case IMMEDIATE.elementAndTable:
        this.#index(module.elementSegmentCount, 'element segment');
        return this.#secondIndex(module.tables.length, 'table');
      case IMMEDIATE.element:
        return this.#index(module.elementSegmentCount, 'element segment');
      case IMMEDIATE.twoTables:
        this.#index(module.tables.length, 'table');
        return this.#secondIndex(module.tables.length, 'table');
      default:
        throw this.#refused();
    }
  }

  #refused(): ModuleError {
    const proposal = UNSUPPORTED_PROPOSALS.get(this.opcode);
    if (proposal !== undefined) return unsupported(this.start, proposal, 'build without that feature');
    const hex = this.opcode.toString(16).padStart(2, '0');
    return unsupported(this.start, `the unknown opcode 0x${hex}`, 'build for WebAssembly 2.0');
  }

  #prefixed(): void {
    const prefix = this.opcode;
    const opcode = this.u32('opcode');
    const immediates = prefix === PREFIX_FC ? FC_IMMEDIATES : FD_IMMEDIATES;
    // Above 16 bits the number would run into the prefix.
    this.opcode = (prefix << 16) | Math.min(opcode, 0xffff);
    this.#immediate(immediates[opcode] ?? IMMEDIATE.unknown);
  }

  /** The common case of one byte is written out: these are most of all immediates. */
  #u32(what: string): number {
    const byte = this.bytes[this.offset]!;
    if (byte < 0x80 && this.offset < this.end) {
      this.offset++;
      return byte;
    }
    return this.u32(what);
  }

  #s32(): void {
    if (this.bytes[this.offset]! < 0x80 && this.offset < this.end) this.offset++;
    else this.s32('i32.const');
  }

  #index(count: number, what: string): void {
    this.operandStart = this.offset;
    this.operand = this.#u32(what);
    if (this.operand >= count) throw this.#outOfRange(this.operandStart, this.operand, count, what);
  }

  #secondIndex(count: number, what: string): void {
    const start = this.offset;
    const index = this.#u32(what);
    if (index >= count) throw this.#outOfRange(start, index, count, what);
  }

  #outOfRange(offset: number, index: number, count: number, what: string): ModuleError {
    return malformed(offset, `${what} ${index} does not exist, there are ${count}`);
  }

  #label(): void {
    this.operandStart = this.offset;
    this.operand = this.#u32('label');
  }

  #memoryArgument(): void {
    const alignment = this.#u32('alignment');
    // Bit 6 says that a memory index follows; without it memory 0 is meant.
    if (alignment & 0x40) this.#secondIndex(this.#module.memories.length, 'memory');
    else if (this.#module.memories.length === 0) throw this.#outOfRange(this.start, 0, 0, 'memory');
    this.#u32('offset');
  }

  #blockType(): void {
    const start = this.offset;
    const byte = this.bytes[start]!;
    const isShort = byte === EMPTY_BLOCK || (byte >= V128 && byte <= I32);
    if (start < this.end && (isShort || byte === FUNCREF || byte === EXTERNREF || byte === EXNREF)) {
      this.offset++;
      this.blockType = byte;
      return;
    }
    this.blockType = 0;
    const type = this.s33('block type');
    // A negative number is a value type of one byte: one of those above, or one that we do not take.
    if (type < 0) throw unknownType(start, type + 0x80, 'a block');
    if (type >= this.#module.typeOffsets.length) {
      throw this.#outOfRange(start, type, this.#module.typeOffsets.length, 'type');
    }
  }

  #labelTable(): void {
    const count = this.count('labels') + 1;
    this.#reserveLabels(count);
    for (let index = 0; index < count; index++) {
      this.labelStarts[index] = this.offset;
      this.labels[index] = this.#u32('label');
    }
    this.labelCount = count;
  }

  #tryTable(): void {
    this.#blockType();
    const count = this.count('catch clauses', 2);
    this.#reserveLabels(count);
    for (let index = 0; index < count; index++) {
      const start = this.offset;
      const kind = this.byte('catch clause');
      if (kind > 3) throw malformed(start, `unknown catch clause ${kind}`);
      if (kind < 2) this.#secondIndex(this.#module.tagTypeIndices.length, 'tag');
      this.labelStarts[index] = this.offset;
      this.labels[index] = this.#u32('label');
    }
    this.labelCount = count;
  }

  #reserveLabels(count: number): void {
    if (this.labels.length >= count) return;
    this.labels = new Uint32Array(count * 2);
    this.labelStarts = new Uint32Array(count * 2);
  }

  #valueTypes(): void {
    for (let count = this.count('types of select'); count > 0; count--) readValueType(this, 'select');
  }
}
