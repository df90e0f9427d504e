// The HTTP server for untrusted clients: from a socket to an exchange that is handed to `dispatch`. Runs on the main
// thread; knows no route and no function.

import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { HttpError } from '../../errors.ts';
import { Connection, toRefusal } from './connection.ts';
import { Exchange, type ExchangeContext, type FinishedRequest, type Handler } from './exchange.ts';
import { type HeadLimits, readHead } from './framing.ts';
import { createRequestIds } from './request-id.ts';

/** What clients may send, and how slowly. */
export interface ListenerLimits extends HeadLimits {
  /** Time to receive the header section, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Time to receive the whole request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a kept-alive connection may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Most open connections; more are closed as they come. */
  readonly maxConnections: number;
}

export interface HttpListenerOptions {
  readonly limits: ListenerLimits;
  /** Called once for each request that is in order; it answers or fails the exchange, now or later. */
  readonly dispatch: Handler;
  /** Called exactly once for each request when it is over, refused and aborted ones included; must not throw. */
  readonly onFinished?: (request: FinishedRequest) => void;
  /** Called when a connection could not be accepted, such as EMFILE for want of file descriptors. */
  readonly onAcceptError?: (error: Error) => void;
  /** How long a client may take to receive an answer, in milliseconds; default 60,000. */
  readonly responseTimeoutMs?: number;
  /** How long a refused client may go on sending before its connection is cut, in milliseconds; default 1,000. */
  readonly lingerMs?: number;
  /** How long {@link HttpListener.drain} leaves connections open that serve no request, in milliseconds; default 500. */
  readonly drainIdleMs?: number;
}

/** Errors of a connection that is gone: there is nobody to answer. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);
/** Node's parser counts the request line and the fields together; our own count is exact, this only bounds its memory. */
const PARSER_SLACK_BYTES = 1024;
const MAX_CHECKING_INTERVAL_MS = 1000;

export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #context: ExchangeContext;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #nextId = createRequestIds(Date.now, randomFillSync);

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#context = {
      now: () => performance.now(),
      onFinished: options.onFinished ?? (() => undefined),
      responseTimeoutMs: options.responseTimeoutMs ?? 60_000,
      lingerMs: options.lingerMs ?? 1_000,
      isDraining: false,
    };
    this.#server = createHardenedServer(options.limits);
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#onRequest(request, response);
    this.#server
      .on('error', (error) => {
        // Without a listener it would end the process; a failure to listen is told by `listen`.
        if (this.#server.listening) options.onAcceptError?.(error);
      })
      .on('connection', (socket) => this.#onConnection(socket))
      .on('request', onRequest)
      .on('checkContinue', onRequest)
      .on('checkExpectation', onRequest)
      // Without a listener Node closes the connection of a CONNECT without a word.
      .on('connect', (request) => this.#onConnect(request))
      .on('clientError', (error, socket) => this.#onClientError(error, socket));
  }

  /**
   * Starts to listen and tells where; port 0 lets the operating system choose.
   * @throws Error of node:net, such as EADDRINUSE.
   */
  async listen({ host, port }: { host: string | null; port: number }): Promise<AddressInfo> {
    this.#server.listen({ port, ...(host === null ? {} : { host }) });
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('the listener is bound to no port');
    return address;
  }

  /** Open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Stops to accept connections and resolves when all are closed: requests in flight are answered, every answer closes
   * its connection. May take as long as they do; end it with {@link destroy}.
   */
  async drain(): Promise<void> {
    this.#context.isDraining = true;
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    // The close of node:http also cuts idle connections at once, on which a request may be under way.
    NetServer.prototype.close.call(this.#server);
    const timer = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.closeIfIdle();
    }, this.#options.drainIdleMs ?? 500);
    await closed;
    clearTimeout(timer);
    // Ends Node's timer that looks for slow clients, which kept watching until now.
    this.#server.close();
  }

  /** Closes every connection at once, whatever is in flight on it. */
  destroy(): void {
    this.#context.isDraining = true;
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #onConnection(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket));
    socket.once('close', () => this.#connections.delete(socket));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.isClosing) return;
    const exchange = new Exchange(this.#context, connection, request, response, this.#nextId());
    try {
      exchange.accept(readHead(request, this.#options.limits));
    } catch (error) {
      exchange.fail(error);
      return;
    }
    exchange.run(this.#options.dispatch);
  }

  #onConnect(request: IncomingMessage): void {
    // Node has taken its own listeners off the socket.
    request.socket.on('error', () => undefined).resume();
    const message = 'CONNECT is never served; use another method';
    this.#refuse(request.socket, new HttpError('ERR_METHOD_NOT_IMPLEMENTED', message), request.method);
  }

  #onClientError(error: Error & { code?: string }, socket: Duplex): void {
    // A client that connected in advance and never sent a byte is no request: nothing to answer, nothing to log.
    if (!(socket instanceof Socket) || GONE.has(error.code ?? '') || !socket.writable || socket.bytesRead === 0) {
      socket.destroy();
    } else if (error.code === 'HPE_INVALID_EOF_STATE' && this.#connections.get(socket)?.isServing === true) {
      // The client ended the connection within its upload: it has left, there is nothing wrong with its bytes.
      socket.destroySoon();
    } else {
      this.#refuse(socket, toRefusal(error));
    }
  }

  #refuse(socket: Socket, error: HttpError, method = ''): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    const id = this.#nextId();
    const answer = connection.refuse(error, id, this.#context.lingerMs);
    if (answer === undefined) return;
    const { remoteAddress } = connection;
    const nothingRead = { method, host: '', path: '', query: '', match: undefined };
    this.#context.onFinished({ id, remoteAddress, ...nothingRead, ...answer, durationMs: 0, error });
  }
}

/**
 * A server of node:http with every limit set and every leniency off. It has no `upgrade` listener, so an offer of another
 * protocol is served as a plain request. A client that closes its half of the connection counts as gone: TCP does not tell
 * it from one that has left, and what has left must not hold a sandbox.
 */
function createHardenedServer(limits: ListenerLimits): Server {
  const shortestMs = Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs);
  const server = createServer({
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    // Node looks for slow clients this often: a limit is passed by at most a quarter.
    connectionsCheckingInterval: Math.max(10, Math.min(MAX_CHECKING_INTERVAL_MS, Math.floor(shortestMs / 4))),
    maxHeaderSize: limits.requestLineBytes + limits.headersBytes + PARSER_SLACK_BYTES,
    insecureHTTPParser: false,
    // `readHead` refuses a missing host with a problem document.
    requireHostHeader: false,
    // No stream events for the many requests without a body.
    optimizeEmptyRequests: true,
    noDelay: true,
  });
  // Node would silently drop the fields over its limit, and with them what frames the message; `readHead` refuses them.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;
  return server;
}

/** Makes a listener; see {@link HttpListenerOptions}. */
export function createHttpListener(options: HttpListenerOptions): HttpListener {
  return new HttpListener(options);
}
