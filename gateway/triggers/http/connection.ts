// One client connection: which exchanges are open on it, what happens to them when it closes, and the answers to bytes
// that Node's parser could not turn into a request.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { HttpError } from '../../errors.ts';
import type { HttpErrorCode } from '../../errors.ts';
import type { Exchange } from './exchange.ts';
import { problemAnswer } from './problem.ts';

export class Connection {
  readonly socket: Socket;
  /** Without the prefix of an IPv4 address on an IPv6 socket. */
  readonly remoteAddress: string;
  /** Open and answering, in the order of their requests; more than one if the client pipelines. */
  readonly exchanges = new Set<Exchange>();
  /**
   * True once an answer has announced the end of the connection or its bytes have stopped making sense: what still
   * arrives is not read as a request.
   */
  isClosing = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.remoteAddress = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    // A listener on the socket once, not on each answer: Node emits nothing for answers that wait behind another.
    socket.once('close', () => {
      for (const exchange of this.exchanges) exchange.clientGone();
    });
  }

  get isServing(): boolean {
    return this.exchanges.size > 0;
  }

  exchangeFinished(exchange: Exchange): void {
    this.exchanges.delete(exchange);
    // Node closes it by itself after an answer with `connection: close`; after a parse error it would wait for the client.
    if (this.isClosing && !this.isServing) this.socket.destroySoon();
  }

  /** Closes it if no request is being served on it. */
  closeIfIdle(): void {
    if (!this.isServing) this.socket.destroy();
  }

  /**
   * Ends the connection because of bytes that are no request. An upload that they belong to fails with the error; earlier
   * requests get their answers first. With neither, the answer is written to the socket itself.
   * @returns the status and body length of the raw answer, or undefined if none was written.
   */
  refuse(error: HttpError, requestId: string, lingerMs: number): { status: number; bodyBytes: number } | undefined {
    const wasClosing = this.isClosing;
    this.isClosing = true;
    for (const exchange of this.exchanges) if (exchange.isUploading) exchange.fail(error);
    if (wasClosing || this.isServing) return undefined;
    const { status, headers, body } = problemAnswer(error, requestId);
    const fields = [
      ...headers,
      'x-request-id',
      requestId,
      'content-length',
      String(body.length),
      'connection',
      'close',
    ];
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ndate: ${new Date().toUTCString()}\r\n`;
    for (let i = 0; i < fields.length; i += 2) head += `${fields[i]!}: ${fields[i + 1]!}\r\n`;
    this.socket.end(`${head}\r\n${body.toString('latin1')}`, 'latin1');
    // Closed by the client as a rule; the rest of what it sends is read and dropped until then, see `discardBody`.
    const timer = setTimeout(() => this.socket.destroy(), lingerMs);
    this.socket.once('close', () => clearTimeout(timer));
    return { status, bodyBytes: body.length };
  }
}

/** Node's error codes for what is wrong with bytes; all others are malformed requests. */
const PARSE_ERRORS: ReadonlyMap<string, readonly [HttpErrorCode, string]> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', ['ERR_REQUEST_TIMEOUT', 'the request did not arrive in time; send it without pauses']],
  ['HPE_HEADER_OVERFLOW', ['ERR_HEADERS_TOO_LARGE', 'the request line and header fields are too large; send less']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['ERR_BODY_TOO_LARGE', 'the chunk extensions are too large; leave them away']],
  ['HPE_INVALID_VERSION', ['ERR_VERSION_NOT_SUPPORTED', 'the HTTP version is not served here; use HTTP/1.1']],
  ['HPE_PAUSED_H2_UPGRADE', ['ERR_VERSION_NOT_SUPPORTED', 'HTTP/2 is not served here; use HTTP/1.1']],
]);
/** A request line that is in order but for a method that the parser does not know. */
const UNKNOWN_METHOD = /^[A-Za-z-]{1,32} \S+ HTTP\/1\.[01]\r?\n/;

/** What a failure of Node's parser means for the client. */
export function toRefusal(error: Error & { code?: string; rawPacket?: Buffer }): HttpError {
  const known = PARSE_ERRORS.get(error.code ?? '');
  if (known !== undefined) return new HttpError(known[0], known[1], { cause: error });
  if (error.code === 'HPE_INVALID_METHOD' && UNKNOWN_METHOD.test(error.rawPacket?.toString('latin1', 0, 8192) ?? '')) {
    return new HttpError('ERR_METHOD_NOT_IMPLEMENTED', 'the method is not known; use another method', { cause: error });
  }
  return new HttpError('ERR_REQUEST_MALFORMED', 'the request is not valid HTTP/1.1; check its syntax', {
    cause: error,
  });
}
