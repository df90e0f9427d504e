// Which immediates follow which opcode: WebAssembly 2.0 with SIMD, relaxed SIMD, tail calls, multiple memories and both
// forms of exception handling. What is not in these tables is refused, never guessed.

/** The form of the immediates after an opcode. */
export const IMMEDIATE = {
  none: 0,
  blockType: 1,
  label: 2,
  labelTable: 3,
  functionIndex: 4,
  typeAndTable: 5,
  local: 6,
  global: 7,
  table: 8,
  memoryArgument: 9,
  memory: 10,
  s32: 11,
  s64: 12,
  bytes4: 13,
  bytes8: 14,
  valueTypes: 15,
  referenceType: 16,
  tag: 17,
  tryTable: 18,
  bytes16: 19,
  lane: 20,
  memoryArgumentAndLane: 21,
  dataAndMemory: 22,
  data: 23,
  twoMemories: 24,
  elementAndTable: 25,
  element: 26,
  twoTables: 27,
  prefix: 28,
  memoryByte: 29,
  unsupported: 30,
  unknown: 31,
} as const;

/** Opcodes that the passes look at. A prefixed one is `prefix << 16 | opcode`. */
export const OPCODE = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  throwRef: 0x0a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  drop: 0x1a,
  tryTable: 0x1f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableSet: 0x26,
  i32Load: 0x28,
  i32Const: 0x41,
  i64Const: 0x42,
  i32GeS: 0x4e,
  i64LtS: 0x53,
  i64Sub: 0x7d,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
  refFunc: 0xd2,
  memoryInit: 0xfc0008,
  dataDrop: 0xfc0009,
  memoryCopy: 0xfc000a,
  memoryFill: 0xfc000b,
  tableInit: 0xfc000c,
  elemDrop: 0xfc000d,
  tableCopy: 0xfc000e,
  tableGrow: 0xfc000f,
  tableFill: 0xfc0011,
} as const;

export const PREFIX_FC = 0xfc;
export const PREFIX_FD = 0xfd;

type Row = readonly [first: number, last: number, immediate: number];

function tableOf(length: number, rows: readonly Row[]): Uint8Array {
  const table = new Uint8Array(length).fill(IMMEDIATE.unknown);
  for (const [first, last, immediate] of rows) table.fill(immediate, first, last + 1);
  return table;
}

/** By the opcode's one byte. */
export const IMMEDIATES: Uint8Array = tableOf(256, [
  [0x00, 0x01, IMMEDIATE.none], // unreachable, nop
  [0x02, 0x04, IMMEDIATE.blockType], // block, loop, if
  [0x05, 0x05, IMMEDIATE.none], // else
  [0x06, 0x06, IMMEDIATE.blockType], // try
  [0x07, 0x08, IMMEDIATE.tag], // catch, throw
  [0x09, 0x09, IMMEDIATE.label], // rethrow
  [0x0a, 0x0b, IMMEDIATE.none], // throw_ref, end
  [0x0c, 0x0d, IMMEDIATE.label], // br, br_if
  [0x0e, 0x0e, IMMEDIATE.labelTable], // br_table
  [0x0f, 0x0f, IMMEDIATE.none], // return
  [0x10, 0x10, IMMEDIATE.functionIndex], // call
  [0x11, 0x11, IMMEDIATE.typeAndTable], // call_indirect
  [0x12, 0x12, IMMEDIATE.functionIndex], // return_call
  [0x13, 0x13, IMMEDIATE.typeAndTable], // return_call_indirect
  [0x14, 0x15, IMMEDIATE.unsupported], // call_ref, return_call_ref
  [0x18, 0x18, IMMEDIATE.label], // delegate
  [0x19, 0x1b, IMMEDIATE.none], // catch_all, drop, select
  [0x1c, 0x1c, IMMEDIATE.valueTypes], // select with type
  [0x1f, 0x1f, IMMEDIATE.tryTable],
  [0x20, 0x22, IMMEDIATE.local],
  [0x23, 0x24, IMMEDIATE.global],
  [0x25, 0x26, IMMEDIATE.table], // table.get, table.set
  [0x28, 0x3e, IMMEDIATE.memoryArgument], // loads and stores
  [0x3f, 0x40, IMMEDIATE.memoryByte], // memory.size, memory.grow
  [0x41, 0x41, IMMEDIATE.s32],
  [0x42, 0x42, IMMEDIATE.s64],
  [0x43, 0x43, IMMEDIATE.bytes4],
  [0x44, 0x44, IMMEDIATE.bytes8],
  [0x45, 0xc4, IMMEDIATE.none], // numeric, sign extension
  [0xd0, 0xd0, IMMEDIATE.referenceType], // ref.null
  [0xd1, 0xd1, IMMEDIATE.none], // ref.is_null
  [0xd2, 0xd2, IMMEDIATE.functionIndex], // ref.func
  [0xd3, 0xd6, IMMEDIATE.unsupported], // ref.eq, ref.as_non_null, br_on_null, br_on_non_null
  [0xfb, 0xfb, IMMEDIATE.unsupported], // garbage collection
  [0xfc, 0xfd, IMMEDIATE.prefix],
  [0xfe, 0xfe, IMMEDIATE.unsupported], // atomics
]);

/** What an unsupported opcode belongs to, for the refusal. */
export const UNSUPPORTED_PROPOSALS: ReadonlyMap<number, string> = new Map([
  [0x14, 'typed function references (call_ref)'],
  [0x15, 'typed function references (return_call_ref)'],
  [0xd3, 'garbage collection (ref.eq)'],
  [0xd4, 'typed function references (ref.as_non_null)'],
  [0xd5, 'typed function references (br_on_null)'],
  [0xd6, 'typed function references (br_on_non_null)'],
  [0xfb, 'garbage collection'],
  [0xfe, 'threads (atomic instructions)'],
]);

/** After 0xfc: saturating conversions, bulk memory, tables. */
export const FC_IMMEDIATES: Uint8Array = tableOf(18, [
  [0, 7, IMMEDIATE.none], // trunc_sat
  [8, 8, IMMEDIATE.dataAndMemory], // memory.init
  [9, 9, IMMEDIATE.data], // data.drop
  [10, 10, IMMEDIATE.twoMemories], // memory.copy
  [11, 11, IMMEDIATE.memory], // memory.fill
  [12, 12, IMMEDIATE.elementAndTable], // table.init
  [13, 13, IMMEDIATE.element], // elem.drop
  [14, 14, IMMEDIATE.twoTables], // table.copy
  [15, 17, IMMEDIATE.table], // table.grow, table.size, table.fill
]);

/** After 0xfd: SIMD to 0xff, relaxed SIMD from 0x100. */
export const FD_IMMEDIATES: Uint8Array = tableOf(0x114, [
  [0x00, 0x0b, IMMEDIATE.memoryArgument], // loads, v128.store
  [0x0c, 0x0d, IMMEDIATE.bytes16], // v128.const, i8x16.shuffle
  [0x0e, 0x14, IMMEDIATE.none], // swizzle, splats
  [0x15, 0x22, IMMEDIATE.lane], // extract_lane, replace_lane
  [0x23, 0x53, IMMEDIATE.none],
  [0x54, 0x5b, IMMEDIATE.memoryArgumentAndLane], // load_lane, store_lane
  [0x5c, 0x5d, IMMEDIATE.memoryArgument], // load32_zero, load64_zero
  [0x5e, 0x113, IMMEDIATE.none],
  // The holes of the numbering.
  ...[0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4].map(
    (hole): Row => [hole, hole, IMMEDIATE.unknown],
  ),
  [0xe2, 0xe2, IMMEDIATE.unknown],
  [0xee, 0xee, IMMEDIATE.unknown],
]);
