// Pass: makes running code stoppable. At every loop header and at the entry of every function that calls, which every
// endless run has to pass, the module compares the epoch, a number in a shared memory that one ticker advances, with
// this instance's deadline. Past it the host is called: 0 means go on, the host has moved the deadline; anything else
// ends the invocation in `unreachable`, which, unlike an exception thrown by the host, the guest cannot catch.

import { BinaryWriter } from './binary-writer.ts';
import { HOST_MODULE } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import { OPCODE } from './opcodes.ts';
import type { SiteCode } from './rewrite-code.ts';
import type { FunctionScan } from './scan-function.ts';
import { SITE } from './scan-function.ts';
import { EMPTY_BLOCK, I32 } from './types.ts';

/** Import: a shared memory of one page; the i32 at 0 is the epoch, which wraps. */
export const EPOCH_IMPORT = 'epoch';
/** Import: `() -> i32`, called past the deadline. 0: go on; otherwise: stop. */
export const INTERRUPT_IMPORT = 'interrupt';
/** Export: a mutable i32 global, the first epoch at which the host is called. */
export const DEADLINE_EXPORT = 'wasmgate:deadline';

/** Adds the imports, the deadline and the check at each site. */
export function addInterrupt(rewrite: ModuleRewrite): void {
  const memory = rewrite.importMemory({ module: HOST_MODULE, name: EPOCH_IMPORT, min: 1, max: 1, isShared: true });
  const host = rewrite.importFunction(HOST_MODULE, INTERRUPT_IMPORT, { params: [], results: [I32] });
  const deadline = rewrite.defineGlobal(I32, (writer) => writer.raw([OPCODE.i32Const, 0]));
  rewrite.addExport(DEADLINE_EXPORT, 'global', deadline);
  rewrite.addCode(new InterruptCode(interruptCheck(memory, host, deadline)));
}

function interruptCheck(memory: number, host: number, deadline: number): Uint8Array {
  const check = new BinaryWriter(32);
  // An atomic load: a plain one need not see another thread's write, and an engine may move it out of the loop.
  check.raw([OPCODE.i32Const, 0, 0xfe, 0x10, 0x02 | 0x40]);
  check.u32(memory);
  check.u32(0);
  check.byte(OPCODE.globalGet);
  check.u32(deadline);
  // The difference as a signed number: right across the wrap of the epoch as long as deadlines are below 2^31 ahead.
  check.raw([OPCODE.i32Sub, OPCODE.i32Const, 0, OPCODE.i32GeS, OPCODE.if, EMPTY_BLOCK, OPCODE.call]);
  check.u32(host);
  check.raw([OPCODE.if, EMPTY_BLOCK, OPCODE.unreachable, OPCODE.end, OPCODE.end]);
  return check.toBytes();
}

class InterruptCode implements SiteCode {
  readonly kinds = (1 << SITE.entry) | (1 << SITE.loop);
  readonly #check: Uint8Array;
  #hasCall = false;

  constructor(check: Uint8Array) {
    this.#check = check;
  }

  begin({ hasCall }: FunctionScan): readonly [] {
    this.#hasCall = hasCall;
    return [];
  }

  write(writer: BinaryWriter, kind: number): void {
    if (kind === SITE.loop || (kind === SITE.entry && this.#hasCall)) writer.raw(this.#check);
  }
}
