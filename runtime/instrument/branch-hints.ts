// The custom section that tells an engine which branches are rarely taken. Without it V8 takes the call in an interrupt
// check for part of the loop and keeps no value in a register across it: measured, a matrix product at half its speed.
// https://github.com/WebAssembly/tool-conventions/blob/main/CodeMetadata.md

import { BinaryWriter } from './binary-writer.ts';

export const BRANCH_HINTS_SECTION = 'metadata.code.branch_hint';

const UNLIKELY = 0;

export class BranchHints {
  #functionCount = 0;
  readonly #functions = new BinaryWriter();
  #hintCount = 0;
  readonly #hints = new BinaryWriter();

  /** Says that the `if` at `offset` is rarely taken; offsets count from the start of the body and come in order. */
  addUnlikely(offset: number): void {
    this.#hintCount++;
    this.#hints.u32(offset);
    this.#hints.u32(1);
    this.#hints.byte(UNLIKELY);
  }

  /** Ends a function; to be called in the order of function indices. */
  endFunction(functionIndex: number): void {
    if (this.#hintCount === 0) return;
    this.#functionCount++;
    this.#functions.u32(functionIndex);
    this.#functions.u32(this.#hintCount);
    this.#functions.raw(this.#hints.bytes());
    this.#hintCount = 0;
    this.#hints.clear();
  }

  /** Writes the section, which has to stand before the code; nothing if there are no hints. */
  write(output: BinaryWriter): void {
    if (this.#functionCount === 0) return;
    output.section(0, (writer) => {
      writer.name(BRANCH_HINTS_SECTION);
      writer.u32(this.#functionCount);
      writer.raw(this.#functions.bytes());
    });
  }
}
