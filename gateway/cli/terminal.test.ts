import { describe, expect, test } from 'vitest';
import { escapeControls, escapeLine, formatBytes, formatCount, formatMs, formatTable } from './terminal.ts';

test.for([
  { bytes: 0, text: '0 B' },
  { bytes: 1023, text: '1023 B' },
  { bytes: 1024, text: '1 KiB' },
  { bytes: 1536, text: '1.5 KiB' },
  { bytes: 1024 ** 2, text: '1 MiB' },
  { bytes: 1024 ** 2 - 1, text: '1 MiB' },
  { bytes: 5 * 1024 ** 4, text: '5120 GiB' },
])('formats $bytes bytes as $text', ({ bytes, text }) => expect(formatBytes(bytes)).toBe(text));

test.for([
  { ms: 0, text: '0 µs' },
  { ms: 0.0421, text: '42 µs' },
  { ms: 0.9999, text: '1 ms' },
  { ms: 1, text: '1 ms' },
  { ms: 12.34, text: '12.3 ms' },
  { ms: 999.99, text: '1 s' },
  { ms: 1500, text: '1.5 s' },
])('formats $ms ms as $text', ({ ms, text }) => expect(formatMs(ms)).toBe(text));

test.for([
  { count: 0, text: '0 routes' },
  { count: 1, text: '1 route' },
  { count: 2, text: '2 routes' },
])('formats a count of $count', ({ count, text }) => expect(formatCount(count, 'route')).toBe(text));

describe('a table', () => {
  test('aligns its columns by what is visible and leaves no space at the ends of lines', () => {
    const rows = [
      ['\u001b[1mbold\u001b[22m', 'b', ''],
      ['a', 'long cell', 'c'],
    ];
    expect(formatTable(['ONE', 'TWO', 'THREE'], rows)).toBe(
      'ONE   TWO        THREE\n\u001b[1mbold\u001b[22m  b\na     long cell  c\n',
    );
  });

  test('without rows has its header', () => expect(formatTable(['ONE', 'TWO'], [])).toBe('ONE  TWO\n'));
});

test.for([
  { text: 'plain ü 漢', escaped: 'plain ü 漢' },
  { text: '\u001b[31m', escaped: '\\x1b[31m' },
  { text: 'a\rb\u0008\u007f\u009b', escaped: 'a\\x0db\\x08\\x7f\\x9b' },
  { text: '\u202ereversed', escaped: '\\u{202e}reversed' },
])('makes the control characters of $escaped visible', ({ text, escaped }) => {
  expect(escapeControls(text)).toBe(escaped);
  expect(escapeLine(text)).toBe(escaped);
});

test('keeps line breaks and tabs of text, but not in a line', () => {
  expect(escapeControls('a\n\tb')).toBe('a\n\tb');
  expect(escapeLine('a\n\tb')).toBe('a\\x0a\\x09b');
});
