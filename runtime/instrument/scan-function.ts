// One function body → the sites where passes may put code: its entry, loops, basic blocks with their cost, calls, exits
// and bulk operations. Knows where, not what: the passes say what is written there.

import { BinaryReader, malformed } from './binary-reader.ts';
import { BLOCK, ControlStack, FUNCTION } from './control-stack.ts';
import { InstructionDecoder } from './instruction-decoder.ts';
import type { FunctionScan, ScanOptions, StateUse } from './function-scan.ts';
import type { ParsedModule } from './module.ts';
import { OPCODE } from './opcodes.ts';
import { ROLE, ROLES } from './roles.ts';
import { SITE, SiteList } from './sites.ts';
import { TightLoop } from './tight-loop.ts';
import { readValueType } from './types.ts';

/** Setting a local to zero at entry is work as well; without it 50,000 locals would be free. */
const LOCALS_PER_COST = 8;

export class FunctionScanner {
  readonly sites = new SiteList();
  codeStart = 0;
  paramCount = 0;
  localCount = 0;
  hasLoop = false;
  hasCall = false;
  hasBulk = false;
  hasExceptions = false;
  readonly #module: ParsedModule;
  readonly #options: ScanOptions;
  readonly #state: StateUse;
  readonly #blocks = new ControlStack();
  #isReachable = true;
  /** Site of the current basic block. */
  #blockSite = 0;
  #cost = 0;
  readonly #tightLoop = new TightLoop(this.sites);

  constructor(module: ParsedModule, options: ScanOptions, state: StateUse) {
    this.#module = module;
    this.#options = options;
    this.#state = state;
  }

  /** @param definedIndex counts the functions that have a body. @throws ModuleError as {@link InstructionDecoder.next}. */
  scan(definedIndex: number): FunctionScan {
    const { codeRanges, functionTypeIndices, importedFunctionCount } = this.#module;
    const end = codeRanges[definedIndex * 2 + 1]!;
    const reader = new BinaryReader(this.#module.bytes, codeRanges[definedIndex * 2], end);
    this.#reset();
    this.paramCount = this.#countParams(functionTypeIndices[importedFunctionCount + definedIndex]!, reader.offset);
    this.localCount = countLocals(reader);
    this.codeStart = reader.offset;
    const decoder = new InstructionDecoder(this.#module, reader.offset, end, this.paramCount + this.localCount);
    this.#add(this.codeStart, SITE.entry, 0);
    this.#openBlock(this.codeStart);
    this.#cost = Math.floor(this.localCount / LOCALS_PER_COST);
    this.#add(this.codeStart, SITE.check, 0);
    this.#scanInstructions(decoder);
    if (decoder.remaining > 0) throw malformed(decoder.offset, 'instructions follow the end of a function');
    return this;
  }

  #reset(): void {
    this.sites.clear();
    this.hasLoop = false;
    this.hasCall = false;
    this.hasBulk = false;
    this.hasExceptions = false;
    this.#blocks.clear();
    this.#isReachable = true;
    this.#tightLoop.clear();
  }

  #countParams(typeIndex: number, offset: number): number {
    const start = this.#module.typeOffsets[typeIndex];
    if (start === undefined) throw malformed(offset, `function type ${typeIndex} does not exist`);
    return new BinaryReader(this.#module.bytes, start).u32('parameters');
  }

  #scanInstructions(decoder: InstructionDecoder): void {
    for (;;) {
      const opcode = decoder.next();
      if (opcode > 0xff) {
        this.#prefixed(decoder, opcode);
        continue;
      }
      const role = ROLES[opcode]!;
      if (role === ROLE.plain) this.#cost++;
      else if (role === ROLE.control && this.#control(decoder, opcode)) return;
    }
  }

  /** Returns true at the function's own `end`. */
  #control(decoder: InstructionDecoder, opcode: number): boolean {
    switch (opcode) {
      case OPCODE.block:
        this.#push(0, decoder.start);
        break;
      case OPCODE.loop:
        this.#loop(decoder);
        break;
      case OPCODE.if:
        this.#cost++;
        this.#push(BLOCK.joins, decoder.start);
        this.#nextBlock(decoder.offset);
        break;
      case OPCODE.else:
        this.#resume(decoder.offset);
        break;
      case OPCODE.end:
        return this.#end(decoder);
      case OPCODE.br:
        this.#branch(decoder);
        this.#leaveBlock();
        break;
      case OPCODE.brIf:
        this.#branch(decoder);
        this.#nextBlock(decoder.offset);
        break;
      case OPCODE.brTable:
        this.#branchTable(decoder);
        this.#leaveBlock();
        break;
      case OPCODE.call:
      case OPCODE.callIndirect:
        this.#call(decoder, opcode);
        break;
      default:
        this.#rareControl(decoder, opcode);
    }
    return false;
  }

  #rareControl(decoder: InstructionDecoder, opcode: number): void {
    switch (opcode) {
      case OPCODE.return:
        this.#add(decoder.start, SITE.exit, 0);
        this.#leaveBlock();
        break;
      case OPCODE.returnCall:
      case OPCODE.returnCallIndirect:
        this.#cost++;
        this.hasCall = true;
        this.#add(decoder.start, SITE.exit, 0);
        if (opcode === OPCODE.returnCall) this.#functionIndex(decoder);
        this.#leaveBlock();
        break;
      case OPCODE.unreachable:
        this.#leaveBlock();
        break;
      case OPCODE.refFunc:
        this.#cost++;
        if (decoder.operand === this.#options.undeclaredFunction) {
          throw malformed(decoder.start, `reference to function ${decoder.operand}, which is not declared`);
        }
        this.#functionIndex(decoder);
        break;
      case OPCODE.tableSet:
        this.#cost++;
        this.#state.changedTables.add(decoder.operand);
        break;
      default:
        this.hasExceptions = true;
        this.#exceptions(decoder, opcode);
    }
  }

  #exceptions(decoder: InstructionDecoder, opcode: number): void {
    switch (opcode) {
      case OPCODE.try:
        this.#push(BLOCK.joins, decoder.start);
        break;
      case OPCODE.tryTable:
        // The clauses' labels count from outside the block that this instruction opens.
        for (let index = 0; index < decoder.labelCount; index++) {
          this.#blocks.target(decoder.labels[index]!, decoder.start);
        }
        this.#tableLabels(decoder);
        this.#push(0, decoder.start);
        break;
      case OPCODE.catch:
      case OPCODE.catchAll:
        this.#resume(decoder.offset);
        break;
      case OPCODE.delegate:
        // Its label counts from outside the block that it ends.
        this.#exceptionLabel(decoder, decoder.operand + 1);
        this.#end(decoder);
        break;
      case OPCODE.rethrow:
        this.#exceptionLabel(decoder, decoder.operand);
        this.#cost++;
        this.#leaveBlock();
        break;
      default: // throw, throw_ref
        this.#cost++;
        this.#leaveBlock();
    }
  }

  /** @param label as it counts at this instruction. */
  #exceptionLabel(decoder: InstructionDecoder, label: number): void {
    const target = this.#blocks.target(label, decoder.start);
    this.#tightLoop.label(target, decoder.operand, decoder.operandStart);
  }

  #prefixed(decoder: InstructionDecoder, opcode: number): void {
    this.#cost++;
    switch (opcode) {
      case OPCODE.memoryCopy:
      case OPCODE.memoryFill:
      case OPCODE.memoryInit:
        this.#bulk(decoder.start, SITE.bulkBytes);
        break;
      case OPCODE.tableInit:
        // Its first immediate is the segment, so the table is not told apart: rare enough to take all of them.
        for (let table = 0; table < this.#module.tables.length; table++) this.#state.changedTables.add(table);
        this.#bulk(decoder.start, SITE.bulkEntries);
        break;
      case OPCODE.tableCopy:
      case OPCODE.tableGrow:
      case OPCODE.tableFill:
        this.#state.changedTables.add(decoder.operand);
        this.#bulk(decoder.start, SITE.bulkEntries);
        break;
      case OPCODE.dataDrop:
      case OPCODE.elemDrop:
        this.#state.dropsSegments = true;
        break;
      default:
    }
  }

  #loop(decoder: InstructionDecoder): void {
    this.hasLoop = true;
    this.#tightLoop.giveUp();
    if (this.#isReachable && decoder.blockType !== 0) {
      this.#tightLoop.begin(this.#blocks.depth, decoder.start, decoder.blockType);
    }
    this.#push(BLOCK.loop, decoder.start);
    this.#closeBlock();
    this.#add(decoder.offset, SITE.loop, this.#tightLoop.isOpen ? 1 : 0);
    this.#openBlock(decoder.offset);
    this.#add(decoder.offset, SITE.check, 1);
  }

  #end(decoder: InstructionDecoder): boolean {
    if (this.#blocks.depth === 0) {
      this.#add(decoder.start, SITE.exit, 0);
      this.#closeBlock();
      return true;
    }
    const flags = this.#blocks.pop();
    this.#tightLoop.end(this.#blocks.depth, decoder.offset);
    if (flags & BLOCK.enteredDead) return false;
    // Branches to a loop go to its header, so its end continues the block before it unless nothing reaches that.
    if (flags & BLOCK.joins || !this.#isReachable) {
      this.#closeBlock();
      this.#isReachable = true;
      this.#openBlock(decoder.offset);
    }
    return false;
  }

  #branch(decoder: InstructionDecoder): void {
    this.#cost++;
    const target = this.#blocks.target(decoder.operand, decoder.start);
    if (target === FUNCTION) this.#add(decoder.start, SITE.exit, 0);
    this.#tightLoop.label(target, decoder.operand, decoder.operandStart);
  }

  #branchTable(decoder: InstructionDecoder): void {
    this.#cost++;
    let exits = false;
    for (let index = 0; index < decoder.labelCount; index++) {
      if (this.#blocks.target(decoder.labels[index]!, decoder.start) === FUNCTION) exits = true;
    }
    if (exits) this.#add(decoder.start, SITE.exit, 0);
    this.#tableLabels(decoder);
  }

  #tableLabels(decoder: InstructionDecoder): void {
    if (!this.#tightLoop.isOpen) return;
    for (let index = 0; index < decoder.labelCount; index++) {
      const label = decoder.labels[index]!;
      this.#tightLoop.label(this.#blocks.depth - 1 - label, label, decoder.labelStarts[index]!);
    }
  }

  #call(decoder: InstructionDecoder, opcode: number): void {
    this.#cost++;
    this.hasCall = true;
    this.#tightLoop.giveUp();
    this.#add(decoder.start, SITE.call, 0);
    if (opcode === OPCODE.call) this.#functionIndex(decoder);
    this.#add(decoder.offset, SITE.afterCall, 0);
  }

  #functionIndex(decoder: InstructionDecoder): void {
    const moved = this.#options.movedFunction;
    if (decoder.operand === moved?.from) this.sites.add(decoder.operandStart, SITE.functionIndex, moved.to);
  }

  #bulk(offset: number, kind: number): void {
    this.hasBulk = true;
    this.#add(offset, kind, 0);
  }

  #push(flags: number, offset: number): void {
    this.#blocks.push(this.#isReachable ? flags : flags | BLOCK.enteredDead, offset);
  }

  /** At `else` and `catch`: reached again, unless the block as a whole is not. */
  #resume(offset: number): void {
    if (this.#blocks.isEnteredDead) return;
    this.#closeBlock();
    this.#isReachable = true;
    this.#openBlock(offset);
  }

  #nextBlock(offset: number): void {
    this.#closeBlock();
    this.#openBlock(offset);
  }

  #leaveBlock(): void {
    this.#closeBlock();
    this.#isReachable = false;
  }

  #openBlock(offset: number): void {
    this.#cost = 0;
    if (this.#isReachable) this.#blockSite = this.sites.add(offset, SITE.block, 0);
  }

  #closeBlock(): void {
    if (this.#isReachable) this.sites.setValue(this.#blockSite, this.#cost);
  }

  /** Code that nothing reaches needs no code of ours. */
  #add(offset: number, kind: number, value: number): void {
    if (this.#isReachable) this.sites.add(offset, kind, value);
  }
}

function countLocals(reader: BinaryReader): number {
  let count = 0;
  for (let groups = reader.count('groups of locals', 2); groups > 0; groups--) {
    count += reader.u32('number of locals');
    readValueType(reader, 'a local');
  }
  return count;
}
