// One request and its answer, from the parsed head to the access log: what the steps of a route work on. Whatever
// happens to the client, it ends exactly once. Runs on the main thread; knows no function and no upstream.

import type { IncomingMessage, ServerResponse } from 'node:http';

import { HTTP_STATUS, HttpError } from '../../errors.ts';
import type { HttpErrorCode } from '../../errors.ts';
import type { CodedError } from '../../../runtime/errors.ts';
import type { InvocationReport } from '../../../runtime/invocation.ts';
import type { RouteMatch } from '../../routes/route-table.ts';
import type { Connection } from './connection.ts';
import type { RequestHead } from './framing.ts';
import { problemAnswer, toHttpCoded } from './problem.ts';
import { discardBody, EMPTY_BODY, readBody } from './request-body.ts';

/** Takes over an exchange: answers it, now or later, or leaves it to another handler. */
export type Handler = (exchange: Exchange) => void;

/** A request that is over, for the access log and metrics. */
export interface FinishedRequest {
  readonly id: string;
  readonly remoteAddress: string;
  /** As received; empty if the request could not be parsed so far. The same for `host`, `path` and `query`. */
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly match: RouteMatch | undefined;
  /** 499 if the client left before an answer. */
  readonly status: number;
  /** Bytes of the answer's body, whether or not all of them arrived. */
  readonly bodyBytes: number;
  readonly durationMs: number;
  /** Why there was no good answer; ERR_CANCELLED also if the client left while the answer was sent. */
  readonly error: CodedError<HttpErrorCode> | undefined;
  /** Of the invocation that served it, if one did. */
  readonly report?: InvocationReport | undefined;
}

/** What all exchanges of a listener share. */
export interface ExchangeContext {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly onFinished: (request: FinishedRequest) => void;
  /** How long a client may take to receive an answer, in milliseconds. */
  readonly responseTimeoutMs: number;
  /** How long the rest of a refused body is thrown away, in milliseconds. */
  readonly lingerMs: number;
  /** While true, every answer closes its connection. */
  isDraining: boolean;
}

// Framing and identity of an answer are the gateway's: a second copy from a function or an upstream would contradict them.
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);
/** How much of a refused body is thrown away before the connection is closed on it. */
const LINGER_BYTES = 4 * 1024 * 1024;
const UNREAD_HEAD: RequestHead = {
  method: '',
  host: '',
  path: '',
  query: '',
  bodyLength: 0,
  expectsContinue: false,
  traceparent: undefined,
  tracestate: undefined,
};

/** `open` until an answer is given, `answering` until it has been sent; `gone` if the client left while it was open. */
type ExchangeState = 'open' | 'answering' | 'finished' | 'gone';

export class Exchange implements FinishedRequest {
  readonly id: string;
  /** On the monotonic clock of the listener. */
  readonly startedAtMs: number;
  readonly connection: Connection;
  readonly request: IncomingMessage;
  /** What the client sent; with empty fields if it was refused before it was read. */
  head: RequestHead = UNREAD_HEAD;
  /** Set before the handler of the route runs. */
  match: RouteMatch | undefined = undefined;
  /** Empty until {@link readBody} has called its handler. */
  body: Uint8Array = EMPTY_BODY;
  /** Of the answer; 0 before it. */
  status = 0;
  bodyBytes = 0;
  durationMs = 0;
  error: CodedError<HttpErrorCode> | undefined = undefined;
  /** Set by the function that served the request. */
  report: InvocationReport | undefined = undefined;

  readonly #response: ServerResponse;
  readonly #context: ExchangeContext;
  #state: ExchangeState = 'open';
  /** Whether the client may still be sending. True also if the head could not be read: what follows is then unknown. */
  #isBodyUnread = true;
  #goneListeners: (() => void)[] | undefined = undefined;
  #slowClientTimer: NodeJS.Timeout | undefined = undefined;

  constructor(
    context: ExchangeContext,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
  ) {
    this.#context = context;
    this.connection = connection;
    this.request = request;
    this.#response = response;
    this.id = id;
    this.startedAtMs = context.now();
    connection.exchanges.add(this);
    response.on('finish', () => {
      // Not after the connection has closed, which may come first.
      if (this.#state === 'answering') this.#finish('finished');
    });
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }
  get method(): string {
    return this.head === UNREAD_HEAD ? (this.request.method ?? '') : this.head.method;
  }
  get host(): string {
    return this.head.host;
  }
  get path(): string {
    return this.head.path;
  }
  get query(): string {
    return this.head.query;
  }

  /** Sets the head once it has been read without objection. */
  accept(head: RequestHead): void {
    this.head = head;
    this.#isBodyUnread = head.bodyLength !== 0;
  }

  /** Runs a handler; what it throws fails the exchange. */
  run(handler: Handler): void {
    try {
      handler(this);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Reads the request body into {@link body}, then runs `next`; without a body at once. Over `maxBytes` the exchange fails
   * with ERR_BODY_TOO_LARGE; of an aborted upload nothing is run. A client that waits for a 100 gets it here, so only
   * when its request is accepted. Call it once.
   */
  readBody(maxBytes: number, next: Handler): void {
    if (!this.#isBodyUnread) {
      next(this);
      return;
    }
    const { bodyLength, expectsContinue } = this.head;
    if (expectsContinue && bodyLength <= maxBytes) this.#response.writeContinue();
    readBody(this.request, bodyLength, maxBytes, (error, body) => {
      if (this.#state !== 'open') return;
      if (error !== undefined) {
        this.fail(error);
        return;
      }
      this.#isBodyUnread = false;
      this.body = body;
      this.run(next);
    });
  }

  /** Calls back once if the client leaves before it has an answer; at once if it has left. */
  onClientGone(listener: () => void): void {
    if (this.#state === 'open') (this.#goneListeners ??= []).push(listener);
    else if (this.#state === 'gone') listener();
  }

  /** False once it is answered, failed, or left by its client: work for it is then for nothing. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** True while the request body is still arriving and nothing has been answered. */
  get isUploading(): boolean {
    return this.#state === 'open' && this.#isBodyUnread;
  }

  /**
   * Sends the answer; ignored if there is one already or the client has left. Fields that frame the message or name the
   * request are the gateway's and dropped from `headers`; the body is dropped where HTTP has none (HEAD, 204, 304).
   * @param headers flat: name, value, name, value …; names in lower case.
   */
  answer(status: number, headers: readonly string[], body: Uint8Array): void {
    if (this.#state !== 'open') return;
    const isHead = this.request.method === 'HEAD';
    const hasNoBody = status === 204 || status === 304;
    const fields: string[] = [];
    for (let i = 0; i < headers.length; i += 2) {
      if (!OWN_FIELDS.has(headers[i]!)) fields.push(headers[i]!, headers[i + 1]!);
    }
    fields.push('x-request-id', this.id);
    // For HEAD it is what GET would have sent, which an answer without body does not tell (RFC 9110, section 8.6).
    if (!hasNoBody && !(isHead && body.byteLength === 0)) fields.push('content-length', String(body.byteLength));
    const mustClose = this.#mustClose();
    if (mustClose) fields.push('connection', 'close');
    try {
      this.#response.writeHead(status, fields);
    } catch (error) {
      // The status line keeps the reason phrase of the first attempt otherwise.
      this.#response.statusMessage = '';
      this.fail(error);
      return;
    }
    this.status = status;
    if (mustClose) this.connection.isClosing = true;
    this.#send(isHead || hasNoBody ? EMPTY_BODY : body);
  }

  /**
   * Answers with a problem document; ignored like {@link answer}. An error whose code is not in `HTTP_STATUS` becomes
   * ERR_INTERNAL with the given one as its cause.
   */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.error = toHttpCoded(error);
    const { status, headers, body } = problemAnswer(this.error, this.id);
    this.answer(status, headers, body);
  }

  /** Called by the connection when its socket has closed. */
  clientGone(): void {
    const isUnanswered = this.#state === 'open';
    if (!isUnanswered && this.#state !== 'answering') return;
    this.error ??= new HttpError('ERR_CANCELLED', 'the client closed the connection before it had the answer');
    if (isUnanswered) this.status = HTTP_STATUS.ERR_CANCELLED;
    this.#finish(isUnanswered ? 'gone' : 'finished');
    if (isUnanswered) for (const listener of this.#goneListeners ?? []) listener();
  }

  #mustClose(): boolean {
    // While draining, an answer that is not the last one on its connection must not cut off the pipelined ones behind it.
    return this.#isBodyUnread || (this.#context.isDraining && this.connection.exchanges.size === 1);
  }

  #send(body: Uint8Array): void {
    this.#state = 'answering';
    this.bodyBytes = body.byteLength;
    const response = this.#response;
    if (this.#isBodyUnread) {
      // The whole answer goes out now; only its end, which closes the connection, waits for the client to stop sending.
      if (body.byteLength > 0) response.write(body);
      else response.flushHeaders();
      discardBody(this.request, LINGER_BYTES, this.#context.lingerMs, () => response.end());
    } else if (body.byteLength > 0) {
      response.end(body);
    } else {
      response.end();
    }
    this.#watchSlowClient();
  }

  /** Most answers are in the kernel's hands by now; a timer is made only for the others. */
  #watchSlowClient(): void {
    if (this.#state !== 'answering') return;
    const { socket } = this.#response;
    // Without a socket it waits behind an earlier answer on the same connection.
    if (socket !== null && socket.writableLength === 0) return;
    this.#slowClientTimer = setTimeout(() => this.connection.socket.destroy(), this.#context.responseTimeoutMs);
  }

  #finish(state: 'finished' | 'gone'): void {
    this.#state = state;
    clearTimeout(this.#slowClientTimer);
    this.durationMs = this.#context.now() - this.startedAtMs;
    this.connection.exchangeFinished(this);
    this.#context.onFinished(this);
  }
}
