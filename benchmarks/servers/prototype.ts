// The least that serving a wasm function from another thread costs: node:http and one worker thread, the requests of one
// turn of the event loop sent to it as one message, and their answers back as one. No limits, no checks.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import type { GuestAnswer, GuestRequest } from './prototype-worker.ts';

const [port, modulePath] = process.argv.slice(2) as [string, string];
const module = await WebAssembly.compile(await readFile(modulePath));
const worker = new Worker(new URL('./prototype-worker.ts', import.meta.url), { workerData: module });
await once(worker, 'online');

const waiting = new Map<number, ServerResponse>();
let batch: GuestRequest[] = [];
let lastTicket = 0;

function sendBatch(): void {
  worker.postMessage(batch);
  batch = [];
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const ticket = ++lastTicket;
    waiting.set(ticket, response);
    if (batch.length === 0) setImmediate(sendBatch);
    const body = Buffer.concat(chunks).toString();
    batch.push([ticket, request.method!, request.url!, request.rawHeaders, body]);
  });
}

worker.on('message', (answers: GuestAnswer[]) => {
  for (const [ticket, status, headers, body] of answers) {
    const response = waiting.get(ticket)!;
    waiting.delete(ticket);
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }
});

createServer(serve).listen(Number(port), '127.0.0.1');
