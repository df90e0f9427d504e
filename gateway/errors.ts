// What a client is told when a request has no answer: the one table from error code to HTTP status. Nothing behind the
// gateway's edge knows a status.

import { CodedError } from '../runtime/errors.ts';
import type { InvocationErrorCode } from '../runtime/errors.ts';

/** Codes of errors that the HTTP front itself finds; those of the runtime are `InvocationErrorCode`. */
export type HttpFrontErrorCode =
  | 'ERR_REQUEST_MALFORMED'
  | 'ERR_ROUTE_NOT_FOUND'
  | 'ERR_METHOD_NOT_ALLOWED'
  | 'ERR_REQUEST_TIMEOUT'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_URI_TOO_LONG'
  | 'ERR_EXPECTATION_FAILED'
  | 'ERR_HEADERS_TOO_LARGE'
  | 'ERR_INTERNAL'
  | 'ERR_METHOD_NOT_IMPLEMENTED'
  | 'ERR_VERSION_NOT_SUPPORTED';

/** Every code that an HTTP client or the access log may see. */
export type HttpErrorCode = HttpFrontErrorCode | InvocationErrorCode;

export const HTTP_STATUS = {
  ERR_REQUEST_MALFORMED: 400,
  ERR_ROUTE_NOT_FOUND: 404,
  ERR_METHOD_NOT_ALLOWED: 405,
  ERR_REQUEST_TIMEOUT: 408,
  ERR_BODY_TOO_LARGE: 413,
  ERR_URI_TOO_LONG: 414,
  ERR_EXPECTATION_FAILED: 417,
  ERR_HEADERS_TOO_LARGE: 431,
  // Never sent: the client has left. The number is the one that access logs of other proxies use for it.
  ERR_CANCELLED: 499,
  ERR_INTERNAL: 500,
  ERR_METHOD_NOT_IMPLEMENTED: 501,
  ERR_GUEST_TRAP: 502,
  ERR_GUEST_EXIT: 502,
  ERR_GUEST_OUTPUT: 502,
  ERR_GUEST_OUTPUT_TOO_LARGE: 502,
  ERR_GUEST_MEMORY: 502,
  ERR_THREAD_LOST: 502,
  ERR_PROCESS_LOST: 502,
  ERR_QUEUE_FULL: 503,
  ERR_QUEUE_TIMEOUT: 503,
  ERR_DRAINING: 503,
  ERR_GUEST_DEADLINE: 504,
  ERR_GUEST_CPU_BUDGET: 504,
  ERR_GUEST_FUEL: 504,
  ERR_VERSION_NOT_SUPPORTED: 505,
} as const satisfies Record<HttpErrorCode, number>;

/** What each code means, in words for the client; the same for every occurrence (RFC 9457, section 3.1.3). */
export const PROBLEM_TITLE = {
  ERR_REQUEST_MALFORMED: 'The request is malformed',
  ERR_ROUTE_NOT_FOUND: 'No route takes this path',
  ERR_METHOD_NOT_ALLOWED: 'The route does not take this method',
  ERR_REQUEST_TIMEOUT: 'The request took too long to arrive',
  ERR_BODY_TOO_LARGE: 'The request body is too large',
  ERR_URI_TOO_LONG: 'The request target is too long',
  ERR_EXPECTATION_FAILED: 'The expectation cannot be met',
  ERR_HEADERS_TOO_LARGE: 'The request headers are too large',
  ERR_CANCELLED: 'The client closed the connection',
  ERR_INTERNAL: 'The gateway failed',
  ERR_METHOD_NOT_IMPLEMENTED: 'The method is not implemented',
  ERR_GUEST_TRAP: 'The function trapped',
  ERR_GUEST_EXIT: 'The function exited with an error',
  ERR_GUEST_OUTPUT: 'The function gave no valid answer',
  ERR_GUEST_OUTPUT_TOO_LARGE: 'The answer of the function is too large',
  ERR_GUEST_MEMORY: 'The function ran out of memory',
  ERR_THREAD_LOST: 'The function lost its thread',
  ERR_PROCESS_LOST: 'The function lost its process',
  ERR_QUEUE_FULL: 'Too many requests are waiting',
  ERR_QUEUE_TIMEOUT: 'The request waited too long',
  ERR_DRAINING: 'The gateway is shutting down',
  ERR_GUEST_DEADLINE: 'The function passed its deadline',
  ERR_GUEST_CPU_BUDGET: 'The function used up its CPU time',
  ERR_GUEST_FUEL: 'The function used up its fuel',
  ERR_VERSION_NOT_SUPPORTED: 'The HTTP version is not supported',
} as const satisfies Record<HttpErrorCode, string>;

export function isHttpErrorCode(code: string): code is HttpErrorCode {
  return Object.hasOwn(HTTP_STATUS, code);
}

/**
 * A request refused by the HTTP front. The message goes to the client as `detail`: it names what is wrong with the
 * request and never anything of a guest or of the inside.
 */
export class HttpError extends CodedError<HttpErrorCode> {
  override readonly name = 'HttpError';
  /** Header fields of the answer, flat: name, value …; names in lower case. */
  readonly headers: readonly string[];

  constructor(
    code: HttpErrorCode,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; headers?: readonly string[]; cause?: unknown } = {},
  ) {
    super(code, message, options.details, 'cause' in options ? { cause: options.cause } : {});
    this.headers = options.headers ?? [];
  }
}
