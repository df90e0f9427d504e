// How commands print: aligned tables, colours on a terminal only, sizes and times as people write them.

import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Styled if the stream is a terminal that shows colours (NO_COLOR and its siblings are respected). */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Lets whoever reads our output leave before its end, as `head` does: what it does not want is not written. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Resolves when all that was printed has been written: `process.exit` would cut it off. */
export async function outputWritten(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
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

const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB'];
const TIME_UNITS = ['µs', 'ms', 's'];

/** `65536` as `64 KiB`. */
export function formatBytes(bytes: number): string {
  return formatScaled(bytes, 1024, SIZE_UNITS);
}

/** `0.0421` as `42 µs`, `1500` as `1.5 s`. */
export function formatMs(ms: number): string {
  return formatScaled(ms * 1000, 1000, TIME_UNITS);
}

/** In the largest unit that leaves at least 1 before the point, once rounded: never `1024 KiB`. */
function formatScaled(amount: number, factor: number, units: readonly string[]): string {
  let unit = 0;
  let rounded = Math.round(amount);
  for (let value = amount; rounded >= factor && unit < units.length - 1; unit++) {
    value /= factor;
    rounded = Number(value.toFixed(1));
  }
  return `${rounded} ${units[unit]}`;
}

/**
 * Text from a guest for a terminal: characters with which it could forge, hide or reorder output become visible. Newlines
 * and tabs stay.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, escapeCharacter);
}

/** As {@link escapeControls}, for text that must stay on its line. */
export function escapeLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`;
}
