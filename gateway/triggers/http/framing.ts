// Reads the head of a request and refuses what Node's parser lets through but two servers could read differently
// (RFC 9112, section 11.2: request smuggling). One pass over the header fields also picks out what is needed later.

import { HttpError } from '../../errors.ts';
import type { HttpErrorCode } from '../../errors.ts';
import { normaliseTarget } from '../../routes/normalise-path.ts';

/** What the listener reads of the limits in the config. */
export interface HeadLimits {
  /** Longest request target, in bytes. */
  readonly requestLineBytes: number;
  /** All header fields together as on the wire, in bytes. */
  readonly headersBytes: number;
  /** Most header fields. */
  readonly headerCount: number;
}

/** A request as Node's parser gives it. */
export interface ParsedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** The head of a request that may be served. */
export interface RequestHead {
  /** As received. */
  readonly method: string;
  /** Lower case, with the port if the client sent one; empty if an HTTP/1.0 client sent none. */
  readonly host: string;
  /** In normal form; `*` for `OPTIONS *`. */
  readonly path: string;
  /** As received, without the question mark. */
  readonly query: string;
  /** Length of the body in bytes; 0: there is none; {@link CHUNKED}: known when it ends. */
  readonly bodyLength: number;
  readonly expectsContinue: boolean;
  /** W3C trace context; undefined if absent or malformed. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** The {@link RequestHead.bodyLength} of a chunked body. */
export const CHUNKED = -1;

// A name or an IPv4 address, or an IPv6 address in brackets; then a port. RFC 3986 allows more that no name has.
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const MAX_HOST_LENGTH = 255 + ':65535'.length;
// 15 digits stay exact in a number.
const CONTENT_LENGTH = /^\d{1,15}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
/** Colon, space and line end of a header field. */
const FIELD_OVERHEAD_BYTES = 4;

/** The fields that this file reads; undefined: absent. */
interface Fields {
  host: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  expect: string | undefined;
  traceparent: string | undefined;
  tracestate: string | undefined;
}

/**
 * Reads the head of a request. Called once a request.
 * @throws HttpError with the code of what is wrong; the connection must be closed after any of them.
 */
export function readHead(request: ParsedRequest, limits: HeadLimits): RequestHead {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw refusal('ERR_VERSION_NOT_SUPPORTED', `HTTP/${httpVersion} is not served here; use HTTP/1.1`);
  }
  if (method === 'TRACE' || method === 'CONNECT') {
    throw refusal('ERR_METHOD_NOT_IMPLEMENTED', `${method} is never served; use another method`);
  }
  if (url.length > limits.requestLineBytes) {
    const message = `the request target has ${url.length} bytes, the limit is ${limits.requestLineBytes} bytes; shorten it`;
    throw refusal('ERR_URI_TOO_LONG', message);
  }
  const fields = readFields(rawHeaders, limits);
  const target = normaliseTarget(method, url);
  return {
    method,
    host: readHost(fields.host, target.authority, httpVersion),
    path: target.path,
    query: target.query,
    bodyLength: readBodyLength(fields, httpVersion),
    expectsContinue: readExpectation(fields.expect, httpVersion),
    traceparent:
      fields.traceparent !== undefined && TRACEPARENT.test(fields.traceparent) ? fields.traceparent : undefined,
    tracestate: fields.tracestate,
  };
}

function readFields(rawHeaders: readonly string[], limits: HeadLimits): Fields {
  const count = rawHeaders.length / 2;
  if (count > limits.headerCount) {
    const message = `the request has ${count} header fields, the limit is ${limits.headerCount}; send fewer`;
    throw refusal('ERR_HEADERS_TOO_LARGE', message);
  }
  const fields: Fields = {
    host: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    expect: undefined,
    traceparent: undefined,
    tracestate: undefined,
  };
  let bytes = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    bytes += name.length + value.length + FIELD_OVERHEAD_BYTES;
    readField(fields, name, value);
  }
  if (bytes > limits.headersBytes) {
    const message = `the header fields have ${bytes} bytes, the limit is ${limits.headersBytes} bytes; send less`;
    throw refusal('ERR_HEADERS_TOO_LARGE', message);
  }
  return fields;
}

function readField(fields: Fields, name: string, value: string): void {
  // The length rules out nearly every field before a comparison that has to ignore case.
  switch (name.length) {
    case 4:
      if (name.toLowerCase() === 'host') fields.host = once('host', fields.host, value);
      break;
    case 6:
      if (name.toLowerCase() === 'expect') fields.expect = once('expect', fields.expect, value);
      break;
    case 10:
      // May be sent in several fields (W3C trace context, section 3.3.1.1).
      if (name.toLowerCase() === 'tracestate') {
        fields.tracestate = fields.tracestate === undefined ? value : `${fields.tracestate},${value}`;
      }
      break;
    case 11:
      // Two of them are as good as none: an invalid value restarts the trace.
      if (name.toLowerCase() === 'traceparent') fields.traceparent = fields.traceparent === undefined ? value : '';
      break;
    case 14:
      if (name.toLowerCase() === 'content-length') {
        fields.contentLength = once('content-length', fields.contentLength, value);
      }
      break;
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') {
        fields.transferEncoding = once('transfer-encoding', fields.transferEncoding, value);
      }
      break;
    default:
  }
}

function once(name: string, earlier: string | undefined, value: string): string {
  if (earlier !== undefined) throw malformed(`the request has two "${name}" fields; send one`);
  return value;
}

function readHost(field: string | undefined, authority: string | undefined, httpVersion: string): string {
  if (field === undefined && httpVersion === '1.1') throw malformed('the request has no "host" field; send one');
  const host = (field ?? authority ?? '').toLowerCase();
  // RFC 9112, section 3.2.2 lets the target win; an upstream that takes the field would serve another host than we matched.
  if (authority !== undefined && authority.toLowerCase() !== host) {
    throw malformed('the "host" field and the host of the request target differ; send the same in both');
  }
  if (field === undefined && authority === undefined) return '';
  if (host.length > MAX_HOST_LENGTH || !HOST.test(host)) {
    throw malformed('the host of the request is not a name or address with an optional port; send one');
  }
  return host;
}

function readBodyLength({ contentLength, transferEncoding }: Fields, httpVersion: string): number {
  if (transferEncoding !== undefined) {
    if (httpVersion === '1.0') throw malformed('HTTP/1.0 has no "transfer-encoding"; use HTTP/1.1');
    if (contentLength !== undefined) {
      throw malformed('the request has both "content-length" and "transfer-encoding"; send one of them');
    }
    if (transferEncoding.toLowerCase() !== 'chunked') {
      throw malformed('the only "transfer-encoding" that is served is "chunked"; send the body so');
    }
    return CHUNKED;
  }
  if (contentLength === undefined) return 0;
  if (!CONTENT_LENGTH.test(contentLength)) throw malformed('the "content-length" is not a number of bytes; send one');
  return Number(contentLength);
}

function readExpectation(expect: string | undefined, httpVersion: string): boolean {
  // An HTTP/1.0 client cannot wait for a 100 (RFC 9110, section 10.1.1).
  if (expect === undefined || httpVersion === '1.0') return false;
  if (expect.toLowerCase() === '100-continue') return true;
  throw refusal('ERR_EXPECTATION_FAILED', 'the only expectation that is met is "100-continue"; leave "expect" away');
}

function malformed(message: string): HttpError {
  return refusal('ERR_REQUEST_MALFORMED', message);
}

function refusal(code: HttpErrorCode, message: string): HttpError {
  return new HttpError(code, message);
}
