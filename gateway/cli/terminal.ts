// How commands print: aligned tables, colours on a terminal only, sizes and times as people write them.

import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Styled if the stream is a terminal that shows colours (NO_COLOR and its siblings are respected). */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Rows under a header, columns aligned, two spaces apart; every line ends with a newline. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = header.map((title) => paint('bold', title));
  const lines = [titles, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => visibleLength(line[column] ?? ''))));
  return lines.map((line) => `${formatLine(line, widths)}\n`).join('');
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell + ' '.repeat(widths[column]! - visibleLength(cell)));
  return padded.join('  ').trimEnd();
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** `1 route`, `2 routes`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** `65536` as `64 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${SIZE_UNITS[unit]}`;
}

/** `0.0421` as `42 µs`, `1500` as `1.5 s`. */
export function formatMs(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  return ms < 1000 ? `${Number(ms.toFixed(1))} ms` : `${Number((ms / 1000).toFixed(2))} s`;
}

/** Text from a guest for a terminal: control characters, with which it could forge or hide output, become visible. */
export function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
