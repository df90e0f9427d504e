// How the scan of a function treats a one-byte opcode; what is not listed costs one and does nothing else.

import { OPCODE } from './opcodes.ts';

export const ROLE = { plain: 0, free: 1, control: 2 } as const;

const CONTROL: readonly number[] = [
  [OPCODE.block, OPCODE.loop, OPCODE.if, OPCODE.else, OPCODE.try, OPCODE.tryTable, OPCODE.end, OPCODE.delegate],
  [OPCODE.catch, OPCODE.catchAll, OPCODE.throw, OPCODE.rethrow, OPCODE.throwRef, OPCODE.unreachable, OPCODE.return],
  [OPCODE.br, OPCODE.brIf, OPCODE.brTable, OPCODE.call, OPCODE.callIndirect],
  [OPCODE.returnCall, OPCODE.returnCallIndirect, OPCODE.refFunc, OPCODE.tableSet],
].flat();

/** By opcode. */
export const ROLES = new Uint8Array(256);
ROLES[OPCODE.nop] = ROLE.free;
ROLES[OPCODE.drop] = ROLE.free;
for (const opcode of CONTROL) ROLES[opcode] = ROLE.control;
