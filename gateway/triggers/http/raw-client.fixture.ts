// For tests: a listener on port 0 with a handler of the test, and a client that writes bytes as they are.

import { connect, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

import type { Handler } from './exchange.ts';
import type { FinishedRequest } from './exchange.ts';
import { createHttpListener, type HttpListener, type HttpListenerOptions, type ListenerLimits } from './listener.ts';

export const TEST_LIMITS: ListenerLimits = {
  requestLineBytes: 8192,
  headersBytes: 16_384,
  headerCount: 100,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 5_000,
  maxConnections: 1_000,
};

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; the last of several. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers 200 with method, path and body length, after reading at most 1000 bytes of body. */
export const echo: Handler = (exchange) =>
  exchange.readBody(1000, () => {
    const { method, path } = exchange.head;
    exchange.answer(200, ['content-type', 'text/plain'], Buffer.from(`${method} ${path} ${exchange.body.byteLength}`));
  });

export interface RunningListener {
  readonly listener: HttpListener;
  readonly port: number;
  readonly finished: readonly FinishedRequest[];
  /** Resolves when so many requests are over. */
  readonly finishedCount: (count: number) => Promise<void>;
}

export async function startListener(
  dispatch: Handler = echo,
  options: Partial<Omit<HttpListenerOptions, 'limits'>> & { limits?: Partial<ListenerLimits> } = {},
): Promise<RunningListener> {
  const finished: FinishedRequest[] = [];
  const waiting = new Set<() => void>();
  const listener = createHttpListener({
    ...options,
    dispatch,
    limits: { ...TEST_LIMITS, ...options.limits },
    onFinished: (request) => {
      finished.push(request);
      for (const check of waiting) check();
    },
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.destroy());
  const finishedCount = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (finished.length < count) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { listener, port, finished, finishedCount };
}

export class RawClient {
  readonly socket: Socket;
  /** What has arrived and was not yet taken as an answer. */
  pending = '';
  readonly closed: Promise<void>;
  #isClosed = false;
  #wake: (() => void) | undefined = undefined;

  constructor(port: number, allowHalfOpen = false) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    // A reset is one of the ways in which a connection may end.
    this.socket.on('error', () => undefined);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.pending += text;
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#isClosed = true;
        this.#wake?.();
        resolve();
      });
    });
  }

  write(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** The next answer, or undefined if the connection closes before a whole one has arrived. */
  async answer({ toHead = false } = {}): Promise<RawAnswer | undefined> {
    for (;;) {
      const answer = this.#take(toHead);
      if (answer !== undefined) return answer;
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(toHead: boolean): RawAnswer | undefined {
    const end = this.pending.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [statusLine = '', ...lines] = this.pending.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    const status = Number(statusLine.split(' ')[1]);
    const length = toHead || status === 100 ? 0 : Number(headers['content-length'] ?? 0);
    if (this.pending.length < end + 4 + length) return undefined;
    const body = this.pending.slice(end + 4, end + 4 + length);
    this.pending = this.pending.slice(end + 4 + length);
    return { status, headers, body };
  }
}

export function openClient(port: number, options: { allowHalfOpen?: boolean } = {}): RawClient {
  const client = new RawClient(port, options.allowHalfOpen);
  onTestFinished(() => {
    client.socket.destroy();
  });
  return client;
}

/** Sends bytes on a connection of their own and gives the first answer. */
export function send(port: number, text: string): Promise<RawAnswer | undefined> {
  return openClient(port).write(text).answer();
}

export async function sendGood(port: number): Promise<number | undefined> {
  const client = openClient(port).write('GET /good HTTP/1.1\r\nhost: a\r\n\r\n');
  const answer = await client.answer();
  client.socket.destroy();
  return answer?.status;
}

/** The `code` of a problem document. */
export function problemCode(answer: RawAnswer | undefined): unknown {
  const document: unknown = JSON.parse(answer?.body ?? '{}');
  return typeof document === 'object' && document !== null && 'code' in document ? document.code : undefined;
}
