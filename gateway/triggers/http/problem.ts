// Errors as RFC 9457 problem documents.

import { HTTP_STATUS, HttpError, isHttpErrorCode, PROBLEM_TITLE } from '../../errors.ts';
import type { HttpErrorCode } from '../../errors.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** An answer that is ready to be written. */
export interface ProblemAnswer {
  readonly status: number;
  /** Flat: name, value …; names in lower case. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** When a client that met a full queue or a gateway on its way out should come back, in seconds. */
const RETRY_AFTER_S = '1';

/**
 * Any thrown value as an error that can be answered; what has no status becomes ERR_INTERNAL with its cause. So does
 * ERR_CANCELLED: it says that there is no client, and here there is one.
 */
export function toHttpCoded(error: unknown): CodedError<HttpErrorCode> {
  if (isHttpCoded(error) && error.code !== 'ERR_CANCELLED') return error;
  return new HttpError('ERR_INTERNAL', 'the gateway failed to serve the request; try again later', { cause: error });
}

function isHttpCoded(error: unknown): error is CodedError<HttpErrorCode> {
  return error instanceof CodedError && isHttpErrorCode(error.code);
}

/**
 * The answer for an error. Only an {@link HttpError} says its message: the message of any other may tell of a guest or of
 * the inside.
 */
export function problemAnswer(error: CodedError<HttpErrorCode>, requestId: string): ProblemAnswer {
  const { code } = error;
  const status = HTTP_STATUS[code];
  const document = {
    type: `urn:wasmgate:error:${code}`,
    title: PROBLEM_TITLE[code],
    status,
    code,
    request_id: requestId,
    ...(error instanceof HttpError ? { detail: error.message } : {}),
  };
  const headers = ['content-type', 'application/problem+json', 'cache-control', 'no-store'];
  if (error instanceof HttpError) headers.push(...error.headers);
  if (status === 503 && !headers.includes('retry-after')) headers.push('retry-after', RETRY_AFTER_S);
  return { status, headers, body: Buffer.from(JSON.stringify(document)) };
}
