import { expect, test } from 'vitest';

import { CappedOutput, OutputLimitExceeded } from './capped-output.ts';

/** What a call throws, also if it is no Error. */
function thrownBy(call: () => void): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

test('keeps what was written, in order', () => {
  const output = new CappedOutput(100);
  for (const text of ['one', '', ' two']) output.write(Buffer.from(text));
  expect(Buffer.from(output.bytes()).toString()).toBe('one two');
});

test.for([0, 1, 4095, 4096, 4097, 1_000_000])('takes exactly its limit of %d bytes', (limitBytes) => {
  const output = new CappedOutput(limitBytes);
  output.write(new Uint8Array(limitBytes).fill(7));
  expect(thrownBy(() => output.write(Uint8Array.of(1)))).toEqual(new OutputLimitExceeded(limitBytes));
  expect(output.bytes()).toHaveLength(limitBytes);
  expect(output.bytes().every((byte) => byte === 7)).toBe(true);
});

test('keeps nothing of a write that passes the limit', () => {
  const output = new CappedOutput(10);
  output.write(Buffer.from('12345'));
  expect(thrownBy(() => output.write(Buffer.from('678901')))).toBeInstanceOf(OutputLimitExceeded);
  expect(Buffer.from(output.bytes()).toString()).toBe('12345');
});

test('takes six million writes of one byte', () => {
  const output = new CappedOutput(6_000_000);
  const byte = Uint8Array.of(1);
  for (let count = 0; count < 6_000_000; count++) output.write(byte);
  expect(output.bytes()).toHaveLength(6_000_000);
});

test('starts empty again once cleared', () => {
  const output = new CappedOutput(10);
  output.write(Buffer.from('1234567890'));
  output.clear();
  expect(output.bytes()).toHaveLength(0);
  output.write(Buffer.from('abc'));
  expect(Buffer.from(output.bytes()).toString()).toBe('abc');
});

test('gives the memory of a large answer back', () => {
  const output = new CappedOutput(4_000_000);
  output.write(new Uint8Array(4_000_000));
  output.clear();
  expect(output.bytes().buffer.byteLength).toBeLessThan(4_000_000);
});
