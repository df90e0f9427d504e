// Reads a request body whole, or throws the rest of it away so that a client that still sends can read its refusal.

import type { IncomingMessage } from 'node:http';

import { HttpError } from '../../errors.ts';

/** Shared by all requests without a body. */
export const EMPTY_BODY: Uint8Array = new Uint8Array(0);

/**
 * Reads the body of a request, at most `maxBytes` of it. A length over the limit is refused before anything is read, a
 * chunked body when it passes the limit. `done` is called once, or never if the upload is aborted: whoever started it
 * learns of that from the connection.
 *
 * The bytes may share their ArrayBuffer with other requests: copy, never transfer.
 */
export function readBody(
  request: IncomingMessage,
  bodyLength: number,
  maxBytes: number,
  done: (error: HttpError | undefined, body: Uint8Array) => void,
): void {
  if (bodyLength > maxBytes) {
    done(tooLarge(`the request body has ${bodyLength} bytes`, maxBytes), EMPTY_BODY);
    return;
  }
  // Not one buffer of the announced length: a client must send the bytes before they cost memory.
  const chunks: Buffer[] = [];
  let received = 0;

  function onData(chunk: Buffer): void {
    received += chunk.length;
    if (received > maxBytes) {
      stop();
      done(tooLarge('the request body is longer', maxBytes), EMPTY_BODY);
      return;
    }
    chunks.push(chunk);
  }
  function onEnd(): void {
    stop();
    done(undefined, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, received));
  }
  function stop(): void {
    request.off('data', onData).off('end', onEnd);
  }
  request.on('data', onData).on('end', onEnd);
}

function tooLarge(what: string, maxBytes: number): HttpError {
  return new HttpError('ERR_BODY_TOO_LARGE', `${what}, the limit is ${maxBytes} bytes; send less`);
}

/**
 * Throws away what still arrives of a body, then calls `done` once: at its end, after `maxBytes`, or after `maxMs`.
 *
 * Closing a socket with unread bytes makes the kernel send a reset, which can take the answer out of the client's hands
 * before it is read (RFC 9112, section 9.6). The two bounds keep that courtesy from being a way to hold connections.
 */
export function discardBody(request: IncomingMessage, maxBytes: number, maxMs: number, done: () => void): void {
  // Node has already put an end to the stream of a request that can have no body.
  if (request.destroyed || request.readableEnded) {
    done();
    return;
  }
  let discarded = 0;
  const timer = setTimeout(stop, maxMs);

  function onData(chunk: Buffer): void {
    discarded += chunk.length;
    if (discarded > maxBytes) stop();
  }
  function stop(): void {
    clearTimeout(timer);
    request.off('data', onData).off('end', stop).off('close', stop);
    done();
  }
  request.on('data', onData).on('end', stop).on('close', stop).resume();
}
