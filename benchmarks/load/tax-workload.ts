// The requests of the tax function and the one right answer to each. Every request has a body that was never sent
// before, so that neither a cache nor a stuck server can answer it.

import { randomBytes } from 'node:crypto';

export const TAX_PATH = '/api/tax';

/** A request as it goes over the wire, and the body that must come back; both ASCII. */
export interface TaxExchange {
  readonly request: string;
  readonly expectedBody: string;
}

interface Order {
  readonly value: string;
  readonly total: string;
}

/** Amounts with two decimals up to 10,000, in no order. Formatting doubles ahead keeps the load client light. */
const ORDERS: readonly Order[] = Array.from({ length: 4096 }, (_, index) => {
  const value = ((index * 7919) % 1_000_003) / 100;
  return { value: String(value), total: String(value * 1.15) };
});

export class TaxWorkload {
  /** Request head by body length: all that changes from one to the next. */
  readonly #heads: string[] = [];
  readonly #port: number;
  /** Tells this workload's ids from those of every other one. */
  readonly #prefix = randomBytes(6).toString('hex');
  #count = 0;

  constructor(port: number) {
    this.#port = port;
  }

  next(): TaxExchange {
    const { id, value, total } = this.nextOrder();
    const body = `{"id":"${id}","value":${value}}`;
    const expectedBody = `{"order_id":"${id}","total_final":${total}}`;
    return { request: this.#head(body.length) + body, expectedBody };
  }

  /** An id of its own, an amount, and the total that is right for it, the numbers as JSON. */
  nextOrder(): Order & { readonly id: string } {
    const count = this.#count++;
    return { id: `${this.#prefix}-${count}`, ...ORDERS[count % ORDERS.length]! };
  }

  #head(bodyLength: number): string {
    return (this.#heads[bodyLength] ??= [
      `POST ${TAX_PATH} HTTP/1.1`,
      `host: 127.0.0.1:${this.#port}`,
      'content-type: application/json',
      `content-length: ${bodyLength}`,
      '\r\n',
    ].join('\r\n'));
  }
}
