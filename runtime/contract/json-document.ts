// Reads the JSON document that a guest wrote. Its bytes are scanned before JSON.parse sees them: a document that is
// nested deeply, or made of millions of values, costs the thread's stack or heap and would end the whole process.

import { isUtf8 } from 'node:buffer';

import { quoted, refusal } from './refusal.ts';

export const MAX_DEPTH = 64;
/** An answer has four fields and at most a hundred header lines; the rest is room for a good error message. */
export const MAX_VALUES = 4096;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BYTE_ORDER_MARK = '\uFEFF';

export interface JsonDocument {
  /** Not yet checked; undefined if the text is not JSON. */
  readonly value: unknown;
  /** Why it is not JSON; undefined if it is. */
  readonly syntaxError: string | undefined;
  /**
   * Members of the outermost object, and of the objects one level below it, as they were written. JSON.parse keeps the
   * last of several members with one name: fewer properties than members means duplicates.
   */
  readonly memberCounts: readonly [outer: number, inner: number];
}

/** @throws InvocationError ERR_GUEST_OUTPUT for output that is no text or that is not safe to parse. */
export function readJsonDocument(stdout: Uint8Array): JsonDocument {
  if (stdout.byteLength === 0)
    throw refusal('stdout', 'the guest wrote nothing to stdout: print the answer before it ends');
  const memberCounts = scan(stdout);
  if (!isUtf8(stdout)) {
    const fix = 'encode the body as base64 and set "encoding":"base64"';
    return { value: undefined, syntaxError: `it is not valid UTF-8: ${fix}`, memberCounts };
  }
  const text = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength).toString('utf8');
  if (text.startsWith(BYTE_ORDER_MARK)) {
    return { value: undefined, syntaxError: 'it starts with a byte order mark: print the JSON alone', memberCounts };
  }
  try {
    return { value: JSON.parse(text), syntaxError: undefined, memberCounts };
  } catch (error) {
    const reason = quoted(error instanceof Error ? error.message : String(error));
    return { value: undefined, syntaxError: `${reason}: log to stderr, not to stdout`, memberCounts };
  }
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Counts what JSON is made of, without telling whether it is JSON. */
function scan(bytes: Uint8Array): [number, number] {
  const memberCounts: [number, number] = [0, 0];
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.byteLength; at++) {
    switch (bytes[at]!) {
      case QUOTE:
        at = endOfString(bytes, at + 1);
        break;
      case COLON:
        if (depth === 1) memberCounts[0]++;
        else if (depth === 2) memberCounts[1]++;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++depth > MAX_DEPTH) {
          throw refusal(
            'stdout',
            `stdout is nested deeper than ${MAX_DEPTH} levels: put nested data into "body" as a string`,
          );
        }
        values++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      case COMMA:
        values++;
        break;
      default:
    }
    if (values > MAX_VALUES) {
      throw refusal('stdout', `stdout has more than ${MAX_VALUES} JSON values: put data into "body" as a string`);
    }
  }
  return memberCounts;
}

/** Where the string that starts at `from` has its closing quote; the end of the bytes if it has none. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from; ;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1) return bytes.byteLength;
    let before = quote;
    while (before > from && bytes[before - 1] === BACKSLASH) before--;
    // An even number of backslashes escapes itself, not the quote.
    if ((quote - before) % 2 === 0) return quote;
    at = quote + 1;
  }
}
