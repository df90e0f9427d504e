// The checks that every contract's answer passes, whatever its document looks like.

import type { InvocationEvent } from '../invocation.ts';
import { type ContentLengthRule, readHeaders } from './answer-headers.ts';
import type { Answer } from './contract.ts';
import { isJsonObject } from './json-document.ts';
import { described, quoted, refusal } from './refusal.ts';

export const DEFAULT_STATUS = 200;
const MIN_STATUS = 200;
const MAX_STATUS = 599;
const RESET_CONTENT = 205;
const NOT_MODIFIED = 304;

/** The fields of an answer as the guest wrote them; undefined where it did not. */
export interface AnswerFields {
  readonly status: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly encoding: unknown;
}

/** @throws InvocationError ERR_GUEST_OUTPUT for the first field that HTTP cannot carry. */
export function readAnswer(fields: AnswerFields, event: InvocationEvent): Answer {
  const status = readStatus(fields.status);
  const body = readBody(fields.body, fields.encoding);
  if (body.byteLength > 0 && !mayHaveBody(status)) {
    throw refusal('body', `status ${status} has no body, got ${body.byteLength} bytes: leave "body" out`);
  }
  const headers = fields.headers === undefined ? {} : fields.headers;
  if (!isJsonObject(headers)) {
    throw refusal('headers', `headers is ${described(headers)}: make it an object of strings or lists of strings`);
  }
  return { status, headers: readHeaders(headers, contentLengthRule(status, event, body)), body };
}

export function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== RESET_CONTENT && status !== NOT_MODIFIED;
}

/** An answer to HEAD, and 304, may tell the length of the body that they do not have (RFC 9110, section 8.6). */
function contentLengthRule(status: number, event: InvocationEvent, body: Uint8Array): ContentLengthRule {
  const isHead = event.trigger === 'http' && event.method === 'HEAD';
  return isHead || status === NOT_MODIFIED ? 'any' : body.byteLength;
}

function readStatus(status: unknown): number {
  if (status === undefined) return DEFAULT_STATUS;
  if (typeof status === 'number' && Number.isInteger(status) && status >= MIN_STATUS && status <= MAX_STATUS) {
    return status;
  }
  const reason = `status is ${described(status)}: make it an integer from ${MIN_STATUS} to ${MAX_STATUS}`;
  throw refusal('status', reason);
}

function readBody(body: unknown, encoding: unknown): Uint8Array {
  if (encoding !== undefined && encoding !== 'utf8' && encoding !== 'base64') {
    throw refusal('encoding', `encoding is ${described(encoding)}: make it "utf8" or "base64"`);
  }
  if (body === undefined) return new Uint8Array(0);
  if (typeof body !== 'string') {
    const kind = typeof body === 'object' ? described(body) : typeof body;
    throw refusal('body', `body is ${kind}: make it a string (for JSON, the text of it)`);
  }
  if (encoding === 'base64') return decodeBase64(body);
  if (!body.isWellFormed()) {
    throw refusal('body', 'body has half of a surrogate pair: for bytes, use "encoding":"base64"');
  }
  // Not Buffer.from: its small buffers are views of a shared one, and an answer is sent to another thread.
  return new TextEncoder().encode(body);
}

/** RFC 4648, section 4, and nothing else: padded, one alphabet, no line breaks, no stray bits. */
function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, 'base64'));
  const length = bytes.write(text, 'base64');
  // Node's decoder skips what it does not know; only what encodes to the same text again was valid.
  if (length !== bytes.byteLength || bytes.toString('base64') !== text) {
    throw refusal(
      'body',
      `body starting ${quoted(text.slice(0, 16))} is not base64: use the standard alphabet, with padding`,
    );
  }
  return bytes;
}
