// For tests: a server for the load client, right or wrong as the test wants.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Order {
  readonly id: string;
  readonly value: number;
}

export type AnswerOrder = (response: ServerResponse, order: Order, count: number) => void;

/** A server that parses each order and leaves the answer to the test; `ids` are those that it has seen. */
export async function startOrderServer(answer: AnswerOrder): Promise<{ port: number; ids: string[] }> {
  const ids: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const order = JSON.parse(body) as Order;
      answer(response, order, ids.push(order.id));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, ids };
}

function answerWith(response: ServerResponse, { id }: Order, total: number): void {
  const body = JSON.stringify({ order_id: id, total_final: total });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

export const answerRightly: AnswerOrder = (response, order) => answerWith(response, order, order.value * 1.15);

/** Right but for every `interval`th answer, whose total is off by a cent. */
export function wrongOnceIn(interval: number): AnswerOrder {
  return (response, order, count) => {
    answerWith(response, order, order.value * 1.15 + (count % interval === 0 ? 0.01 : 0));
  };
}
