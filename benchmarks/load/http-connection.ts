// One keep-alive connection with at most one request in flight, on a bare socket: an HTTP client would cost more than
// the servers that are measured.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { checkAnswer } from './check-answer.ts';
import type { TaxExchange } from './tax-workload.ts';

const READ_BUFFER_BYTES = 64 * 1024;

/** A wrong answer, or none: the message shows the request and what came back. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}

export interface ConnectionListener {
  /** The answer to the request is complete and right. */
  answered(connection: HttpConnection): void;
  /** Called at most once; the connection is of no use after it. */
  failed(failure: LoadFailure): void;
}

export class HttpConnection {
  /** When the request in flight was meant to be sent, on the clock of its sender. */
  dueAtMs = 0;
  readonly #listener: ConnectionListener;
  readonly #socket: Socket;
  #exchange: TaxExchange | undefined;
  #received = '';
  #isClosed = false;

  private constructor(port: number, listener: ConnectionListener) {
    this.#listener = listener;
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    const callback = (length: number): boolean => {
      this.#receive(buffer.toString('latin1', 0, length));
      return true;
    };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer, callback } });
  }

  /** @throws Error of the system if nothing listens on the port */
  static async open(port: number, listener: ConnectionListener): Promise<HttpConnection> {
    const connection = new HttpConnection(port, listener);
    const socket = connection.#socket;
    await once(socket, 'connect');
    socket.on('error', (error) => connection.#fail(`the connection failed (${error.message})`));
    socket.on('close', () => connection.#fail('the server closed the connection'));
    return connection;
  }

  /** Not to be called while an answer is awaited. */
  send(exchange: TaxExchange, dueAtMs: number): void {
    this.#exchange = exchange;
    this.dueAtMs = dueAtMs;
    this.#socket.write(exchange.request, 'latin1');
  }

  /** Closes without telling the listener. */
  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** Fails the request in flight, if there is one. */
  giveUp(reason: string): void {
    if (this.#exchange !== undefined) this.#fail(reason);
  }

  #receive(text: string): void {
    this.#received += text;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#fail('bytes came that answer no request');
      return;
    }
    const verdict = checkAnswer(this.#received, exchange.expectedBody);
    if (verdict === 'incomplete') return;
    if (verdict === 'right') {
      this.#received = '';
      this.#exchange = undefined;
      this.#listener.answered(this);
    } else {
      this.#fail(`wrong answer: ${verdict.wrong}`);
    }
  }

  #fail(reason: string): void {
    if (this.#isClosed) return;
    this.close();
    const request = this.#exchange?.request ?? '(none)';
    const answer = this.#received === '' ? '(nothing)' : this.#received;
    this.#listener.failed(new LoadFailure(`${reason}\n--- request ---\n${request}\n--- answer ---\n${answer}`));
  }
}
