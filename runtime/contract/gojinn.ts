// The contract `gojinn`: modules written for Gojinn run unmodified. Where its Go host was lenient this one is too,
// except that what HTTP cannot carry (status, header names and values) is refused, as in the contract `json`.

import { isUtf8 } from 'node:buffer';

import type { HttpEvent, TraceContext } from '../invocation.ts';
import { DEFAULT_STATUS, mayHaveBody, readAnswer } from './answer.ts';
import type { Answer, Contract, ContractInput } from './contract.ts';
import { isJsonObject, readJsonDocument } from './json-document.ts';
import { headersJson, requestUri } from './request-fields.ts';

const ASYNC_REQUEST = '"method":"ASYNC","uri":"internal://async/job","headers":{"X-Source":["internal"]}';
const OPEN_BRACE = 0x7b;
const SPACE = 0x20;

export const gojinnContract: Contract = { name: 'gojinn', encode, decode };

function encode({ event, trace }: ContractInput): Uint8Array {
  const request =
    event.trigger === 'http'
      ? httpRequestJson(event)
      : `${ASYNC_REQUEST},"body":${JSON.stringify(JSON.stringify(event.event ?? null))}`;
  return Buffer.from(`{${request}${traceIdJson(trace)}}`, 'utf8');
}

function httpRequestJson({ method, path, query, rawHeaders, body }: HttpEvent): string {
  const uri = JSON.stringify(requestUri(path, query));
  const headers = headersJson(rawHeaders, canonicalHeaderName);
  // The format has no encoding flag: what is not UTF-8 becomes U+FFFD, as it always did.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return `"method":${JSON.stringify(method)},"uri":${uri},"headers":${headers},"body":${JSON.stringify(text)}`;
}

/** Versions 0.2 to 0.14 passed the caller's whole `traceparent` under this name. */
function traceIdJson(trace: TraceContext | undefined): string {
  return trace === undefined ? '' : `,"trace_id":${JSON.stringify(trace.traceparent)}`;
}

/** As Go's `textproto.CanonicalMIMEHeaderKey`; Go keeps `Host` apart from the headers. */
function canonicalHeaderName(name: string): string | undefined {
  const canonical = name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
  return canonical === 'Host' ? undefined : canonical;
}

function decode(stdout: Uint8Array, { event }: ContractInput): Answer {
  if (stdout.byteLength > 0 && firstVisibleByte(stdout) !== OPEN_BRACE) return rawText(stdout);
  const { value, syntaxError } = readJsonDocument(isUtf8(stdout) ? stdout : withReplacements(stdout));
  if (syntaxError !== undefined || !isJsonObject(value)) return rawText(stdout);
  const { status, headers, body } = fieldsOf(value);
  const hasBody = typeof status !== 'number' || mayHaveBody(status);
  return readAnswer(
    {
      // A struct that the guest left at Go's zero values: 0, nil map, nil slice.
      status: status === 0 ? undefined : (status ?? undefined),
      headers: withoutNulls(headers),
      body: hasBody ? wellFormed(body) : undefined,
      encoding: undefined,
    },
    event,
  );
}

function wellFormed(body: unknown): unknown {
  return typeof body === 'string' ? body.toWellFormed() : (body ?? undefined);
}

function withoutNulls(headers: unknown): unknown {
  if (!isJsonObject(headers)) return headers ?? undefined;
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values ?? []]));
}

/** Go matches field names in any case, takes the last of several, and ignores those that it does not know. */
function fieldsOf(value: Record<string, unknown>): { status?: unknown; headers?: unknown; body?: unknown } {
  const fields: { status?: unknown; headers?: unknown; body?: unknown } = {};
  for (const [name, field] of Object.entries(value)) {
    const lowerName = name.toLowerCase();
    if (lowerName === 'status' || lowerName === 'headers' || lowerName === 'body') fields[lowerName] = field;
  }
  return fields;
}

/** Go's JSON reader takes each invalid byte for U+FFFD. */
function withReplacements(bytes: Uint8Array): Uint8Array {
  return Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), 'utf8');
}

/** What is no answer is the body, as Gojinn served it. */
function rawText(stdout: Uint8Array): Answer {
  const type = isUtf8(stdout) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  // A copy: the sandbox writes the next invocation's output into the same buffer.
  return { status: DEFAULT_STATUS, headers: ['content-type', type], body: new Uint8Array(stdout) };
}

function firstVisibleByte(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => byte > SPACE);
}
