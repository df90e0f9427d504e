// The yardstick: the work of the tax function in JavaScript, in the handler of a bare node:http server.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function computeTax(response: ServerResponse, body: string): void {
  let order: { id?: unknown; value?: unknown } | null;
  try {
    order = JSON.parse(body) as typeof order;
  } catch {
    answer(response, 400, '{"error":"the body is not valid JSON"}');
    return;
  }
  const { id, value } = order ?? {};
  if (typeof id !== 'string' || typeof value !== 'number') {
    answer(response, 400, '{"error":"send a JSON object with id and value"}');
    return;
  }
  answer(response, 200, JSON.stringify({ order_id: id, total_final: value * 1.15 }));
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'POST' || request.url !== '/api/tax') {
    answer(response, 404, '{"error":"POST /api/tax is all there is"}');
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => computeTax(response, Buffer.concat(chunks).toString()));
}

createServer(serve).listen(Number(process.argv[2]), '127.0.0.1');
