import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BinaryReader } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';

const reader = (...bytes: number[]): BinaryReader => new BinaryReader(Uint8Array.from(bytes));
const written = (write: (writer: BinaryWriter) => void): BinaryReader => {
  const writer = new BinaryWriter(1);
  write(writer);
  return new BinaryReader(writer.toBytes());
};

describe('numbers', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        fc.integer(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (u, s, l) => {
          const cursor = written((writer) => {
            writer.u32(u);
            writer.signed(s);
            writer.signed(s);
            writer.signed(l);
          });
          expect([cursor.u32('u'), cursor.s32('s'), cursor.s33('s')]).toEqual([u, s, s]);
          cursor.skipS64('l');
          expect(cursor.remaining).toBe(0);
        },
      ),
    );
  });

  test.for([
    { value: 2 ** 31, what: 'smallest past 32 bits' },
    { value: 2 ** 32 - 1, what: 'largest' },
    { value: -(2 ** 32), what: 'least' },
  ])('reads a signed 33-bit number: $what', ({ value }) => {
    expect(written((writer) => writer.signed(value)).s33('block type')).toBe(value);
  });

  test('are read from padded encodings of the allowed length', () => {
    expect(reader(0x83, 0x80, 0x80, 0x80, 0x00).u32('n')).toBe(3);
    expect(reader(0xff, 0xff, 0xff, 0xff, 0x7f).s32('n')).toBe(-1);
    expect(reader(0xff, 0xff, 0xff, 0xff, 0x7f).s33('n')).toBe(-1);
    expect(reader(0xff, 0xff, 0xff, 0xff, 0x0f).u32('n')).toBe(2 ** 32 - 1);
    expect(reader(0x80, 0x80, 0x80, 0x80, 0x78).s32('n')).toBe(-(2 ** 31));
  });

  test.for<{ read: 'u32' | 's32' | 's33' | 'skipS64'; bytes: number[]; why: string }>([
    { read: 'u32', bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], why: 'six bytes' },
    { read: 'u32', bytes: [0xff, 0xff, 0xff, 0xff, 0x1f], why: 'bit 33 set' },
    { read: 's32', bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], why: 'six bytes' },
    { read: 's32', bytes: [0xff, 0xff, 0xff, 0xff, 0x0f], why: 'unused bits are not the sign' },
    { read: 's32', bytes: [0x80, 0x80, 0x80, 0x80, 0x70], why: 'unused bits are not the sign' },
    { read: 's33', bytes: [0x80, 0x80, 0x80, 0x80, 0x10], why: 'unused bits are not the sign' },
    { read: 's33', bytes: [0x80, 0x80, 0x80, 0x80, 0xf0, 0x7f], why: 'six bytes' },
    { read: 'skipS64', bytes: [...Array<number>(9).fill(0x80), 0x01], why: 'unused bits are not the sign' },
    { read: 'skipS64', bytes: [...Array<number>(10).fill(0x80), 0x00], why: 'eleven bytes' },
    { read: 'u32', bytes: [0x80], why: 'cut off' },
    { read: 'skipS64', bytes: [], why: 'absent' },
  ])('refuses an overlong or cut-off $read ($why)', ({ read, bytes }) => {
    expect(() => reader(...bytes)[read]('number')).toThrow(
      expect.objectContaining({ code: 'ERR_MODULE_MALFORMED', details: { offset: expect.any(Number) } }),
    );
  });
});

describe('names', () => {
  test('are read as they were written, a leading byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(written((writer) => writer.name(text)).name('name')).toBe(text);
      }),
    );
    expect(written((writer) => writer.name('\u{feff}a')).name('name')).toBe('\u{feff}a');
  });

  test.for([
    { bytes: [1, 0xff], why: 'not UTF-8' },
    { bytes: [3, 0xed, 0xa0, 0x80], why: 'a surrogate' },
    { bytes: [2, 0xc0, 0x80], why: 'an overlong zero' },
    { bytes: [5, 0x61], why: 'longer than what is left' },
  ])('are refused when they are $why', ({ bytes }) => {
    expect(() => reader(...bytes).name('name of an import')).toThrow(/name of an import/);
  });
});

test('refuses a count that the bytes left cannot hold, before anything is allocated', () => {
  expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 0).count('types')).toThrow(
    'module is malformed at byte 0: 4294967295 types announced but 1 bytes are left',
  );
  expect(reader(0x02, 0, 0).count('types')).toBe(2);
  expect(() => reader(0x02, 0, 0).count('types', 2)).toThrow('2 types announced');
});

test('does not read past its end though the buffer goes on', () => {
  const cursor = new BinaryReader(Uint8Array.of(1, 2, 3), 1, 2);
  expect(cursor.byte('byte')).toBe(2);
  expect(() => cursor.byte('byte')).toThrow('malformed at byte 2');
  expect(() => cursor.skip(1, 'content')).toThrow('content needs 1 bytes but 0 are left');
});

test('a writer copies ranges of any length and sizes what it is given', () => {
  const source = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
  for (const length of [0, 1, 31, 32, 33, 299]) {
    const cursor = written((writer) => writer.sized((inner) => inner.range(source, 1, 1 + length)));
    expect(cursor.u32('size')).toBe(length);
    expect([...cursor.bytes.subarray(cursor.offset)]).toEqual([...source.subarray(1, 1 + length)]);
  }
});
