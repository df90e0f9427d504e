import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { LogLines, MAX_LINE_BYTES, MAX_LINES } from './log-lines.ts';

function logged(...writes: readonly (string | Uint8Array)[]) {
  const log = new LogLines();
  for (const write of writes) log.write(typeof write === 'string' ? Buffer.from(write) : write);
  return log.finish();
}

const texts = (...writes: readonly (string | Uint8Array)[]) => logged(...writes).lines.map(({ text }) => text);

test.for([
  { why: 'one line', writes: ['hello\n'], lines: ['hello'] },
  { why: 'a line without its end', writes: ['hello'], lines: ['hello'] },
  { why: 'a line in pieces', writes: ['he', 'll', 'o\nwor', 'ld\n'], lines: ['hello', 'world'] },
  { why: 'empty lines', writes: ['\n\na\n'], lines: ['', '', 'a'] },
  { why: 'CRLF', writes: ['a\r\nb\r', '\n'], lines: ['a', 'b'] },
  { why: 'a CR inside a line', writes: ['a\rb\n'], lines: ['a\rb'] },
  { why: 'nothing', writes: ['', ''], lines: [] },
])('cuts at line ends: $why', ({ writes, lines }) => {
  expect(texts(...writes)).toEqual(lines);
});

test('keeps what a guest forges inside its own line', () => {
  expect(texts('\u001B[31m{"level":"fatal"}\n')).toEqual(['\u001B[31m{"level":"fatal"}']);
});

test('shows bytes that are no UTF-8 as replacement characters', () => {
  expect(texts(Uint8Array.of(0x61, 0xff, 0x62, 0x0a))).toEqual(['a\uFFFDb']);
});

test.for([
  { length: MAX_LINE_BYTES - 1, truncated: false },
  { length: MAX_LINE_BYTES, truncated: false },
  { length: MAX_LINE_BYTES + 1, truncated: true },
  { length: 3 * MAX_LINE_BYTES, truncated: true },
])('a line of $length bytes is truncated: $truncated', ({ length, truncated }) => {
  for (const end of ['', '\n', '\r\n']) {
    const { lines } = logged('x'.repeat(length) + end, end === '' ? '' : 'next');
    expect(lines[0]).toEqual({ text: 'x'.repeat(Math.min(length, MAX_LINE_BYTES)), truncated });
    expect(lines).toHaveLength(end === '' ? 1 : 2);
  }
});

test('the line after a truncated one is whole', () => {
  const { lines } = logged(`${'x'.repeat(2 * MAX_LINE_BYTES)}\nnext\n`);
  expect(lines[1]).toEqual({ text: 'next', truncated: false });
});

test.for([
  { count: MAX_LINES - 1, dropped: 0 },
  { count: MAX_LINES, dropped: 0 },
  { count: MAX_LINES + 1, dropped: 1 },
  { count: MAX_LINES + 50, dropped: 50 },
])('of $count lines drops $dropped', ({ count, dropped }) => {
  for (const end of ['', '\n']) {
    const log = logged(Array.from({ length: count }, (_, index) => `line ${index}`).join('\n') + end);
    expect(log.dropped).toBe(dropped);
    expect(log.lines).toHaveLength(count - dropped);
  }
});

test('counts a dropped line once, however many writes it took', () => {
  const log = logged('\n'.repeat(MAX_LINES), 'a', 'b', 'c\n', 'd');
  expect(log.dropped).toBe(2);
});

test('starts empty again once cleared', () => {
  const log = new LogLines();
  log.write(Buffer.from('secret '.repeat(2000)));
  log.clear();
  log.write(Buffer.from('ok'));
  expect(log.finish()).toEqual({ lines: [{ text: 'ok', truncated: false }], dropped: 0 });
});

test('gives the same lines however the bytes are split into writes', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', ' '), { maxLength: 60 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(60), { maxLength: 5 }), (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(logged(...pieces)).toEqual(logged(whole));
    }),
  );
});
