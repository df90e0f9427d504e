// Pass: makes running code stoppable. At every loop header and at the entry of every function that calls, which every
// endless run has to pass, the module looks at its thread's countdown. Once that has run out the host is called: 0 means
// go on, the host has set the countdown again; anything else ends the invocation in `unreachable`, which the guest
// cannot catch as it could an exception thrown by the host.

import { BinaryWriter } from './binary-writer.ts';
import type { BranchHints } from './branch-hints.ts';
import { COUNTDOWN_IMPORT, HOST_MODULE, INTERRUPT_IMPORT } from './host-names.ts';
import type { ModuleRewrite } from './module-rewrite.ts';
import { OPCODE } from './opcodes.ts';
import type { SiteCode } from './rewrite-code.ts';
import type { FunctionScan } from './function-scan.ts';
import { SITE } from './sites.ts';
import { EMPTY_BLOCK, I32 } from './types.ts';

/** Adds the imports and the check at each site. The module's own memory, if it has one, must be imported already. */
export function addInterrupt(rewrite: ModuleRewrite): void {
  const memory = rewrite.importMemory({ module: HOST_MODULE, name: COUNTDOWN_IMPORT, min: 1, max: 1, isShared: true });
  const host = rewrite.importFunction(HOST_MODULE, INTERRUPT_IMPORT, { params: [], results: [I32] });
  rewrite.addCode(new InterruptCode(memory, host));
}

/**
 * The call stands beside a tight loop, not in it:
 *
 *     block $done
 *       loop $again
 *         block $expired
 *           loop …            ;; the guest's
 *             (br_if $expired (i32.ge_s (the countdown) (i32.const 0)))
 *             …
 *           end
 *           br $done
 *         end
 *         (if (call $interrupt) (then unreachable))
 *         br $again           ;; a loop starts afresh at its header: all its state is in locals, globals and memory
 *       end
 *     end
 *
 * Measured on eight kernels against uninstrumented code: 1.05 so, 1.10 with the call in every loop.
 */
class InterruptCode implements SiteCode {
  readonly kinds =
    (1 << SITE.entry) | (1 << SITE.loop) | (1 << SITE.tightLoop) | (1 << SITE.tightLoopEnd) | (1 << SITE.label);
  /** Leaves on the stack whether the countdown has run out. */
  readonly #hasExpired: Uint8Array;
  readonly #callHost: Uint8Array;
  #hasCall = false;

  constructor(memory: number, host: number) {
    const condition = new BinaryWriter(32);
    // A plain load, which costs half of an atomic one. V8 never reuses what it loaded from a linear memory, whose
    // content may change at any time; the tests hold it to that. Bit 6 of the alignment: the memory's index follows.
    condition.raw([OPCODE.i32Const, 0, OPCODE.i32Load, 0x02 | 0x40]);
    condition.u32(memory);
    condition.u32(0);
    condition.raw([OPCODE.i32Const, 0, OPCODE.i32GeS]);
    this.#hasExpired = condition.toBytes();
    const call = new BinaryWriter(16);
    call.byte(OPCODE.call);
    call.u32(host);
    call.raw([OPCODE.if, EMPTY_BLOCK, OPCODE.unreachable, OPCODE.end]);
    this.#callHost = call.toBytes();
  }

  begin({ hasCall }: FunctionScan): readonly [] {
    this.#hasCall = hasCall;
    return [];
  }

  write(writer: BinaryWriter, kind: number, value: number, hints: BranchHints): void {
    switch (kind) {
      case SITE.entry:
        if (this.#hasCall) this.#check(writer, hints);
        return;
      case SITE.tightLoop:
        writer.raw([OPCODE.block, value, OPCODE.loop, value, OPCODE.block, EMPTY_BLOCK]);
        return;
      case SITE.loop:
        if (value === 1) this.#leaveIfExpired(writer, hints);
        else this.#check(writer, hints);
        return;
      case SITE.tightLoopEnd:
        writer.raw([OPCODE.br, 2, OPCODE.end]);
        writer.raw(this.#callHost);
        writer.raw([OPCODE.br, 0, OPCODE.end, OPCODE.end]);
        return;
      default:
    }
  }

  #check(writer: BinaryWriter, hints: BranchHints): void {
    writer.raw(this.#hasExpired);
    hints.addUnlikely(writer.length);
    writer.raw([OPCODE.if, EMPTY_BLOCK]);
    writer.raw(this.#callHost);
    writer.byte(OPCODE.end);
  }

  #leaveIfExpired(writer: BinaryWriter, hints: BranchHints): void {
    writer.raw(this.#hasExpired);
    hints.addUnlikely(writer.length);
    writer.raw([OPCODE.brIf, 1]);
  }
}
