// The headers of a guest's answer: checked so that they can be written to a client as they are.

import type { InvocationError } from '../errors.ts';
import { described, quoted, refusal } from './refusal.ts';

/** Most header lines of an answer. */
export const MAX_HEADER_LINES = 100;
/** Most characters of all names and values together. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** All but the characters that a field value may have: tab, visible ASCII, space, and the upper half of Latin-1. */
const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const SPACE = /[ \t]/;

/** Of the connection between client and gateway, which is not the guest's. RFC 9110, section 7.6.1. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Which `content-length` a guest may send; the gateway sets its own in any case. */
export type ContentLengthRule = number | 'any';

/**
 * Flat: name, value, name, value …; names in lower case, values without white space at their ends.
 * @throws InvocationError ERR_GUEST_OUTPUT for the first header that HTTP cannot carry.
 */
export function readHeaders(
  headers: Readonly<Record<string, unknown>>,
  contentLength: ContentLengthRule,
): readonly string[] {
  const lines: string[] = [];
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    const lowerName = checkedName(name);
    for (const item of Array.isArray(value) ? value : [value]) {
      const line = checkedValue(lowerName, item);
      size += lowerName.length + line.length;
      if (size > MAX_HEADER_BYTES) throw tooLarge(`more than ${MAX_HEADER_BYTES} bytes`);
      if (lowerName === 'content-length') checkContentLength(line, contentLength);
      else lines.push(lowerName, line);
      if (lines.length > MAX_HEADER_LINES * 2) throw tooLarge(`more than ${MAX_HEADER_LINES} lines`);
    }
  }
  return lines;
}

function checkedName(name: string): string {
  if (!TOKEN.test(name)) {
    throw refusal('headers', `${quoted(name)} is not a header name: use letters, digits and hyphens`);
  }
  const lowerName = name.toLowerCase();
  if (HOP_BY_HOP.has(lowerName)) {
    const reason = `header "${lowerName}" belongs to the connection, which the gateway owns: leave it out`;
    throw refusal(fieldOf(lowerName), reason);
  }
  return lowerName;
}

function checkedValue(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    const reason = `header ${quoted(name)} is ${described(value)}: make it a string or a list of strings`;
    throw refusal(fieldOf(name), reason);
  }
  const forbidden = FORBIDDEN_IN_VALUE.exec(value);
  if (forbidden !== null) {
    const code = value.charCodeAt(forbidden.index).toString(16).toUpperCase().padStart(4, '0');
    const reason = `header ${quoted(name)} has the character U+${code}: header values are one line of Latin-1 text`;
    throw refusal(fieldOf(name), reason);
  }
  return withoutOuterSpace(value);
}

/** As a client would read it. Not `trim()`, which also takes the no-break space, a character like any other here. */
function withoutOuterSpace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && SPACE.test(value[start]!)) start++;
  while (end > start && SPACE.test(value[end - 1]!)) end--;
  return value.slice(start, end);
}

function checkContentLength(value: string, rule: ContentLengthRule): void {
  const isRight = rule === 'any' ? /^\d+$/.test(value) : value === String(rule);
  if (isRight) return;
  const expected = rule === 'any' ? 'a number of bytes' : `${rule}, the length of the body`;
  const reason = `content-length is ${quoted(value)}, not ${expected}: leave it out, the gateway sets it`;
  throw refusal(fieldOf('content-length'), reason);
}

/** A guest's name may be megabytes long. */
function fieldOf(name: string): string {
  return `headers.${name.slice(0, 80)}`;
}

function tooLarge(what: string): InvocationError {
  return refusal('headers', `headers have ${what}: send fewer or shorter ones, or put the data into the body`);
}
