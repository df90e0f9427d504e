// Sizes, times and counts as people write them, read into bytes, milliseconds and integers.

import { show, type Reading } from './problems.ts';

const KIB = 1024;
const BYTES = new Map([
  ['B', 1],
  ['KiB', KIB],
  ['MiB', KIB ** 2],
  ['GiB', KIB ** 3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
]);
const MILLISECONDS = new Map([
  ['ms', 1],
  ['s', 1e3],
  ['m', 60e3],
  ['h', 3600e3],
]);

const MAX_TIME_MS = 24 * 3600e3;
/** Bytes of a page of wasm linear memory. */
export const PAGE_BYTES = 64 * KIB;

/** The forms as regular expressions, for editors. */
export const SIZE_FORM = '^[0-9]+(B|KiB|MiB|GiB|KB|MB|GB)?$';
export const TIME_FORM = '^[0-9]+(ms|s|m|h)$';
export const COUNT_FORM = '^[0-9]+$';

/** A size in bytes from 1 to `maxBytes`: `64MiB`, or a number of bytes. */
export function readSize(raw: unknown, maxBytes: number): Reading<number> {
  const bytes = quantity(raw, BYTES, 1);
  if (bytes !== undefined && bytes >= 1 && bytes <= maxBytes) return { value: bytes };
  const form = 'a whole number with B, KiB, MiB, GiB, KB, MB or GB, or a plain number of bytes';
  return { problem: `must be a size from 1B to ${formatSize(maxBytes)} such as 64KiB (${form}), got ${show(raw)}` };
}

/** A linear memory in bytes: whole pages, up to the 4 GiB that 32 bits address. */
export function readMemory(raw: unknown): Reading<number> {
  const size = readSize(raw, 4 * KIB ** 3);
  if ('problem' in size || size.value % PAGE_BYTES === 0) return size;
  const below = formatSize(Math.max(1, Math.floor(size.value / PAGE_BYTES)) * PAGE_BYTES);
  return { problem: `must be a multiple of 64KiB, the page of wasm memory, such as ${below}, got ${show(raw)}` };
}

/** A time in milliseconds, up to 24 hours: `250ms`. A number without unit is refused: nobody agrees on what it means. */
export function readTime(raw: unknown): Reading<number> {
  const timeMs = quantity(raw, MILLISECONDS, undefined);
  if (timeMs !== undefined && timeMs >= 1 && timeMs <= MAX_TIME_MS) return { value: timeMs };
  const form = 'a whole number with ms, s, m or h';
  return { problem: `must be a time from 1ms to 24h such as 250ms (${form}), got ${show(raw)}` };
}

/** A whole number; also as digits in a string, which is what a substituted variable is. */
export function readCount(raw: unknown, min: number, max: number): Reading<number> {
  const count = quantity(raw, new Map(), 1);
  if (count !== undefined && count >= min && count <= max) return { value: count };
  return { problem: `must be a whole number from ${min} to ${max}, got ${show(raw)}` };
}

/** `plainFactor` is what a number without unit counts; undefined: it needs one. */
function quantity(
  raw: unknown,
  units: ReadonlyMap<string, number>,
  plainFactor: number | undefined,
): number | undefined {
  if (typeof raw === 'number') return plainFactor !== undefined && Number.isSafeInteger(raw) ? raw : undefined;
  if (typeof raw !== 'string') return undefined;
  const [, digits, unit] = /^(\d{1,15})([A-Za-z]*)$/.exec(raw) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const factor = unit === '' ? plainFactor : units.get(unit);
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** In the largest binary unit that gives a whole number, or one decimal from MiB on. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const amount = bytes / BYTES.get(unit)!;
    if (amount >= 1 && Number.isInteger(amount)) return `${amount}${unit}`;
  }
  return bytes >= KIB ** 2 ? `${(bytes / KIB ** 2).toFixed(1)}MiB` : `${bytes}B`;
}
