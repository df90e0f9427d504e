import { describe, expect, test } from 'vitest';
import { InstructionDecoder } from './instruction-decoder.ts';
import { FC_IMMEDIATES, FD_IMMEDIATES, IMMEDIATE, IMMEDIATES, OPCODE } from './opcodes.ts';
import { parseModule } from './parse-module.ts';
import { RICH_MODULE } from './test-modules.ts';

/** Decodes these bytes as the body of a function with two locals in a module that has something of everything. */
const decoderOf = (...code: number[]): InstructionDecoder => {
  const bytes = Uint8Array.from([...RICH_MODULE, ...code]);
  const module = { ...parseModule(RICH_MODULE), bytes };
  return new InstructionDecoder(module, RICH_MODULE.byteLength, bytes.byteLength, 2);
};

const refusal = (...code: number[]) => {
  try {
    decoderOf(...code).next();
  } catch (error) {
    return error;
  }
  return undefined;
};

/** One valid encoding of the immediates of each form. */
const EXAMPLES: Readonly<Record<number, readonly number[]>> = {
  [IMMEDIATE.none]: [],
  [IMMEDIATE.blockType]: [0x40],
  [IMMEDIATE.label]: [0x00],
  [IMMEDIATE.labelTable]: [0x02, 0x00, 0x01, 0x00],
  [IMMEDIATE.functionIndex]: [0x01],
  [IMMEDIATE.typeAndTable]: [0x00, 0x01],
  [IMMEDIATE.local]: [0x01],
  [IMMEDIATE.global]: [0x05],
  [IMMEDIATE.table]: [0x01],
  [IMMEDIATE.memoryArgument]: [0x02, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [IMMEDIATE.memory]: [0x00],
  [IMMEDIATE.memoryByte]: [0x00],
  [IMMEDIATE.s32]: [0x80, 0x80, 0x80, 0x80, 0x78],
  [IMMEDIATE.s64]: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
  [IMMEDIATE.bytes4]: [1, 2, 3, 4],
  [IMMEDIATE.bytes8]: [1, 2, 3, 4, 5, 6, 7, 8],
  [IMMEDIATE.bytes16]: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  [IMMEDIATE.valueTypes]: [0x01, 0x7f],
  [IMMEDIATE.referenceType]: [0x70],
  [IMMEDIATE.tag]: [0x00],
  [IMMEDIATE.tryTable]: [0x40, 0x02, 0x00, 0x00, 0x00, 0x02, 0x01],
  [IMMEDIATE.lane]: [0x03],
  [IMMEDIATE.memoryArgumentAndLane]: [0x00, 0x10, 0x03],
  [IMMEDIATE.dataAndMemory]: [0x01, 0x00],
  [IMMEDIATE.data]: [0x01],
  [IMMEDIATE.twoMemories]: [0x00, 0x00],
  [IMMEDIATE.elementAndTable]: [0x02, 0x01],
  [IMMEDIATE.element]: [0x02],
  [IMMEDIATE.twoTables]: [0x01, 0x00],
};

const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

/** Every opcode of the tables: its own bytes and its immediates' form. */
const OPCODES = [
  ...[...IMMEDIATES].map((immediate, opcode) => ({ encoding: [opcode], immediate })),
  ...[...FC_IMMEDIATES].map((immediate, opcode) => ({ encoding: [0xfc, ...leb(opcode)], immediate })),
  ...[...FD_IMMEDIATES].map((immediate, opcode) => ({ encoding: [0xfd, ...leb(opcode)], immediate })),
].filter(({ immediate }) => immediate !== IMMEDIATE.prefix);

const known = OPCODES.filter(({ immediate }) => EXAMPLES[immediate] !== undefined);

test('knows the 193 plain, 18 bulk and 256 vector instructions that are finished', () => {
  const count = (first: number | undefined): number => known.filter(({ encoding }) => encoding[0] === first).length;
  expect([known.length - count(0xfc) - count(0xfd), count(0xfc), count(0xfd)]).toEqual([193, 18, 256]);
});

test('reads every known instruction to its end and no further', () => {
  for (const { encoding, immediate } of known) {
    const code = [...encoding, ...EXAMPLES[immediate]!];
    const decoder = decoderOf(...code, OPCODE.end);
    decoder.next();
    expect({ encoding, length: decoder.offset - decoder.start }).toEqual({ encoding, length: code.length });
    expect(decoder.next()).toBe(OPCODE.end);
  }
});

test('refuses every known instruction that is cut off in its immediates', () => {
  for (const { encoding, immediate } of known) {
    const code = [...encoding, ...EXAMPLES[immediate]!];
    for (let length = 1; length < code.length; length++) {
      expect(refusal(...code.slice(0, length))).toMatchObject({ code: 'ERR_MODULE_MALFORMED' });
    }
  }
});

test('refuses every opcode outside the tables, with its offset', () => {
  const unknown = OPCODES.filter(({ immediate }) => EXAMPLES[immediate] === undefined).map(({ encoding }) => encoding);
  const beyond = [
    [0xfc, ...leb(18)],
    [0xfd, ...leb(0x114)],
    [0xfd, 0xff, 0xff, 0xff, 0xff, 0x0f],
  ];
  for (const encoding of [...unknown, ...beyond]) {
    expect(refusal(...encoding)).toMatchObject({
      code: 'ERR_MODULE_UNSUPPORTED',
      details: { offset: RICH_MODULE.byteLength },
    });
  }
});

describe('names what is not supported', () => {
  test.for([
    { code: [0xfb, 0x00], message: /garbage collection at byte/ },
    { code: [0xfe, 0x10], message: /threads \(atomic instructions\)/ },
    { code: [0x14, 0x00], message: /typed function references \(call_ref\)/ },
    { code: [0x02, 0x63], message: /the type \(ref null …\)/ },
    { code: [0xd0, 0x6e], message: /the type anyref/ },
    { code: [0x27], message: /the unknown opcode 0x27/ },
    { code: [0xfd, 0x9a, 0x01], message: /the unknown opcode 0xfd009a/ },
  ])('$message', ({ code, message }) => {
    expect(String(refusal(...code))).toMatch(message);
  });
});

describe('refuses', () => {
  test.for([
    { what: 'a function that does not exist', code: [0x10, 0x04], message: /function 4 does not exist, there are 4/ },
    { what: 'a local that does not exist', code: [0x20, 0x02], message: /local 2 does not exist, there are 2/ },
    { what: 'a global that does not exist', code: [0x23, 0x06], message: /global 6/ },
    { what: 'a table that does not exist', code: [0x25, 0x02], message: /table 2/ },
    { what: 'a memory that does not exist', code: [0x28, 0x42, 0x01, 0x00], message: /memory 1/ },
    { what: 'a tag that does not exist', code: [0x08, 0x01], message: /tag 1/ },
    { what: 'a type that does not exist', code: [0x02, 0x20], message: /type 32/ },
    { what: 'a data segment that does not exist', code: [0xfc, 0x09, 0x02], message: /data segment 2/ },
    { what: 'an element segment that does not exist', code: [0xfc, 0x0d, 0x03], message: /element segment 3/ },
    { what: 'a padded memory index', code: [0x40, 0x80, 0x00], message: /not a single byte/ },
    { what: 'an overlong index', code: [0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00], message: /LEB128/ },
    { what: 'an overlong constant', code: [0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], message: /LEB128/ },
    { what: 'an unknown catch clause', code: [0x1f, 0x40, 0x01, 0x04, 0x00], message: /catch clause 4/ },
    { what: 'more labels than bytes', code: [0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f], message: /4294967295 labels/ },
    { what: 'a body without an end', code: [], message: /without end/ },
  ])('$what', ({ code, message }) => {
    expect(refusal(...code)).toMatchObject({
      code: 'ERR_MODULE_MALFORMED',
      message: expect.stringMatching(message),
    });
  });
});
