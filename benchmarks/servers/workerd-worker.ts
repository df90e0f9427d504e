// The worker that workerd runs: the tax module behind its fetch handler, with as little of WASI as that needs. It is the
// quickstart, a command, in a new instance for each request; or the reactor, in one instance for all of an isolate.

import tax from 'tax.wasm';

interface AnswerDocument {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const EXIT = Symbol('proc_exit');
const encoder = new TextEncoder();
const decoder = new TextDecoder();
let memory: WebAssembly.Memory;
let stdin: Uint8Array;
let stdinPosition: number;
let stdout: string;

/** Hands each buffer of an iovec list to `transfer`, which returns how many bytes it took; stores their sum. */
function forEachIovec(list: number, count: number, result: number, transfer: (bytes: Uint8Array) => number): number {
  const view = new DataView(memory.buffer);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const [pointer, length] = [view.getUint32(list + 8 * i, true), view.getUint32(list + 8 * i + 4, true)];
    total += transfer(new Uint8Array(memory.buffer, pointer, length));
  }
  view.setUint32(result, total, true);
  return 0;
}

const wasi = {
  fd_read: (_descriptor: number, list: number, count: number, result: number) =>
    forEachIovec(list, count, result, (bytes) => {
      const part = stdin.subarray(stdinPosition, stdinPosition + bytes.length);
      bytes.set(part);
      stdinPosition += part.length;
      return part.length;
    }),
  fd_write: (_descriptor: number, list: number, count: number, result: number) =>
    forEachIovec(list, count, result, (bytes) => {
      // Both modules write their answer, which is ASCII, at once.
      stdout += decoder.decode(bytes);
      return bytes.length;
    }),
  proc_exit: () => {
    // oxlint-disable-next-line no-throw-literal -- unwinds the guest; an Error would cost a stack trace
    throw EXIT;
  },
};

function instantiate(): WebAssembly.Exports {
  const { exports } = new WebAssembly.Instance(tax, { wasi_snapshot_preview1: wasi });
  memory = exports['memory'] as WebAssembly.Memory;
  return exports;
}

let reactor: WebAssembly.Exports | undefined;

function runGuest(): void {
  const exports = reactor ?? instantiate();
  if (!('handle' in exports)) return runCommand(exports);
  if (reactor === undefined) {
    reactor = exports;
    (exports['_initialize'] as () => void)();
  }
  (exports['handle'] as () => void)();
}

function runCommand(exports: WebAssembly.Exports): void {
  try {
    (exports['_start'] as () => void)();
  } catch (thrown) {
    if (thrown !== EXIT) throw thrown;
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const body = await request.text();
    const { method, url } = request;
    const headers: Record<string, string[]> = {};
    for (const [name, value] of request.headers) headers[name] = [value];
    const { pathname } = new URL(url);
    const event = { version: 1, trigger: 'http', method, uri: pathname, headers, body, encoding: 'utf8' };
    stdin = encoder.encode(JSON.stringify(event));
    stdinPosition = 0;
    stdout = '';
    runGuest();
    const answer = JSON.parse(stdout) as AnswerDocument;
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  },
};
