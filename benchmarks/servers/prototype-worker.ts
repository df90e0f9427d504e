// The thread of the prototype: a new instance for every request, with as little of WASI as the quickstart module needs.

import { parentPort, workerData } from 'node:worker_threads';

/** Ticket, method, URL, raw headers, body. */
export type GuestRequest = [number, string, string, string[], string];
/** Ticket, status, headers, body. */
export type GuestAnswer = [number, number, Record<string, string>, string];

interface AnswerDocument {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const EXIT = Symbol('proc_exit');
const module = workerData as WebAssembly.Module;
let memory: WebAssembly.Memory;
let stdin: Buffer;
let stdinPosition: number;
let stdout: Buffer[];

/** Hands each buffer of an iovec list to `transfer`, which returns how many bytes it took; stores their sum. */
function forEachIovec(list: number, count: number, result: number, transfer: (bytes: Buffer) => number): number {
  const view = new DataView(memory.buffer);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const [pointer, length] = [view.getUint32(list + 8 * i, true), view.getUint32(list + 8 * i + 4, true)];
    total += transfer(Buffer.from(memory.buffer, pointer, length));
  }
  view.setUint32(result, total, true);
  return 0;
}

const wasi = {
  fd_read: (_descriptor: number, list: number, count: number, result: number) =>
    forEachIovec(list, count, result, (bytes) => {
      const copied = stdin.copy(bytes, 0, stdinPosition);
      stdinPosition += copied;
      return copied;
    }),
  fd_write: (_descriptor: number, list: number, count: number, result: number) =>
    forEachIovec(list, count, result, (bytes) => {
      stdout.push(Buffer.from(bytes));
      return bytes.byteLength;
    }),
  proc_exit: () => {
    // oxlint-disable-next-line no-throw-literal -- unwinds the guest; an Error would cost a stack trace
    throw EXIT;
  },
};

function run([ticket, method, uri, rawHeaders, body]: GuestRequest): GuestAnswer {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) (headers[rawHeaders[i]!] ??= []).push(rawHeaders[i + 1]!);
  stdin = Buffer.from(JSON.stringify({ version: 1, trigger: 'http', method, uri, headers, body, encoding: 'utf8' }));
  stdinPosition = 0;
  stdout = [];
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi });
  memory = exports['memory'] as WebAssembly.Memory;
  try {
    (exports['_start'] as () => void)();
  } catch (thrown) {
    if (thrown !== EXIT) throw thrown;
  }
  const answer = JSON.parse(Buffer.concat(stdout).toString()) as AnswerDocument;
  return [ticket, answer.status, answer.headers, answer.body];
}

parentPort!.on('message', (batch: GuestRequest[]) => parentPort!.postMessage(batch.map(run)));
