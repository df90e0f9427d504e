// Constant expressions: initial values of globals, offsets of segments, items of element segments. Extended constant
// expressions included.

import type { BinaryReader } from './binary-reader.ts';
import { malformed, unsupported } from './binary-reader.ts';
import { isReferenceType, unknownType } from './types.ts';

/** Told each function (`ref.func`) or global (`global.get`) that is named and the range of bytes that encodes it. */
export type OnIndex = (space: 'function' | 'global', index: number, start: number, end: number) => void;

/** Passes a constant expression, its `end` included. Types are left to the engine's validation. */
export function skipConstExpression(reader: BinaryReader, onIndex?: OnIndex): void {
  for (;;) {
    const at = reader.offset;
    const opcode = reader.byte('constant expression');
    switch (opcode) {
      case 0x0b: // end
        return;
      case 0x23: // global.get
      case 0xd2: // ref.func
        readIndex(reader, opcode === 0x23 ? 'global' : 'function', onIndex);
        break;
      case 0x41: // i32.const
        reader.s32('i32.const');
        break;
      case 0x42: // i64.const
        reader.skipS64('i64.const');
        break;
      case 0x43: // f32.const
        reader.skip(4, 'f32.const');
        break;
      case 0x44: // f64.const
        reader.skip(8, 'f64.const');
        break;
      case 0x6a: // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        break;
      case 0xd0: {
        const type = reader.byte('ref.null');
        if (!isReferenceType(type)) throw unknownType(reader.offset - 1, type, 'ref.null');
        break;
      }
      case 0xfb:
        throw unsupported(at, 'a garbage-collected constant', 'build without garbage-collected types');
      case 0xfd:
        if (reader.u32('SIMD opcode') !== 0x0c) throw malformed(at, 'only v128.const is a constant SIMD instruction');
        reader.skip(16, 'v128.const');
        break;
      default:
        throw malformed(at, `opcode 0x${opcode.toString(16).padStart(2, '0')} in a constant expression`);
    }
  }
}

function readIndex(reader: BinaryReader, space: 'function' | 'global', onIndex: OnIndex | undefined): void {
  const start = reader.offset;
  const index = reader.u32(`${space} index`);
  onIndex?.(space, index, start, reader.offset);
}
