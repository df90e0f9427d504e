// Pass: makes running code stoppable. At every loop header and at the entry of every function that calls, which every
// endless run has to pass, the module looks at its thread's countdown. Once that has run out the host is called: 0 means
// go on, the host has set the countdown again; anything else ends the invocation in `unreachable`, which the guest
// cannot catch as it could an exception thrown by the host.

import { BinaryWriter } from './binary-writer.ts';
import type { BranchHints } from './branch-hints.ts';
import { HOST_MODULE } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import { OPCODE } from './opcodes.ts';
import type { SiteCode } from './rewrite-code.ts';
import type { FunctionScan } from './scan-function.ts';
import { SITE } from './scan-function.ts';
import { EMPTY_BLOCK, I32 } from './types.ts';

/**
 * Import: a shared memory of exactly one page, one for each thread. The i32 at address 0 is below zero while the time
 * slice lasts: the thread sets it before it enters the guest and whenever it goes on with another invocation; the
 * process's one ticker adds 1 to it, atomically, on every tick.
 *
 * A number of the thread, not an epoch that each instance compares with a deadline of its own: that comparison is a
 * second load and a subtraction in every loop. Measured on nine kernels against uninstrumented code: 1.10 and 1.17.
 */
export const COUNTDOWN_IMPORT = 'countdown';

/** Import: `() -> i32`, called when the countdown has run out. 0: go on; otherwise: stop. */
export const INTERRUPT_IMPORT = 'interrupt';

/** Adds the imports and the check at each site. The module's own memory, if it has one, must be imported already. */
export function addInterrupt(rewrite: ModuleRewrite): void {
  const memory = rewrite.importMemory({ module: HOST_MODULE, name: COUNTDOWN_IMPORT, min: 1, max: 1, isShared: true });
  const host = rewrite.importFunction(HOST_MODULE, INTERRUPT_IMPORT, { params: [], results: [I32] });
  rewrite.addCode(new InterruptCode(memory, host));
}

class InterruptCode implements SiteCode {
  readonly kinds = (1 << SITE.entry) | (1 << SITE.loop);
  readonly #check: Uint8Array;
  /** Where in the check its first `if` is. */
  readonly #branchOffset: number;
  #hasCall = false;

  constructor(memory: number, host: number) {
    const check = new BinaryWriter(32);
    // A plain load, which costs half of an atomic one. No engine may keep its value across the call that stands on the
    // path back to the loop's header, since the host may write the memory; and the host's writes are all that matters
    // to one path through the loop. Bit 6 of the alignment says that the memory's index follows.
    check.raw([OPCODE.i32Const, 0, OPCODE.i32Load, 0x02 | 0x40]);
    check.u32(memory);
    check.u32(0);
    check.raw([OPCODE.i32Const, 0, OPCODE.i32GeS]);
    this.#branchOffset = check.length;
    check.raw([OPCODE.if, EMPTY_BLOCK, OPCODE.call]);
    check.u32(host);
    check.raw([OPCODE.if, EMPTY_BLOCK, OPCODE.unreachable, OPCODE.end, OPCODE.end]);
    this.#check = check.toBytes();
  }

  begin({ hasCall }: FunctionScan): readonly [] {
    this.#hasCall = hasCall;
    return [];
  }

  write(writer: BinaryWriter, kind: number, _value: number, hints: BranchHints): void {
    if (kind === SITE.entry && !this.#hasCall) return;
    hints.addUnlikely(writer.length + this.#branchOffset);
    writer.raw(this.#check);
  }
}
